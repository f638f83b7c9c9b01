// A process in C and one in C++ that share every noun; the C one 64 and, where it can be built, 32 bit wide.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/lock.hpp"
#include "samepage/queue.hpp"
#include "samepage/region.hpp"
#include "samepage/table.hpp"

namespace {

using runner::fresh_name;
using runner::process;
namespace sp = samepage;

// This process's handles of what both share.
struct nouns {
    sp::region region;
    sp::cell_bytes cell;
    sp::lock lock;
    sp::channel_bytes channel;
    sp::queue_bytes queue;
    sp::table_bytes table;

    static nouns create(const std::string& name) {
        return {sp::region::create_new(name + ".region", 4096).value(),
                sp::cell_bytes::create_new(name + ".cell").value(),
                sp::lock::create_new(name + ".lock").value(),
                sp::channel_bytes::create_new(name + ".channel").value(),
                sp::queue_bytes::create_new(name + ".queue").value(),
                sp::table_bytes::create_new(name + ".table").value()};
    }
    static nouns open(const std::string& name) {
        return {sp::region::open(name + ".region").value(),     sp::cell_bytes::open(name + ".cell").value(),
                sp::lock::open(name + ".lock").value(),         sp::channel_bytes::open(name + ".channel").value(),
                sp::queue_bytes::open(name + ".queue").value(), sp::table_bytes::open(name + ".table").value()};
    }
};

class c_process_test : public testing::TestWithParam<const char*> {
   protected:
    static process partner() { return process::start("partner", {}, GetParam()); }
    static void share(process& c, nouns& mine);
};

// Each noun both ways.
void c_process_test::share(process& c, nouns& mine) {
    EXPECT_EQ(c.ask("write from-c"), "0");
    EXPECT_EQ(mine.region.read_text().value(), "from-c");
    mine.region.write_text("from-c++").value();
    EXPECT_EQ(c.ask("read"), "from-c++");

    EXPECT_EQ(c.ask("load"), "empty");
    EXPECT_EQ(c.ask("store 21.5"), "1");
    EXPECT_EQ(mine.cell.load_text().value().text, "21.5");
    EXPECT_EQ(c.ask("await 1"), "sleeping");
    EXPECT_EQ(mine.cell.store_text("22").value(), 2U);
    EXPECT_EQ(c.line(), "2");
    EXPECT_EQ(c.ask("load"), "2 22");

    auto subscriber = mine.channel.subscribe().value();
    EXPECT_EQ(c.ask("send it-rains"), "1");
    EXPECT_EQ(subscriber.receive_text(runner::patience).value().text, "it-rains");
    EXPECT_EQ(c.ask("receive"), "1 it-rains");
    EXPECT_EQ(mine.channel.send_text("it-stops").value(), 2U);
    EXPECT_EQ(c.ask("receive"), "2 it-stops");

    c.send("work");
    EXPECT_EQ(mine.queue.call_text("ab", runner::patience).value(), "abab");
    EXPECT_EQ(c.line(), "replied");
    c.send("call question");
    auto job = mine.queue.take(runner::patience).value();
    EXPECT_EQ(job.text(), "question");
    job.reply_text("answer").value();
    EXPECT_EQ(c.line(), "answer");

    EXPECT_EQ(c.ask("get bolt"), "no_key");
    mine.table.put_text("bolt", "12").value();
    EXPECT_EQ(c.ask("get bolt"), "12");
    c.ask("put nut 7");
    EXPECT_EQ(mine.table.get_text("nut").value().text, "7");
}

TEST_P(c_process_test, what_cpp_makes_c_shares) {
    const std::string name = fresh_name("cpp-makes");
    nouns mine = nouns::create(name);
    process c = partner();
    ASSERT_EQ(c.ask("open " + name), "ready");
    share(c, mine);
}

TEST_P(c_process_test, what_c_makes_cpp_shares) {
    const std::string name = fresh_name("c-makes");
    process c = partner();
    ASSERT_EQ(c.ask("create " + name), "ready");
    nouns mine = nouns::open(name);
    share(c, mine);
}

TEST_P(c_process_test, a_killed_owner_is_told) {
    const std::string name = fresh_name("killed");
    nouns mine = nouns::create(name);
    process c = partner(), other = partner();
    ASSERT_EQ(c.ask("open " + name), "ready");
    ASSERT_EQ(other.ask("open " + name), "ready");
    EXPECT_EQ(c.ask("acquire"), "acquired");
    EXPECT_FALSE(mine.lock.try_acquire());
    c.kill();
    EXPECT_EQ(other.ask("acquire"), "owner_died");
    EXPECT_EQ(other.ask("release"), "released");
    auto held = mine.lock.acquire(runner::patience).value();
    EXPECT_TRUE(held.owner_died());
    held.mark_repaired();
    held.release().value();
    EXPECT_EQ(other.ask("acquire"), "acquired");
}

TEST_P(c_process_test, a_sole_writer_is_alone_until_it_is_killed) {
    const std::string name = fresh_name("sole");
    nouns mine = nouns::create(name);
    process c = partner(), other = partner();
    ASSERT_EQ(other.ask("open " + name), "ready");
    ASSERT_EQ(c.ask("sole " + name), "alone");
    EXPECT_EQ(partner().ask("sole " + name), "denied");
    EXPECT_EQ(c.ask("store mine"), "1");
    EXPECT_EQ(other.ask("store no"), "denied");
    EXPECT_EQ(other.ask("send no"), "denied");
    EXPECT_EQ(other.ask("put bolt no"), "denied");
    EXPECT_EQ(other.ask("load"), "1 mine");
    EXPECT_EQ(mine.cell.info()->sole_writer_process, c.id());
    EXPECT_EQ(mine.channel.info()->sole_writer_process, c.id());
    EXPECT_EQ(mine.table.info()->sole_writer_process, c.id());
    c.kill();
    EXPECT_EQ(other.ask("store yes"), "2");
    EXPECT_EQ(other.ask("send yes"), "1");
    EXPECT_NE(other.ask("put bolt yes"), "denied");
    EXPECT_EQ(mine.table.get_text("bolt").value().text, "yes");
}

#ifdef C_PARTNER32
INSTANTIATE_TEST_SUITE_P(widths, c_process_test, testing::Values(C_PARTNER, C_PARTNER32));
#else
INSTANTIATE_TEST_SUITE_P(widths, c_process_test, testing::Values(C_PARTNER));
#endif

}  // namespace
