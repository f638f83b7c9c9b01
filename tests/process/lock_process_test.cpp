// Locks between processes: handed over by the dead, never stolen from the living.
// SPDX-License-Identifier: MIT
#include "samepage/lock.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "runner.hpp"
#include "samepage/cell.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::lock;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

process contender_of(const std::string& name) {
    process p = process::start("writer");
    EXPECT_EQ(p.ask("lock l " + name), "opened");
    return p;
}

TEST(lock_process_test, excludes_other_processes_and_names_the_owner) {
    const std::string name = fresh_name("gate");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    process other = contender_of(name);
    ASSERT_EQ(other.ask("acquire l"), "owned");
    const auto refused = l->try_acquire();
    ASSERT_EQ(code_of(refused), errc::timed_out);
    const auto info = l->info();
    EXPECT_TRUE(info->owned);
    if (info->owner_process != 0) {
        EXPECT_EQ(info->owner_process, other.id());
        EXPECT_NE(refused.error().message().find(std::to_string(other.id())), std::string::npos);
    }
    ASSERT_EQ(other.ask("release l"), "done");
    auto held = l->try_acquire();
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_EQ(other.ask("acquire l 0"), "timed_out");
    EXPECT_TRUE(held->release());
    EXPECT_EQ(other.ask("acquire l 0"), "owned");
}

TEST(lock_process_test, goes_to_the_next_when_its_owner_is_killed_and_says_so) {
    const std::string name = fresh_name("killed");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    for (int round = 0; round < 20; ++round) {
        process owner = contender_of(name);
        ASSERT_EQ(owner.ask("acquire l"), "owned");
        owner.kill();
        auto held = l->try_acquire();
        ASSERT_TRUE(held) << held.error().message();
        EXPECT_TRUE(held->owner_died());
        held->mark_repaired();
    }
}

TEST(lock_process_test, goes_to_the_next_when_its_owner_exits_with_it) {
    const std::string name = fresh_name("exits");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    process owner = contender_of(name);
    ASSERT_EQ(owner.ask("acquire l"), "owned");
    owner.send("exit 3");
    owner.wait();
    const auto held = l->try_acquire();
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_TRUE(held->owner_died());
}

TEST(lock_process_test, wakes_a_sleeper_when_its_owner_is_killed) {
    const std::string name = fresh_name("sleeper");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    process owner = contender_of(name), sleeper = contender_of(name);
    ASSERT_EQ(owner.ask("acquire l"), "owned");
    sleeper.send("acquire l");
    while (!l->info()->awaited) std::this_thread::yield();
    owner.kill();
    EXPECT_EQ(sleeper.line(), "owner_died");
    ASSERT_EQ(sleeper.ask("release l"), "done");
    EXPECT_TRUE(l->acquire()->owner_died()) << "nobody has repaired yet";
}

TEST(lock_process_test, a_killed_sleeper_takes_no_turn_away) {
    const std::string name = fresh_name("waiter");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    auto held = l->acquire();
    ASSERT_TRUE(held) << held.error().message();
    process first = contender_of(name), second = contender_of(name);
    first.send("acquire l");
    while (!l->info()->awaited) std::this_thread::yield();
    second.send("acquire l");
    first.kill();
    EXPECT_TRUE(held->release());
    EXPECT_EQ(second.line(), "owned");
}

// Claim: with owners killed at any instruction, at most one owns at a time. The cell's value is only ever changed under
// the lock, and each owner leaves it even.
TEST(lock_process_test, a_storm_of_killed_owners_breaks_nothing) {
    const std::string name = fresh_name("storm");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    const auto pair = samepage::cell<std::uint64_t>::create(name + "-value");
    ASSERT_TRUE(pair && pair->store(0));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    int deaths = 0;
    while (std::chrono::steady_clock::now() < end) {
        process a = process::start("lock_storm", {name}), b = process::start("lock_storm", {name});
        ASSERT_EQ(a.line(), "going");
        ASSERT_EQ(b.line(), "going");
        const auto before = pair->version();
        while (pair->version() < before + 100) std::this_thread::yield();
        a.kill();
        b.kill();
        auto held = l->try_acquire();
        ASSERT_TRUE(held) << held.error().message();
        const auto value = pair->load();
        ASSERT_TRUE(value) << value.error().message();
        if (held->owner_died()) {
            ++deaths;
            ASSERT_TRUE(pair->store(value->value + value->value % 2));
            held->mark_repaired();
        } else {
            ASSERT_EQ(value->value % 2, 0U) << "an owner left the value odd and released the lock";
        }
    }
    RecordProperty("owners_died", deaths);
}

const runner::role storm("lock_storm", [](const runner::arguments& words) {
    const auto l = lock::open(words.at(0));
    const auto pair = samepage::cell<std::uint64_t>::open(words.at(0) + "-value");
    if (!l || !pair) return 1;
    runner::say("going");
    for (;;) {
        auto held = l->acquire();
        if (!held) return 2;
        const auto seen = pair->load();
        if (!seen) return 3;
        std::uint64_t value = seen->value;
        if (value % 2 != 0) {
            // Only an owner's death leaves it odd, and who comes next is told.
            if (!held->owner_died()) runner::say("torn"), std::abort();
            ++value;
        }
        static_cast<void>(pair->store(value + 1, samepage::forever));
        static_cast<void>(pair->store(value + 2, samepage::forever));
        held->mark_repaired();
    }
});

}  // namespace
