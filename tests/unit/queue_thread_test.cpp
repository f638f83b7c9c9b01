// Queues between threads: every job once and whole, no lost wake, no lost reply. Payloads check themselves.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/queue.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::no_wait;
using samepage::queue_bytes;
using samepage::queue_options;
using samepage::wait_strategy;

constexpr auto long_enough = std::chrono::seconds(60);

// "PUSHER.NUMBER." and then a tail that follows from both.
std::string text_of(unsigned pusher, unsigned number) {
    std::string text = std::to_string(pusher) + "." + std::to_string(number) + ".";
    const std::size_t size = text.size() + number * 13 % 90;
    while (text.size() < size) text += static_cast<char>('a' + (text.size() + pusher + number) % 26);
    return text;
}

queue_bytes opened(const std::string& name, const queue_options& options) {
    auto q = queue_bytes::create(name, options);
    EXPECT_TRUE(q) << q.error().message();
    return q ? std::move(*q) : queue_bytes();
}

struct game {
    static constexpr unsigned pushers = 2, workers = 3, jobs = 1500;
    std::string name = fresh_name("storm");
    queue_options options;
    bool one_handle = false;
    std::vector<std::atomic<unsigned>> done = std::vector<std::atomic<unsigned>>(pushers * jobs);
    std::atomic<unsigned> finished{0};
    queue_bytes shared;

    void push(unsigned me) {
        queue_bytes own;
        if (!one_handle) own = opened(name, options);
        const queue_bytes& q = one_handle ? shared : own;
        for (unsigned number = 0; number < jobs; ++number) {
            const auto id = q.push_text(text_of(me, number), long_enough);
            ASSERT_TRUE(id) << id.error().message();
        }
    }

    // Gives some back, so that each is taken once or twice.
    void work() {
        queue_bytes own;
        if (!one_handle) own = opened(name, options);
        const queue_bytes& q = one_handle ? shared : own;
        std::uint64_t last = 0;
        while (finished < pushers * jobs) {
            auto job = q.take(std::chrono::milliseconds(20));
            if (!job) {
                ASSERT_EQ(job.error().code(), errc::timed_out) << job.error().message();
                continue;
            }
            const std::string text(job->text());
            const unsigned pusher = static_cast<unsigned>(std::stoul(text));
            const unsigned number = static_cast<unsigned>(std::stoul(text.substr(text.find('.') + 1)));
            ASSERT_LT(pusher, pushers);
            ASSERT_LT(number, jobs);
            ASSERT_EQ(text, text_of(pusher, number));
            if (job->deliveries() == 1) {
                ASSERT_GT(job->id(), last) << "first deliveries come in order";
                last = job->id();
                if (number % 7 == 0) {
                    ASSERT_TRUE(job->give_back());
                    continue;
                }
            }
            done[pusher * jobs + number] += 1;
            ASSERT_TRUE(job->acknowledge());
            finished += 1;
        }
    }

    void play() {
        options.capacity_bytes = 4096;
        shared = opened(name, options);
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < workers; ++i) threads.emplace_back([this] { work(); });
        for (unsigned i = 0; i < pushers; ++i) threads.emplace_back([this, i] { push(i); });
        for (auto& thread : threads) thread.join();
        for (const auto& count : done) ASSERT_EQ(count, 1U);
        EXPECT_EQ(shared.take(no_wait).error().code(), errc::empty);
        EXPECT_EQ(shared.info()->used_bytes, 0U);
    }
};

// Claim: two pushers and three workers, with handles of their own or one for all: every job is finished once.
TEST(queue_thread_test, every_job_is_finished_once) {
    for (const auto strategy : {wait_strategy::spin_then_sleep, wait_strategy::sleep}) {
        game g;
        g.options.strategy = strategy;
        g.play();
    }
}

TEST(queue_thread_test, threads_may_share_a_handle) {
    game g;
    g.one_handle = true;
    g.play();
}

// Claim: a lost wake would stop this for 50 ms each time, a lost job or reply for ever.
TEST(queue_thread_test, calls_and_replies_meet) {
    for (const auto strategy : {wait_strategy::sleep, wait_strategy::spin_then_sleep, wait_strategy::spin}) {
        queue_options options;
        options.capacity_bytes = 4096;
        options.strategy = strategy;
        const std::string name = fresh_name("calls");
        const queue_bytes q = opened(name, options);
        constexpr unsigned calls = 300, callers = 2;
        std::thread worker([&] {
            const queue_bytes own = opened(name, options);
            for (unsigned i = 0; i < calls * callers; ++i) {
                auto job = own.take(long_enough);
                ASSERT_TRUE(job) << job.error().message();
                ASSERT_TRUE(job->reply_text("re: " + std::string(job->text())));
            }
        });
        std::vector<std::thread> threads;
        for (unsigned me = 0; me < callers; ++me) {
            threads.emplace_back([&, me] {
                const queue_bytes own = opened(name, options);
                for (unsigned i = 0; i < calls; ++i) {
                    const auto reply = own.call_text(text_of(me, i), long_enough, 128);
                    ASSERT_TRUE(reply) << reply.error().message();
                    ASSERT_EQ(*reply, "re: " + text_of(me, i));
                }
            });
        }
        worker.join();
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(q.info()->used_bytes, 0U);
    }
}

TEST(queue_thread_test, pushers_that_wait_for_room_get_it) {
    queue_options options;
    options.capacity_bytes = 256;
    options.strategy = wait_strategy::sleep;
    const std::string name = fresh_name("room");
    const queue_bytes q = opened(name, options);
    std::vector<std::thread> pushers;
    for (unsigned me = 0; me < 3; ++me) {
        pushers.emplace_back([&, me] {
            const queue_bytes own = opened(name, options);
            for (unsigned i = 0; i < 100; ++i) {
                const auto id = own.push_text(std::string(100, static_cast<char>('a' + me)), long_enough);
                ASSERT_TRUE(id) << id.error().message();
            }
        });
    }
    for (std::uint64_t id = 1; id <= 300; ++id) {
        auto job = q.take(long_enough);
        ASSERT_TRUE(job) << job.error().message();
        ASSERT_EQ(job->id(), id);
        ASSERT_TRUE(job->acknowledge());
    }
    for (auto& pusher : pushers) pusher.join();
}

TEST(queue_thread_test, one_of_many_sleepers_gets_the_job) {
    queue_options options;
    options.strategy = wait_strategy::sleep;
    const queue_bytes q = opened(fresh_name("sleepers"), options);
    std::atomic<unsigned> got{0}, ended{0};
    constexpr unsigned count = 10;
    std::vector<std::thread> sleepers;
    for (unsigned i = 0; i < count; ++i) {
        sleepers.emplace_back([&] {
            auto job = q.take(long_enough);
            if (job && job->text() == "go") got += 1;
            if (job) static_cast<void>(job->acknowledge());
            ended += 1;
        });
    }
    while (q.info()->takers_waiting < count) std::this_thread::yield();
    ASSERT_TRUE(q.push_text("go"));
    while (ended == 0) std::this_thread::yield();
    EXPECT_EQ(got, 1U);
    EXPECT_EQ(ended, 1U);
    for (unsigned i = 1; i < count; ++i) ASSERT_TRUE(q.push_text("go"));
    for (auto& sleeper : sleepers) sleeper.join();
    EXPECT_EQ(got, count);
}

}  // namespace
