// A 32-bit and a 64-bit process that share cells, channels, locks and tables.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/lock.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "table_inside.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::cell_bytes;
using samepage::channel_bytes;
using samepage::errc;
using samepage::lock;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

class bits_test : public testing::Test {
   protected:
    void SetUp() override {
#ifndef ACTOR32
        GTEST_SKIP() << "no 32-bit program was built: the compiler has no -m32, or a sanitizer is on";
#endif
    }
    static process narrow(const char* role = "writer") {
#ifdef ACTOR32
        return process::start(role, {}, ACTOR32);
#else
        return process::start(role);  // never: every test is skipped
#endif
    }
};

TEST_F(bits_test, values_go_both_ways) {
    const std::string name = fresh_name("values");
    process other = narrow();
    ASSERT_EQ(other.ask("cell c " + name), "created");
    EXPECT_EQ(other.ask("store c from 32 bits"), "1");
    const auto c = cell_bytes::open(name);
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(c->load_text()->text, "from 32 bits");
    EXPECT_EQ(c->store_text("from 64 bits").value(), 2U);
    EXPECT_EQ(other.ask("load c"), "2 from 64 bits");
    EXPECT_EQ(c->store_text(std::string(4096, 'x')).value(), 3U);
    EXPECT_EQ(other.ask("load c"), "3 " + std::string(4096, 'x'));
    EXPECT_EQ(code_of(c->store_text(std::string(4097, 'x'))), errc::too_large);
    other.kill();
    EXPECT_EQ(c->load_text()->version, 3U) << "the 64-bit process holds it";
}

TEST_F(bits_test, a_cell_of_the_64_bit_process_opens_too) {
    const std::string name = fresh_name("wide");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c && c->store_text("x"));
    process other = narrow();
    EXPECT_EQ(other.ask("cell c " + name + " ro"), "opened");
    EXPECT_EQ(other.ask("load c"), "1 x");
    EXPECT_EQ(other.ask("lock l " + name), "wrong_kind");
}

TEST_F(bits_test, a_file_is_the_same_to_both) {
    const std::string path = scratch::file(fresh_name("file"));
    for (std::uint64_t version = 1; version <= 10; version += 2) {
        process other = narrow();
        EXPECT_EQ(other.ask("cell c " + path), version == 1 ? "created" : "opened");
        EXPECT_EQ(other.ask("store c narrow " + std::to_string(version)), std::to_string(version));
        other.kill();
        const auto c = cell_bytes::open(path);
        ASSERT_TRUE(c) << c.error().message();
        EXPECT_EQ(c->load_text()->text, "narrow " + std::to_string(version));
        EXPECT_EQ(c->store_text("wide").value(), version + 1);
    }
}

TEST_F(bits_test, each_wakes_the_other) {
    const std::string name = fresh_name("wake");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process other = narrow();
    ASSERT_EQ(other.ask("cell c " + name), "opened");
    for (std::uint64_t version = 0; version < 20; version += 2) {
        ASSERT_EQ(other.ask("wait c " + std::to_string(version)), "sleeping");
        while (c->info()->waiters == 0) std::this_thread::yield();
        ASSERT_EQ(c->store_text("x").value(), version + 1);
        ASSERT_EQ(other.line(), std::to_string(version + 1));
        std::thread sleeper([&] { EXPECT_EQ(c->wait(version + 1).value(), version + 2); });
        while (c->info()->waiters == 0) std::this_thread::yield();
        EXPECT_EQ(other.ask("store c y"), std::to_string(version + 2));
        sleeper.join();
    }
}

TEST_F(bits_test, a_killed_writers_turn_ends_for_the_other) {
    const std::string name = fresh_name("turn");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c && c->store_text("before"));
    process victim = narrow();
    ASSERT_EQ(victim.ask("cell c " + name), "opened");
    ASSERT_EQ(victim.ask("update c after"), "inside");
    EXPECT_EQ(c->load_text()->text, "before");
    EXPECT_EQ(code_of(c->store_text("x", samepage::no_wait)), errc::timed_out);
    victim.kill();
    EXPECT_EQ(c->store_text("x", samepage::no_wait).value(), 2U);
}

TEST_F(bits_test, a_lock_excludes_both_ways_and_tells_of_a_dead_owner) {
    const std::string name = fresh_name("lock");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    for (int round = 0; round < 5; ++round) {
        process other = narrow();
        ASSERT_EQ(other.ask("lock l " + name), "opened");
        {
            const auto held = l->acquire();
            ASSERT_TRUE(held) << held.error().message();
            EXPECT_FALSE(held->owner_died());
            EXPECT_EQ(other.ask("acquire l 0"), "timed_out");
        }
        ASSERT_EQ(other.ask("acquire l"), "owned");
        EXPECT_EQ(code_of(l->try_acquire()), errc::timed_out);
        other.kill();
        auto held = l->try_acquire();
        ASSERT_TRUE(held) << held.error().message();
        EXPECT_TRUE(held->owner_died());
        held->mark_repaired();
    }
}

TEST_F(bits_test, a_dead_64_bit_owner_is_dead_to_32_bits) {
    const std::string name = fresh_name("dead");
    process wide = process::start("writer"), other = narrow();
    ASSERT_EQ(wide.ask("lock l " + name), "created");
    ASSERT_EQ(other.ask("lock l " + name), "opened");
    ASSERT_EQ(wide.ask("acquire l"), "owned");
    EXPECT_EQ(other.ask("acquire l 0"), "timed_out");
    other.send("acquire l");
    const auto l = lock::open(name);
    ASSERT_TRUE(l) << l.error().message();
    while (!l->info()->awaited) std::this_thread::yield();
    wide.kill();
    EXPECT_EQ(other.line(), "owner_died");
}

// Plain messages and loaned ones, around every end of the ring, both subscribers registered.
TEST_F(bits_test, messages_go_both_ways) {
    const std::string name = fresh_name("messages");
    process other = narrow("sender");
    ASSERT_EQ(other.ask("channel c " + name + " 300 2"), "created");
    const auto c = channel_bytes::open(name);
    ASSERT_TRUE(c) << c.error().message();
    samepage::subscribe_options registering;
    registering.registered = true;
    auto s = c->subscribe(registering);
    ASSERT_TRUE(s) << s.error().message();
    ASSERT_EQ(other.ask("subscribe s c registered"), "1");
    for (std::uint64_t next = 1; next < 200; next += 4) {
        const std::string text(static_cast<std::size_t>(next), static_cast<char>('a' + next % 26));
        ASSERT_EQ(c->send_text(text).value(), next);
        ASSERT_EQ(other.ask("send c " + text), std::to_string(next + 1));
        auto loan = c->borrow(text.size());
        ASSERT_TRUE(loan) << loan.error().message();
        std::memcpy(loan->bytes().data(), text.data(), text.size());
        ASSERT_EQ(loan->publish().value(), next + 2);
        ASSERT_EQ(other.ask("borrow l c " + text), "lent");
        ASSERT_EQ(other.ask("publish l"), std::to_string(next + 3));
        for (std::uint64_t i = next; i < next + 4; ++i) {
            ASSERT_EQ(s->receive_text(samepage::no_wait)->text, text);
            ASSERT_EQ(other.ask("receive s"), std::to_string(i) + " 0 " + text);
        }
    }
}

TEST_F(bits_test, a_killed_subscriber_or_borrower_is_dead_to_the_other) {
    const std::string name = fresh_name("dead");
    const auto c = channel_bytes::create(name, {.capacity_bytes = 100, .loans = 1});
    ASSERT_TRUE(c) << c.error().message();
    process other = narrow("sender"), wide = process::start("sender");
    ASSERT_EQ(other.ask("channel c " + name), "opened");
    ASSERT_EQ(wide.ask("channel c " + name), "opened");
    ASSERT_EQ(other.ask("subscribe s c registered"), "1");
    ASSERT_EQ(other.ask("borrow l c x"), "lent");
    EXPECT_EQ(wide.ask("borrow l c x"), "full");
    while (c->send_text(std::string(100, 'x'), samepage::no_wait)) continue;
    other.kill();
    EXPECT_TRUE(c->send_text(std::string(100, 'x'), samepage::no_wait));
    ASSERT_EQ(wide.ask("borrow l c x"), "lent");
    wide.kill();
    process next = narrow("sender");
    ASSERT_EQ(next.ask("channel c " + name), "opened");
    EXPECT_EQ(next.ask("borrow l c x"), "lent");
}

TEST_F(bits_test, each_wakes_the_other_with_a_message) {
    const std::string name = fresh_name("wake");
    const auto c = channel_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process other = narrow("sender");
    ASSERT_EQ(other.ask("channel c " + name), "opened");
    ASSERT_EQ(other.ask("subscribe s c"), "1");
    auto s = c->subscribe();
    for (std::uint64_t next = 1; next < 20; next += 2) {
        ASSERT_EQ(other.ask("await s"), "sleeping");
        while (c->info()->waiters == 0) std::this_thread::yield();
        ASSERT_EQ(c->send_text("x").value(), next);
        ASSERT_EQ(other.line(), std::to_string(next) + " 0 x");
        EXPECT_EQ(s->receive_text(samepage::no_wait)->sequence, next);
        std::thread sleeper([&] { EXPECT_EQ(s->receive_text().value().text, "y"); });
        while (c->info()->waiters == 0) std::this_thread::yield();
        EXPECT_EQ(other.ask("send c y"), std::to_string(next + 1));
        sleeper.join();
        EXPECT_EQ(other.ask("receive s"), std::to_string(next + 1) + " 0 y");
    }
}

// Either makes it larger, so that the other has to map more.
TEST_F(bits_test, records_go_both_ways) {
    for (const std::string& place : {fresh_name("records"), scratch::file(fresh_name("records"))}) {
        process other = narrow("clerk"), wide = process::start("clerk");
        ASSERT_EQ(other.ask("table " + place), "created");
        ASSERT_EQ(wide.ask("table " + place), "opened");
        const std::string small = " 1500 41", large = " 10 100000";
        ASSERT_EQ(other.ask("fill a" + small), "done");
        ASSERT_EQ(wide.ask("fill b" + large), "done");
        ASSERT_EQ(wide.ask("fill c" + small), "done");
        ASSERT_EQ(other.ask("fill d" + large), "done");
        for (process* const one : {&other, &wide}) {
            for (const char* const key : {"a", "c"}) ASSERT_EQ(one->ask("filled " + (key + small)), "yes");
            for (const char* const key : {"b", "d"}) ASSERT_EQ(one->ask("filled " + (key + large)), "yes");
            ASSERT_EQ(one->ask("count"), "3020");
        }
        EXPECT_EQ(other.ask("erase b.3"), "yes");
        EXPECT_EQ(wide.ask("get b.3"), "no_key");
        EXPECT_EQ(wide.ask("erase d.3"), "yes");
        EXPECT_EQ(other.ask("get d.3"), "no_key");
        EXPECT_EQ(table_inside::wrong_with(place), "");
    }
}

TEST_F(bits_test, a_killed_change_of_a_record_ends_for_the_other) {
    const std::string name = fresh_name("change");
    const auto t = samepage::table_bytes::create(name);
    ASSERT_TRUE(t && t->put_text("a", "before"));
    process victim = narrow("clerk");
    ASSERT_EQ(victim.ask("table " + name), "opened");
    ASSERT_EQ(victim.ask("update a after"), "inside");
    EXPECT_EQ(code_of(t->put_text("a", "x", samepage::no_wait)), errc::timed_out);
    victim.kill();
    EXPECT_TRUE(t->put_text("a", "x", samepage::no_wait));
    process next = narrow("clerk"), wide = process::start("clerk");
    ASSERT_EQ(next.ask("table " + name), "opened");
    ASSERT_EQ(wide.ask("table " + name), "opened");
    ASSERT_EQ(wide.ask("update a after"), "inside");
    wide.kill();
    EXPECT_EQ(next.ask("put a y").find_first_not_of("0123456789"), std::string::npos);
    EXPECT_EQ(t->get_text("a")->text, "y");
}

}  // namespace
