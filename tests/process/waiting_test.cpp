// Waiting under signals, and in crowds: a wait ends at its value or at its deadline, for each of a thousand sleepers.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/lock.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::cell_bytes;
using samepage::errc;
using samepage::lock;
using samepage::wait_strategy;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

std::atomic<int> caught{0};
void note(int) { ++caught; }

// A thread that runs `work` while signals interrupt it again and again, until `work` is done.
class bombarded {
   public:
    template <class F>
    explicit bombarded(F work) {
        struct sigaction noting {};
        noting.sa_handler = &note;  // without SA_RESTART: system calls end with EINTR
        ::sigaction(SIGUSR1, &noting, &before_);
        caught = 0;
        worker_ = std::thread([this, work] {
            work();
            done_ = true;
        });
    }
    ~bombarded() {
        while (!done_) {
            ::pthread_kill(worker_.native_handle(), SIGUSR1);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        worker_.join();
        ::sigaction(SIGUSR1, &before_, nullptr);
    }
    // Until it was interrupted so often from now on.
    void interrupt(int times) {
        for (const int end = caught + times; caught < end && !done_;) {
            ::pthread_kill(worker_.native_handle(), SIGUSR1);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }

   private:
    struct sigaction before_ {};
    std::atomic<bool> done_{false};
    std::thread worker_;
};

constexpr auto deadline = std::chrono::milliseconds(150);

// Runs `wait` under signals, again until some have come meanwhile; each time it times out, and not before `deadline`.
template <class F>
void takes_its_whole_time(F wait) {
    const bombarded waiter([wait] {
        do {
            const auto start = runner::clock::now();
            EXPECT_EQ(code_of(wait()), errc::timed_out);
            EXPECT_GE(runner::clock::now() - start, deadline);
        } while (caught < 5 && !testing::Test::HasFailure());
    });
}

constexpr wait_strategy sleeping[] = {wait_strategy::spin_then_sleep, wait_strategy::sleep};

TEST(waiting_test, signals_end_no_wait_for_a_value_early) {
    for (const wait_strategy strategy : sleeping) {
        samepage::cell_options options;
        options.strategy = strategy;
        const auto c = cell_bytes::create(fresh_name("early"), options);
        ASSERT_TRUE(c) << c.error().message();
        takes_its_whole_time([&] { return c->wait(0, deadline); });
        EXPECT_EQ(c->info()->waiters, 0U);
    }
}

TEST(waiting_test, signals_keep_no_value_from_a_waiter) {
    for (const wait_strategy strategy : sleeping) {
        samepage::cell_options options;
        options.strategy = strategy;
        const auto c = cell_bytes::create(fresh_name("value"), options);
        ASSERT_TRUE(c) << c.error().message();
        for (std::uint64_t version = 0; version < 10; ++version) {
            bombarded waiter([&] { EXPECT_EQ(c->wait(version).value_or(0), version + 1); });
            waiter.interrupt(20);
            EXPECT_EQ(c->store_text("x").value_or(0), version + 1);
        }
    }
}

TEST(waiting_test, signals_end_no_wait_for_a_lock_early_and_keep_it_from_nobody) {
    for (const wait_strategy strategy : sleeping) {
        const auto l = lock::create(fresh_name("lock"), {strategy});
        ASSERT_TRUE(l) << l.error().message();
        auto held = l->acquire();
        ASSERT_TRUE(held) << held.error().message();
        takes_its_whole_time([&] { return l->acquire(deadline); });
        bombarded waiter([&] {
            const auto got = l->acquire();
            EXPECT_TRUE(got && !got->owner_died());
        });
        waiter.interrupt(20);
        EXPECT_TRUE(held->release());
    }
}

TEST(waiting_test, signals_give_no_writer_up) {
    const std::string name = fresh_name("writer");
    process owner = process::start("writer");
    ASSERT_EQ(owner.ask("cell c " + name), "created");
    ASSERT_EQ(owner.ask("update c first"), "inside");
    const auto c = cell_bytes::open(name);
    ASSERT_TRUE(c) << c.error().message();
    takes_its_whole_time([&] { return c->store_text("x", deadline); });
    bombarded writer([&] { EXPECT_EQ(c->store_text("second", samepage::forever).value_or(0), 2U); });
    writer.interrupt(20);
    EXPECT_EQ(owner.ask("go on"), "1");
}

// So that a thousand threads are no matter of addresses.
void make_stacks_small() {
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) != 0) return;
    ::pthread_attr_setstacksize(&attributes, std::size_t{256} << 10);
    ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
}

// Words: the cell, how many. So many threads wait for the first value. Says "started", and how many got it. Where the
// system gives no more threads it says "too many" first, and those that there are wait for it too.
const runner::role crowd("crowd", [](const runner::arguments& words) {
    make_stacks_small();
    samepage::cell_options options;
    options.access = samepage::access::read_only;
    options.strategy = wait_strategy::sleep;
    const auto c = cell_bytes::open(words.at(0), options);
    if (!c) return 1;
    std::atomic<int> woken{0};
    std::vector<std::thread> sleepers;
    for (int i = std::stoi(words.at(1)); i > 0; --i) {
        try {
            sleepers.emplace_back([&] {
                const auto seen = c->wait(0);
                if (seen && *seen == 1) ++woken;
            });
        } catch (const std::system_error&) {
            runner::say("too many");
            break;
        }
    }
    runner::say("started");
    for (std::thread& sleeper : sleepers) sleeper.join();
    runner::say(std::to_string(woken));
    return 0;
});

// Claim: one store wakes all who sleep, however many.
void one_store_wakes(std::uint32_t processes, std::uint32_t each) {
    const std::string name = fresh_name("crowd");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    std::vector<process> crowds;
    for (std::uint32_t i = 0; i < processes; ++i)
        crowds.push_back(process::start("crowd", {name, std::to_string(each)}));
    bool enough = true;
    for (process& p : crowds) enough = p.line() == "started" && enough;
    if (!enough) {
        static_cast<void>(c->store_text("x"));  // let those go that there are
        for (process& p : crowds) p.rest();
        GTEST_SKIP() << "the system gives fewer threads than " << processes * each;
    }
    const auto until = runner::clock::now() + runner::patience;
    while (c->info()->waiters != processes * each && runner::clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_EQ(c->info()->waiters, processes * each);
    ASSERT_EQ(c->store_text("x").value_or(0), 1U);
    EXPECT_EQ(c->info()->waiters, 0U) << "one store has woken all";
    for (process& p : crowds) {
        EXPECT_EQ(p.line(), std::to_string(each));
        EXPECT_EQ(p.wait(), (runner::ending{false, 0}));
    }
}

TEST(waiting_test, one_store_wakes_a_thousand_sleepers) { one_store_wakes(4, 250); }

// The first number in a file of the system; "max", or nothing to be read, is as many as one likes.
std::uint64_t number_in(const std::string& path) {
    std::uint64_t number = 0;
    return std::ifstream(path) >> number ? number : UINT64_MAX;
}

// Whether so many threads leave enough to everybody else, as far as that can be seen.
bool room_for(std::uint64_t threads) {
    std::string line, cgroup;
    for (std::ifstream of("/proc/self/cgroup"); std::getline(of, line);) {
        if (line.rfind("0::", 0) == 0) cgroup = "/sys/fs/cgroup" + line.substr(3);
    }
    rlimit own{};
    ::getrlimit(RLIMIT_NPROC, &own);
    std::uint64_t kibibytes = 0;
    std::ifstream memory("/proc/meminfo");
    while (memory >> line && line != "MemAvailable:") memory.ignore(1000, '\n');
    memory >> kibibytes;
    return kibibytes / 100 > threads && own.rlim_cur / 3 > threads && number_in(cgroup + "/pids.max") / 3 > threads &&
           number_in("/proc/sys/kernel/threads-max") / 3 > threads &&
           number_in("/proc/sys/kernel/pid_max") / 3 > threads;
}

TEST(waiting_test, one_store_wakes_ten_thousand_sleepers) {
    if (!room_for(10'000)) GTEST_SKIP() << "others would be short of threads or memory";
    one_store_wakes(10, 1000);
}

}  // namespace
