// Owner words that one thread keeps from turn to turn, taken from it by others, by threads and after kills. POSIX.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "forked.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/lock.hpp"
#include "samepage/region.hpp"

namespace {

using forked::status_of;
using runner::fresh_name;
using samepage::lock;
using samepage::region;
using namespace std::chrono_literals;

constexpr int turns_of_a_bias = 400;  // more than a new handle needs for its first

// What a lock guards: plain numbers, equal but in the middle of a turn.
struct guarded {
    std::uint64_t first, second;
};

void raise(guarded& numbers) {
    numbers.first = numbers.first + 1;
    std::atomic_signal_fence(
        std::memory_order_seq_cst);  // the compiler leaves both where they are: a kill comes between
    numbers.second = numbers.second + 1;
}

// Turns in a row by a handle of its own, again and again: so it keeps the word, and loses it to the others. A turn
// raises both numbers. False: they weren't equal, and nobody had died.
bool keep_and_lose(const std::string& name, guarded& numbers, int handles) {
    for (int i = 0; i < handles; ++i) {
        const auto l = lock::open(name);
        if (!l) return false;
        for (int turn = 0; turn < turns_of_a_bias; ++turn) {
            auto held = l->acquire(10s);
            if (!held || (!held->owner_died() && numbers.first != numbers.second)) return false;
            if (held->owner_died()) numbers.second = numbers.first;
            held->mark_repaired();
            raise(numbers);
        }
    }
    return true;
}

class bias_test : public testing::Test {
   protected:
    std::string name_ = fresh_name("gate");
    lock lock_ = std::move(lock::create(name_).value());
    region memory_ = std::move(region::create(fresh_name("numbers"), sizeof(guarded)).value());
    guarded& numbers_ = *reinterpret_cast<guarded*>(memory_.bytes().data());
};

TEST_F(bias_test, one_owner_at_a_time) {
    constexpr int processes = 3, handles = 60;
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i)
        children.push_back(forked::run([&] { return keep_and_lose(name_, numbers_, handles) ? 0 : 1; }));
    for (const pid_t child : children) EXPECT_EQ(status_of(child), 0);
    EXPECT_EQ(numbers_.first, std::uint64_t{processes} * handles * turns_of_a_bias);
    EXPECT_EQ(numbers_.second, numbers_.first);
}

TEST_F(bias_test, threads_of_one_handle) {
    std::vector<std::thread> threads;
    std::atomic<bool> all = true;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            for (int turn = 0; turn < 20000; ++turn) {
                auto held = lock_.acquire(10s);
                if (!held || held->owner_died() || numbers_.first != numbers_.second) all = false;
                raise(numbers_);
            }
        });
        // The first one has the word to itself for a while.
        std::this_thread::sleep_for(2ms);
    }
    for (std::thread& t : threads) t.join();
    EXPECT_TRUE(all);
    EXPECT_EQ(numbers_.first, 60000U);
}

TEST_F(bias_test, killed_while_it_keeps_the_word) {
    for (int round = 0; round < 60; ++round) {
        const pid_t victim = forked::run([&] { return keep_and_lose(name_, numbers_, 1 << 20) ? 0 : 1; });
        const pid_t other = forked::run([&] { return keep_and_lose(name_, numbers_, 4) ? 0 : 1; });
        std::this_thread::sleep_for(std::chrono::microseconds(500 + round * 137));
        ASSERT_EQ(::kill(victim, SIGKILL), 0);
        EXPECT_EQ(status_of(victim), 128 + SIGKILL);
        EXPECT_EQ(status_of(other), 0);
        ASSERT_TRUE(keep_and_lose(name_, numbers_, 1)) << "round " << round;
        ASSERT_EQ(numbers_.first, numbers_.second);
    }
}

TEST_F(bias_test, a_stopped_one_keeps_only_what_it_is_in_the_middle_of) {
    forked::signal_pipe done;
    const pid_t keeper = forked::run([&] {
        const auto l = lock::open(name_);
        for (int turn = 0; turn < turns_of_a_bias; ++turn)
            if (!l || !l->acquire()) return 1;
        if (!done.give()) return 1;
        for (;;) ::pause();
        return 0;
    });
    ASSERT_TRUE(done.take());
    ASSERT_EQ(::kill(keeper, SIGSTOP), 0);
    EXPECT_FALSE(lock_.info()->owned);
    const auto held = lock_.acquire(100ms);
    EXPECT_TRUE(held && !held->owner_died()) << held.error().message();
    ASSERT_EQ(::kill(keeper, SIGKILL), 0);
    static_cast<void>(status_of(keeper));
}

TEST_F(bias_test, a_forked_child_does_not_have_it) {
    for (int turn = 0; turn < turns_of_a_bias; ++turn) ASSERT_TRUE(lock_.acquire());
    auto held = lock_.acquire();
    ASSERT_TRUE(held);
    EXPECT_EQ(status_of(forked::run([&] { return lock_.try_acquire() ? 1 : 0; })), 0) << "taken from the living";
    ASSERT_TRUE(held->release());
    EXPECT_EQ(status_of(forked::run([&] { return lock_.try_acquire() ? 0 : 1; })), 0) << "not given";
    EXPECT_TRUE(lock_.try_acquire());
}

// A listener has no slices that end: a value that rings for nobody leaves it waiting. It comes while the writer keeps the
// word, at another moment in each round.
TEST_F(bias_test, no_listener_is_forgotten) {
    const std::string name = fresh_name("cell");
    const auto c = samepage::cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    pollfd readable{static_cast<int>(c->descriptor().value()), POLLIN, 0};
    for (std::uint64_t round = 0; round < 300; ++round) {
        const std::uint64_t begin = c->version(), last = begin + turns_of_a_bias + round;
        const pid_t writer = forked::run([&] {
            const auto mine = samepage::cell_bytes::open(name);
            for (std::uint64_t at = begin; at < last; ++at)
                if (!mine || !mine->store_text("a value")) return 1;
            return 0;
        });
        while (c->version() < begin + turns_of_a_bias - 50 + round) std::this_thread::yield();
        while (c->arm().value() < last) ASSERT_EQ(::poll(&readable, 1, 10000), 1) << "forgotten in round " << round;
        EXPECT_EQ(status_of(writer), 0);
    }
}

}  // namespace
