// Waits and the wall clock: none looks at it or sleeps by it, so that setting it ends none early and none late. Linux.
// SPDX-License-Identifier: MIT
//
// The wall clock of this program can be made mad: then it jumps years forth and back from look to look. And what the
// kernel is asked to wait by is seen by a filter.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "counted_calls.hpp"
#include "forked.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/lock.hpp"

namespace {

std::atomic<bool> mad{false};
std::atomic<int> looks{0};

}  // namespace

// In front of the C library's: whoever asks for a time in this program asks here.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const long done = ::syscall(SYS_clock_gettime, clock, time);
    if (mad && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        constexpr std::time_t years = 300'000'000;
        time->tv_sec += looks.fetch_add(1) % 2 == 0 ? years : -years;
    }
    return static_cast<int>(done);
}

namespace {

using forked::status_of;
using runner::fresh_name;
using runner::process;
using samepage::cell_bytes;
using samepage::errc;
using samepage::lock;
using samepage::wait_strategy;

constexpr auto deadline = std::chrono::milliseconds(60);

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

// Every call of the library that waits for a time, on what is never given, each as a function that is true when it
// timed out. The owner of the lock and of the cell is `other`.
struct waits {
    process other = process::start("writer");
    std::vector<std::pair<std::string, std::function<bool()>>> all;

    waits() {
        for (const wait_strategy strategy :
             {wait_strategy::spin, wait_strategy::spin_then_sleep, wait_strategy::sleep}) {
            const std::string number = std::to_string(static_cast<int>(strategy));
            samepage::cell_options options;
            options.strategy = strategy;
            auto empty =
                std::make_shared<cell_bytes>(std::move(cell_bytes::create(fresh_name("cell"), options).value()));
            add("cell wait " + number, [empty] { return code_of(empty->wait(0, deadline)) == errc::timed_out; });

            const std::string name = fresh_name("owned");
            EXPECT_EQ(other.ask("lock " + name + " " + name), "created");
            EXPECT_EQ(other.ask("acquire " + name), "owned");
            auto owned = std::make_shared<lock>(std::move(lock::create(name, {strategy}).value()));
            add("lock acquire " + number, [owned] { return code_of(owned->acquire(deadline)) == errc::timed_out; });
        }
        const std::string name = fresh_name("written");
        EXPECT_EQ(other.ask("cell c " + name), "created");
        EXPECT_EQ(other.ask("update c x"), "inside");
        auto written = std::make_shared<cell_bytes>(std::move(cell_bytes::open(name).value()));
        add("cell store", [written] { return code_of(written->store_text("y", deadline)) == errc::timed_out; });
    }
    void add(std::string what, std::function<bool()> wait) { all.emplace_back(std::move(what), std::move(wait)); }
};

TEST(clock_test, a_mad_wall_clock_changes_no_wait) {
    waits w;
    const auto before = std::chrono::system_clock::now();
    mad = true;
    EXPECT_GT(std::chrono::system_clock::now() - before, std::chrono::hours(24)) << "it is not mad";
    for (const auto& [what, wait] : w.all) {
        const auto start = std::chrono::steady_clock::now();
        EXPECT_TRUE(wait()) << what;
        EXPECT_GE(std::chrono::steady_clock::now() - start, deadline) << what;
    }
    mad = false;
}

// Counts what waits by the wall clock: futexes with that flag, or of the kinds that know no other, and sleeps until a
// moment of it. Sleeping *for* a time is by no wall clock, whatever clock is named.
bool count_wall_clock_waits_from_here() {
    constexpr auto number = static_cast<unsigned>(offsetof(seccomp_data, nr));
    constexpr auto first = static_cast<unsigned>(offsetof(seccomp_data, args[0]));
    constexpr auto second = static_cast<unsigned>(offsetof(seccomp_data, args[1]));
    sock_filter program[] = {
        /* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, number),
        /* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 4),
        /* 2 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, second),
        /* 3 */ BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FUTEX_CLOCK_REALTIME, 8, 0),
        /* 4 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, static_cast<unsigned>(FUTEX_CMD_MASK)),
        /* 5 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_LOCK_PI, 6, 5),
        /* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_nanosleep, 0, 4),
        /* 7 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, first),
        /* 8 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLOCK_REALTIME, 0, 2),
        /* 9 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, second),
        /* 10 */ BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TIMER_ABSTIME, 1, 0),
        /* 11 */ BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        /* 12 */ BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    return counted_calls::count_from_here(program);
}

TEST(clock_test, the_kernel_is_never_asked_to_wait_by_the_wall_clock) {
    const counted_calls::shared_counter shared;
    const waits w;
    const int status = status_of(forked::run([&]() -> int {
        if (!count_wall_clock_waits_from_here()) return counted_calls::no_filter;
        for (const auto& [what, wait] : w.all) {
            if (!wait()) return 1;
        }
        return 0;
    }));
    if (status == counted_calls::no_filter) GTEST_SKIP() << "a seccomp filter is refused here";
    EXPECT_EQ(status, 0);
    EXPECT_EQ(counted_calls::current->calls, 0) << "the first was system call " << counted_calls::current->first;

    // That the counter counts.
    EXPECT_EQ(status_of(forked::run([]() -> int {
                  const timespec long_ago{1, 0};
                  if (!count_wall_clock_waits_from_here()) return 1;
                  int word = 0;
                  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, &long_ago, nullptr, ~0U);
                  ::clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &long_ago, nullptr);
                  return 0;
              })),
              0);
    EXPECT_EQ(counted_calls::current->calls, 2);
}

// Claim: to try is not to wait: a lock that a living process has is refused without any sleep.
TEST(clock_test, trying_a_lock_that_is_taken_never_sleeps) {
    const counted_calls::shared_counter shared;
    const std::string name = fresh_name("taken");
    process owner = process::start("writer");
    ASSERT_EQ(owner.ask("lock l " + name), "created");
    ASSERT_EQ(owner.ask("acquire l"), "owned");
    const int status = status_of(forked::run([&]() -> int {
        sock_filter program[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 6, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_nanosleep, 5, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_nanosleep, 4, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_poll, 3, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ppoll, 2, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sched_yield, 1, 0),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        };
        if (!counted_calls::count_from_here(program)) return counted_calls::no_filter;
        samepage::lock_options options;
        options.timeout = samepage::no_wait;
        const auto l = lock::create(name, options);
        if (!l) return 1;
        for (int i = 0; i < 20; ++i) {
            if (code_of(l->try_acquire()) != errc::timed_out) return 2;
        }
        if (counted_calls::current->calls != 0) return 3;
        // That the counter counts.
        const timespec moment{0, 1};
        ::nanosleep(&moment, nullptr);
        return counted_calls::current->calls == 1 ? 0 : 4;
    }));
    if (status == counted_calls::no_filter) GTEST_SKIP() << "a seccomp filter is refused here";
    EXPECT_EQ(status, 0) << "the first was system call " << counted_calls::current->first;
}

}  // namespace
