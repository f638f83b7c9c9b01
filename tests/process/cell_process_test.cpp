// Cells between processes: killed, stopped and living writers; readers that nobody stands in the way of.
// SPDX-License-Identifier: MIT
#include "samepage/cell.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "runner.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::cell_bytes;
using samepage::errc;
using samepage::no_wait;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

process writer_of(const std::string& name, const std::string& answer = "opened") {
    process p = process::start("writer");
    EXPECT_EQ(p.ask("cell c " + name), answer);
    return p;
}

TEST(cell_process_test, a_value_goes_from_process_to_process_and_back) {
    const std::string name = fresh_name("temp");
    process other = writer_of(name, "created");
    EXPECT_EQ(other.ask("load c"), "empty");
    EXPECT_EQ(other.ask("store c 21.5 degrees"), "1");
    const auto c = cell_bytes::open(name);
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(c->load_text()->text, "21.5 degrees");
    EXPECT_EQ(c->store_text("22").value(), 2U);
    EXPECT_EQ(other.ask("load c"), "2 22");
}

TEST(cell_process_test, lives_as_long_as_its_last_holder) {
    const std::string name = fresh_name("lives");
    process first = writer_of(name, "created");
    EXPECT_EQ(first.ask("store c x"), "1");
    process second = writer_of(name);
    first.kill();
    EXPECT_EQ(second.ask("load c"), "1 x") << "the value outlives the process that stored it";
    second.kill();
    EXPECT_EQ(code_of(cell_bytes::open(name)), errc::not_found);
    EXPECT_EQ(writer_of(name, "created").ask("load c"), "empty");
}

TEST(cell_process_test, a_sole_writer_is_alone_until_it_is_killed) {
    const std::string name = fresh_name("sole");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    c->store_text("by all").value();
    process sole = process::start("writer");
    EXPECT_EQ(sole.ask("cell c " + name + " sole"), "opened");
    const auto refused = c->store_text("no");
    ASSERT_EQ(code_of(refused), errc::denied);
    EXPECT_NE(refused.error().message().find("process " + std::to_string(sole.id())), std::string::npos)
        << refused.error().message();
    EXPECT_EQ(c->info()->sole_writer_process, sole.id());
    sole.kill();
    EXPECT_EQ(c->store_text("by all again").value(), 2U);
    EXPECT_EQ(c->info()->sole_writer_process, 0U);
}

TEST(cell_process_test, a_sleeper_wakes_when_another_process_stores) {
    const std::string name = fresh_name("wake");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process sleeper = process::start("writer");
    ASSERT_EQ(sleeper.ask("cell c " + name + " ro"), "opened");
    for (std::uint64_t version = 0; version < 20; ++version) {
        ASSERT_EQ(sleeper.ask("wait c " + std::to_string(version)), "sleeping");
        while (c->info()->waiters == 0) std::this_thread::yield();
        ASSERT_EQ(c->store_text("x").value(), version + 1);
        ASSERT_EQ(sleeper.line(), std::to_string(version + 1));
    }
}

TEST(cell_process_test, killed_sleepers_are_forgotten_by_the_next_store) {
    const std::string name = fresh_name("forgotten");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process sleeper = writer_of(name);
    ASSERT_EQ(sleeper.ask("wait c 0"), "sleeping");
    while (c->info()->waiters == 0) std::this_thread::yield();
    sleeper.kill();
    EXPECT_EQ(c->info()->waiters, 1U);
    ASSERT_TRUE(c->store_text("x"));
    EXPECT_EQ(c->info()->waiters, 0U);
}

TEST(cell_process_test, a_killed_writers_turn_ends_by_itself) {
    const std::string name = fresh_name("killed");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c && c->store_text("before"));
    for (std::uint64_t round = 1; round <= 10; ++round) {
        process victim = writer_of(name);
        ASSERT_EQ(victim.ask("update c after"), "inside");
        EXPECT_EQ(code_of(c->store_text("x", no_wait)), errc::timed_out) << "a living writer's turn stands";
        EXPECT_TRUE(c->info()->writer_active);
        victim.kill();
        EXPECT_EQ(c->version(), round) << "what was under way isn't there at all";
        const auto stored = c->store_text("next", no_wait);
        ASSERT_TRUE(stored) << stored.error().message();
        EXPECT_EQ(*stored, round + 1);
    }
}

TEST(cell_process_test, a_sleeping_writer_goes_on_when_the_one_before_it_is_killed) {
    const std::string name = fresh_name("handover");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process victim = writer_of(name);
    ASSERT_EQ(victim.ask("update c after"), "inside");
    process next = writer_of(name);
    next.send("store c next");
    victim.kill();
    EXPECT_EQ(next.line(), "1");
    EXPECT_EQ(c->load_text()->text, "next");
}

TEST(cell_process_test, slots_of_the_dead_are_found_free) {
    const std::string name = fresh_name("slots");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    for (std::uint64_t i = 1; i <= 30; ++i) {
        process p = writer_of(name);
        ASSERT_EQ(p.ask("store c x"), std::to_string(i));
        if (i % 2 != 0) p.kill();
    }
    EXPECT_TRUE(c->store_text("x"));
}

TEST(cell_process_test, more_writers_than_fit_are_refused_and_named) {
    // One slot is one handle's, so handles of one process fill them as well.
    const std::string name = fresh_name("full");
    std::vector<cell_bytes> writers;
    errc refused{};
    while (refused == errc{} && writers.size() < 2000) {
        auto c = cell_bytes::create(name);
        if (!c) GTEST_SKIP() << "too few descriptors here: " << c.error().message();
        refused = code_of(c->store_text("x"));
        writers.push_back(std::move(*c));
    }
    if (refused == errc::system) GTEST_SKIP() << "too few descriptors here";
    EXPECT_EQ(refused, errc::full);
    EXPECT_EQ(writers.size(), 1025U);
    writers.front().close();
    EXPECT_TRUE(writers.back().store_text("x")) << "a slot given up can be taken again";
}

// Claim: whatever instruction writers are killed at, a value is whole, versions never go back, and others go on.
TEST(cell_process_test, a_storm_of_killed_writers_tears_nothing) {
    const std::string name = fresh_name("storm");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    const char* const wished = std::getenv("SAMEPAGE_STORM_SECONDS");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(wished != nullptr ? std::atoi(wished) : 2);
    std::uint64_t last = 0;
    const auto look = [&] {
        for (int i = 0; i < 2000; ++i) {
            const auto seen = c->load_text();
            if (!seen) {
                ASSERT_TRUE(seen.error().code() == errc::busy || seen.error().code() == errc::empty);
                continue;
            }
            ASSERT_GE(seen->version, last);
            last = seen->version;
            const auto& text = seen->text;
            ASSERT_TRUE(text == "mine" || (text.size() >= 1000 && std::count(text.begin(), text.end(), text[0]) ==
                                                                      static_cast<std::ptrdiff_t>(text.size())));
        }
    };
    int kills = 0;
    while (std::chrono::steady_clock::now() < end && !HasFatalFailure()) {
        process a = writer_of(name), b = writer_of(name);
        ASSERT_EQ(a.ask("flood c 1000 2"), "flooding");
        ASSERT_EQ(b.ask("flood c 1777 1"), "flooding");
        look();
        a.kill();
        look();
        b.kill();
        const auto stored = c->store_text("mine", no_wait);
        ASSERT_TRUE(stored) << "all other writers are dead: " << stored.error().message();
        ASSERT_GT(*stored, last);
        kills += 2;
    }
    EXPECT_GT(kills, 1);
}

TEST(cell_process_test, no_store_comes_after_a_killed_writers_slot_is_free) {
    const std::string name = fresh_name("after");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    for (int round = 0; round < 10; ++round) {
        process p = writer_of(name);
        ASSERT_EQ(p.ask("flood c 100 6"), "flooding");
        while (c->version() == 0) std::this_thread::yield();
        p.kill();
        const auto stored = c->store_text("last", no_wait);
        ASSERT_TRUE(stored) << stored.error().message();
        for (int i = 0; i < 1000; ++i) ASSERT_EQ(c->version(), *stored);
        ASSERT_EQ(c->load_text()->text, "last");
    }
}

TEST(cell_process_test, a_file_keeps_value_and_version_over_kills) {
    const std::string path = scratch::file(fresh_name("kept"));
    for (int i = 1; i <= 10; ++i) {
        process p = process::start("writer");
        ASSERT_EQ(p.ask("cell c " + path), i == 1 ? "created" : "opened");
        ASSERT_EQ(p.ask("store c value " + std::to_string(i)), std::to_string(i));
        p.kill();
    }
    const auto c = cell_bytes::open(path);
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(c->load_text()->text, "value 10");
}

}  // namespace
