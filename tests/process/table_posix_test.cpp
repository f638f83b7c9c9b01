// Tables where POSIX has its own ways: stopped processes and forks.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>

#include "forked.hpp"
#include "os/os.hpp"
#include "runner.hpp"
#include "samepage/table.hpp"
#include "table_inside.hpp"

namespace {

using forked::status_of;
using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::table_bytes;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

// One is stopped in a change of bucket 3, which is in stripe 3. 35 is in the same, 4 in another.
TEST(table_posix_test, a_stopped_writer_hinders_no_reader_and_no_writer_of_another_stripe) {
    const std::string name = fresh_name("stopped");
    const auto t = table_bytes::create(name);
    ASSERT_TRUE(t) << t.error().message();
    const table_inside::view inside(name);
    table_inside::keys keys(inside.seed());
    const std::string changed = keys.in(3, 0), same_stripe = keys.in(35, 0), other_stripe = keys.in(4, 0);
    for (const auto& key : {changed, same_stripe, other_stripe}) ASSERT_TRUE(t->put_text(key, "before"));
    process writer = process::start("clerk");
    ASSERT_EQ(writer.ask("table " + name), "opened");
    ASSERT_EQ(writer.ask("update " + changed + " after"), "inside");
    writer.stop();

    for (const auto& key : {changed, same_stripe, other_stripe}) EXPECT_EQ(t->get_text(key)->text, "before");
    std::set<std::string> seen;
    EXPECT_TRUE(t->for_each([&](const table_bytes::record& r) { return seen.emplace(r.key_text()).second; }));
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_TRUE(t->put_text(other_stripe, "x", samepage::no_wait));
    EXPECT_TRUE(t->put_text(other_stripe, std::string(50000, 'x'), samepage::no_wait)) << "nor is the space hindered";
    EXPECT_TRUE(t->erase_text(other_stripe, samepage::no_wait));
    for (const auto& key : {changed, same_stripe}) {
        const auto refused = t->put_text(key, "x", std::chrono::milliseconds(20));
        ASSERT_EQ(code_of(refused), errc::timed_out);
        EXPECT_NE(refused.error().message().find("process " + std::to_string(writer.id())), std::string::npos)
            << refused.error().message();
        EXPECT_EQ(code_of(t->erase_text(key, samepage::no_wait)), errc::timed_out);
    }
    EXPECT_EQ(t->info()->writers_active, 1U);
    const auto verdict = t->verify(samepage::no_wait);
    ASSERT_TRUE(verdict && verdict->wrong.empty() && verdict->unjudged.size() == 1);
    EXPECT_NE(verdict->unjudged[0].find("stripe 3: process " + std::to_string(writer.id())), std::string::npos)
        << verdict->unjudged[0];
    EXPECT_EQ(verdict->records, 2U);

    writer.resume();
    const std::string version = writer.ask("go on");
    EXPECT_EQ(t->get_text(changed)->text, "after");
    EXPECT_EQ(std::to_string(t->get_text(changed)->version), version);
    EXPECT_TRUE(t->put_text(same_stripe, "x"));
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

TEST(table_posix_test, a_forked_child_writes_as_somebody_else) {
    const std::string name = fresh_name("fork");
    const auto t = table_bytes::create(name);
    ASSERT_TRUE(t && t->put_text("a", "parent's"));
    const auto key = std::as_bytes(std::span("a", 1));
    // The child is killed in the middle of a change: its parent isn't taken for it.
    const pid_t child = forked::run([&] {
        if (!t->put_text("b", "child's")) return 1;
        const auto done = t->update(
            key, [](const std::span<const std::byte>*) -> samepage::result<std::vector<std::byte>> { ::_exit(7); });
        return done ? 2 : 3;
    });
    EXPECT_EQ(status_of(child), 7);
    EXPECT_EQ(t->get_text("b")->text, "child's");
    EXPECT_TRUE(t->put_text("a", "parent's again", samepage::no_wait));
    EXPECT_EQ(t->size(), 2U);
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

TEST(table_posix_test, a_forked_child_sees_what_is_added_later) {
    const auto t = table_bytes::create(fresh_name("later"));
    ASSERT_TRUE(t) << t.error().message();
    forked::signal_pipe grown;
    const pid_t child = forked::run([&] {
        if (!grown.take()) return 1;
        for (int i = 0; i < 300; ++i) {
            const auto got = t->get_text("key " + std::to_string(i));
            if (!got || got->text != std::string(2000, static_cast<char>('a' + i % 26))) return 2;
        }
        return 0;
    });
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(t->put_text("key " + std::to_string(i), std::string(2000, static_cast<char>('a' + i % 26))));
    }
    grown.give();
    EXPECT_EQ(status_of(child), 0);
}

// A table of 16 MiB and more asks for large pages, again and again; whether the system has them is its own affair.
// Claim: they fit its mapping, and what others read meanwhile stays what it was.
TEST(table_posix_test, large_pages_change_no_byte) {
    const std::string name = fresh_name("paged");
    const auto t = table_bytes::create(name);
    ASSERT_TRUE(t) << t.error().message();
    constexpr unsigned records = 2500, value_bytes = 9000;
    const auto value_of = [](unsigned i) { return std::to_string(i) + std::string(value_bytes, '.'); };
    forked::signal_pipe begun;
    const pid_t child = forked::run([&] {
        samepage::table_options options;
        options.access = samepage::access::read_only;
        const auto mine = table_bytes::open(name, options);
        if (!mine) return 1;
        begun.give();
        for (unsigned i = 0, seen = 0; seen < records; i = (i + 1) % records) {
            const auto got = mine->get_text("key " + std::to_string(i));
            if (got && got->text != value_of(i)) return 2;
            seen = got ? seen + 1 : 0;
        }
        return 0;
    });
    ASSERT_TRUE(begun.take());
    for (unsigned i = 0; i < records; ++i) ASSERT_TRUE(t->put_text("key " + std::to_string(i), value_of(i)));
    EXPECT_EQ(status_of(child), 0);
    EXPECT_EQ(table_inside::wrong_with(name), "");

    std::ifstream maps("/proc/self/maps");
    unsigned mappings = 0;
    for (std::string line; std::getline(maps, line);) {
        if (line.find("/" + name) == std::string::npos || line.find(" 00000000 ") == std::string::npos) continue;
        const auto begin = std::stoull(line, nullptr, 16),
                   end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
        if (end - begin < samepage::os::large_page_bytes) continue;
        EXPECT_EQ(begin % samepage::os::large_page_bytes, 0U) << line;
        mappings += 1;
    }
    EXPECT_EQ(mappings, 1U);
}

}  // namespace
