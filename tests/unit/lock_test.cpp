// Locks in one process: handles and threads as contenders, every answer and refusal.
// SPDX-License-Identifier: MIT
#include "samepage/lock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "lock/layout.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::lock;
using samepage::wait_strategy;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

TEST(lock_test, one_handle_owns_it_at_a_time) {
    const std::string name = fresh_name("gate");
    const auto one = lock::create(name);
    const auto other = lock::open(name);
    ASSERT_TRUE(one && other);
    EXPECT_TRUE(one->created());
    auto held = one->acquire();
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_TRUE(held->owns());
    EXPECT_FALSE(held->owner_died());
    EXPECT_EQ(code_of(other->try_acquire()), errc::timed_out);
    EXPECT_EQ(code_of(other->acquire(std::chrono::milliseconds(30))), errc::timed_out);
    EXPECT_EQ(code_of(one->try_acquire()), errc::timed_out) << "the same handle can't own it twice";
    EXPECT_TRUE(held->release());
    EXPECT_EQ(code_of(held->release()), errc::not_owner);
    EXPECT_TRUE(other->try_acquire());
}

TEST(lock_test, the_time_out_names_the_owner) {
    const std::string name = fresh_name("named");
    const auto one = lock::create(name);
    const auto other = lock::open(name);
    ASSERT_TRUE(one && other);
    const auto held = one->acquire();
    const auto refused = other->try_acquire();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("process " + std::to_string(runner::this_process())), std::string::npos)
        << refused.error().message();
}

TEST(lock_test, held_is_released_at_its_end_and_moves) {
    const auto l = lock::create(fresh_name("scope"));
    ASSERT_TRUE(l) << l.error().message();
    {
        auto held = l->acquire();
        ASSERT_TRUE(held);
        lock::held moved(std::move(*held));
        EXPECT_FALSE(held->owns());
        EXPECT_TRUE(moved.owns());
        EXPECT_FALSE(l->try_acquire());
        moved = lock::held();
        EXPECT_TRUE(l->try_acquire());
    }
    EXPECT_TRUE(l->try_acquire());
}

TEST(lock_test, a_handle_closed_while_it_owns_counts_as_a_dead_owner) {
    const std::string name = fresh_name("closed");
    const auto watcher = lock::create(name);
    ASSERT_TRUE(watcher) << watcher.error().message();
    {
        auto one = lock::open(name);
        ASSERT_TRUE(one) << one.error().message();
        auto held = one->acquire();
        ASSERT_TRUE(held) << held.error().message();
        // Left owned on purpose, as a killed process leaves it: kept for ever, since its lock handle goes first.
        static lock::held* left = nullptr;
        left = new lock::held(std::move(*held));
        ASSERT_NE(left, nullptr);
    }
    EXPECT_TRUE(watcher->info()->owner_died);
    auto held = watcher->try_acquire();
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_TRUE(held->owner_died());
}

// Writes the owner word as a process would leave it that died with the lock.
void leave_dead_owner(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(samepage::locks::owner_offset));
    const std::uint64_t word = std::uint64_t{3} << 32 | 900;
    file.write(reinterpret_cast<const char*>(&word), sizeof word);
}

TEST(lock_test, that_an_owner_died_is_told_until_somebody_has_repaired) {
    const std::string path = scratch::file(fresh_name("died"));
    const auto one = lock::create(path);
    const auto other = lock::open(path);
    ASSERT_TRUE(one && other);
    leave_dead_owner(path);
    {
        const auto info = one->info();
        EXPECT_FALSE(info->owned);
        EXPECT_TRUE(info->owner_died);
        const auto held = one->acquire();
        ASSERT_TRUE(held) << held.error().message();
        EXPECT_TRUE(held->owner_died());
    }
    {
        auto held = other->acquire();
        ASSERT_TRUE(held) << held.error().message();
        EXPECT_TRUE(held->owner_died()) << "the first one did not say that it repaired";
        held->mark_repaired();
    }
    const auto held = one->acquire();
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_FALSE(held->owner_died());
    EXPECT_FALSE(one->info()->owner_died);
}

TEST(lock_test, refusals) {
    const std::string name = fresh_name("refusals");
    EXPECT_EQ(code_of(lock::open(name)), errc::not_found);
    auto l = lock::create_new(name);
    ASSERT_TRUE(l) << l.error().message();
    EXPECT_EQ(code_of(lock::create_new(name)), errc::already_exists);
    EXPECT_EQ(code_of(samepage::cell_bytes::open(name)), errc::wrong_kind);
    EXPECT_TRUE(l->check_name());
    l->close();
    EXPECT_EQ(code_of(l->acquire()), errc::closed);
    EXPECT_EQ(code_of(l->info()), errc::closed);
    EXPECT_EQ(code_of(lock::held().release()), errc::not_owner);
}

// Claim: threads exclude each other, through one handle and through several, with every strategy.
TEST(lock_test, threads_exclude_each_other) {
    for (const auto strategy : {wait_strategy::spin_then_sleep, wait_strategy::sleep, wait_strategy::spin}) {
        const std::string name = fresh_name("threads");
        samepage::lock_options options;
        options.strategy = strategy;
        const auto shared = lock::create(name, options);
        const auto own = lock::open(name, options);
        ASSERT_TRUE(shared && own);
        // Guarded by the lock and nothing else: a load and a store, not one step. Atomic, because each handle has the
        // lock at another address, where the thread sanitizer sees no order.
        std::atomic<std::uint64_t> counter{0};
        constexpr int turns = 2000;
        const auto work = [&](const lock& through) {
            for (int i = 0; i < turns; ++i) {
                const auto held = through.acquire();
                if (!held) return ADD_FAILURE() << held.error().message(), void();
                counter.store(counter.load() + 1);
            }
        };
        std::thread a([&] { work(*shared); }), b([&] { work(*shared); }), c([&] { work(*own); });
        a.join();
        b.join();
        c.join();
        EXPECT_EQ(counter, 3U * turns);
    }
}

TEST(lock_test, a_sleeper_gets_it_when_it_is_released) {
    const std::string name = fresh_name("sleeper");
    const auto one = lock::create(name);
    const auto other = lock::open(name);
    ASSERT_TRUE(one && other);
    auto held = one->acquire();
    ASSERT_TRUE(held) << held.error().message();
    std::thread sleeper([&] {
        const auto got = other->acquire();
        EXPECT_TRUE(got) << got.error().message();
        EXPECT_FALSE(got->owner_died());
    });
    while (!one->info()->awaited) std::this_thread::yield();
    EXPECT_TRUE(held->release());
    sleeper.join();
}

}  // namespace
