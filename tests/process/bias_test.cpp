// Owner words that one thread keeps from turn to turn, taken from it by others, by threads and after kills. POSIX.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "forked.hpp"
#include "lock/layout.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/lock.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"
#include "shared/owner_word.hpp"
#include "shared/structured.hpp"

namespace {

using forked::status_of;
using runner::fresh_name;
using samepage::lock;
using samepage::region;
using samepage::shared::owner_word;
using namespace std::chrono_literals;

constexpr int turns_of_a_bias = 400;  // more than a new handle needs for its first
constexpr int turns_of_a_handle = 8000;

// What a lock guards: plain numbers, equal but in the middle of a turn.
struct guarded {
    std::uint64_t first, second;
};

void raise(guarded& numbers) {
    numbers.first = numbers.first + 1;
    // The compiler leaves both where they are: a kill comes between.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    numbers.second = numbers.second + 1;
}

// A lock's owner word, as its handles have it, but biased after each turn: so it is taken away as often as can be.
class eager_owner {
   public:
    explicit eager_owner(const std::string& name) {
        samepage::shared::structured_request request;
        request.place = name;
        request.disposition = samepage::os::disposition::open_existing;
        request.spec.kind = samepage::kind::lock;
        request.spec.format_version = samepage::locks::format_version;
        request.spec.fingerprint = samepage::locks::fingerprint;
        request.operation = "test a lock";
        if (!opened_.open(request)) return;
        self_.emplace(opened_.object(), opened_.participants());
        word_.emplace(opened_.at<std::atomic<std::uint64_t>>(samepage::locks::owner_offset), *self_, opened_.object(),
                      samepage::locks::owner_point, owner_word::bias_after{1, 1});
    }
    // Turns, each of which raises both numbers. False: they weren't equal, and nobody had died.
    bool take_turns(guarded& numbers, int turns) {
        for (int turn = 0; turn < turns; ++turn) {
            std::uint64_t identity = word_ ? word_->try_fast() : 0;
            bool died = false;
            if (identity == 0) {
                const auto taken = word_ ? word_->acquire(10s, samepage::wait_strategy::spin_then_sleep, "test a lock")
                                         : samepage::error(samepage::errc::closed, "test a lock");
                if (!taken) return false;
                identity = taken->identity;
                died = taken->owner_died;
            }
            if (!died && numbers.first != numbers.second) return false;
            if (died) numbers.second = numbers.first;
            raise(numbers);
            if (!word_->release(identity, true)) return false;
        }
        return true;
    }

   private:
    samepage::shared::structured opened_;
    std::optional<samepage::shared::participants> self_;
    std::optional<owner_word> word_;
};

// By handles that are biased, at most, as often as one can be.
bool keep_and_lose(const std::string& name, guarded& numbers, int handles) {
    for (int i = 0; i < handles; ++i)
        if (!eager_owner(name).take_turns(numbers, turns_of_a_handle)) return false;
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
    constexpr int processes = 3, handles = 40;
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i)
        children.push_back(forked::run([&] { return keep_and_lose(name_, numbers_, handles) ? 0 : 1; }));
    for (const pid_t child : children) EXPECT_EQ(status_of(child), 0);
    EXPECT_EQ(numbers_.first, std::uint64_t{processes} * handles * turns_of_a_handle);
    EXPECT_EQ(numbers_.second, numbers_.first);
}

// As if its owner had released it and kept it, which this handle has never done.
TEST_F(bias_test, a_word_that_damage_makes_look_biased_is_released) {
    const std::string path = scratch::file(fresh_name("lock"));
    lock damaged = std::move(lock::create(path).value());
    auto owned = damaged.acquire().value();
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    std::uint64_t word = 0;
    ASSERT_EQ(::pread(file, &word, sizeof word, samepage::locks::owner_offset), 8);
    ASSERT_NE(word, 0U);
    word |= owner_word::biased | owner_word::one_bias;
    ASSERT_EQ(::pwrite(file, &word, sizeof word, samepage::locks::owner_offset), 8);
    ::close(file);
    EXPECT_TRUE(owned.release());
    EXPECT_TRUE(damaged.try_acquire());
}

TEST_F(bias_test, threads_of_one_handle) {
    constexpr int turns = 30000;
    eager_owner shared(name_);
    std::atomic<bool> all = true;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            if (!shared.take_turns(numbers_, turns)) all = false;
        });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_TRUE(all);
    EXPECT_EQ(numbers_.first, 3U * turns);
    EXPECT_EQ(numbers_.second, 3U * turns);
}

TEST_F(bias_test, killed_while_it_keeps_the_word) {
    for (int round = 0; round < 60; ++round) {
        const pid_t victim = forked::run([&] { return keep_and_lose(name_, numbers_, 1 << 20) ? 0 : 1; });
        const pid_t other = forked::run([&] { return keep_and_lose(name_, numbers_, 1) ? 0 : 1; });
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

// A listener has no slices that end: a value that rings for nobody leaves it waiting. It comes while the writer keeps
// the word, at another moment in each round.
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
