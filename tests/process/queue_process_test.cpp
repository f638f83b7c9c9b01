// Queues between processes: workers and pushers that are killed, and what becomes of their jobs.
// SPDX-License-Identifier: MIT
#include "samepage/queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "runner.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::queue_bytes;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

queue_bytes made(const std::string& place, std::uint64_t capacity_bytes = 1 << 20) {
    samepage::queue_options options;
    options.capacity_bytes = capacity_bytes;
    auto q = queue_bytes::create(place, options);
    EXPECT_TRUE(q) << q.error().message();
    return q ? std::move(*q) : queue_bytes();
}

process worker_of(const std::string& place, const std::string& answer = "opened") {
    process p = process::start("worker");
    EXPECT_EQ(p.ask("queue " + place), answer);
    return p;
}

TEST(queue_process_test, a_job_goes_from_process_to_process) {
    const std::string name = fresh_name("work");
    process pusher = worker_of(name, "created");
    EXPECT_EQ(pusher.ask("take 0"), "empty");
    EXPECT_EQ(pusher.ask("push resize photo.jpg"), "1");
    process worker = worker_of(name);
    EXPECT_EQ(worker.ask("take 0"), "1 1 resize photo.jpg");
    EXPECT_EQ(pusher.ask("take 0"), "empty") << "a living worker keeps it";
    EXPECT_EQ(worker.ask("acknowledge"), "done");
    EXPECT_EQ(worker.ask("acknowledge"), "not_owner");
    EXPECT_EQ(pusher.ask("take 0"), "empty");
}

TEST(queue_process_test, a_waiting_worker_gets_what_is_pushed) {
    const std::string name = fresh_name("wait");
    const queue_bytes q = made(name);
    process worker = worker_of(name);
    for (int i = 1; i <= 20; ++i) {
        ASSERT_EQ(worker.ask("take"), "waiting");
        while (q.info()->takers_waiting == 0) std::this_thread::yield();
        ASSERT_TRUE(q.push_text("x"));
        ASSERT_EQ(worker.line(), std::to_string(i) + " 1 x");
        ASSERT_EQ(worker.ask("acknowledge"), "done");
    }
}

TEST(queue_process_test, the_job_of_a_killed_worker_goes_to_the_next_and_says_so) {
    const std::string name = fresh_name("killed");
    const queue_bytes q = made(name);
    ASSERT_TRUE(q.push_text("a") && q.push_text("b"));
    for (int round = 1; round <= 5; ++round) {
        process worker = worker_of(name);
        ASSERT_EQ(worker.ask("take 0"), "1 " + std::to_string(round) + " a");
        ASSERT_EQ(q.info()->oldest_process, worker.id());
        worker.kill();
        ASSERT_EQ(q.info()->jobs_ready, 2U);
    }
    process worker = worker_of(name);
    EXPECT_EQ(worker.ask("take 0"), "1 6 a");
    EXPECT_EQ(worker.ask("acknowledge"), "done");
    EXPECT_EQ(worker.ask("take 0"), "2 1 b");
}

TEST(queue_process_test, who_waits_gets_the_job_of_one_that_is_killed) {
    const std::string name = fresh_name("heir");
    const queue_bytes q = made(name);
    ASSERT_TRUE(q.push_text("x"));
    process victim = worker_of(name), heir = worker_of(name);
    ASSERT_EQ(victim.ask("take 0"), "1 1 x");
    ASSERT_EQ(heir.ask("take"), "waiting");
    victim.kill();
    EXPECT_EQ(heir.line(), "1 2 x");
}

// A worker that always finds jobs looks for those of dead ones, too.
TEST(queue_process_test, a_busy_queue_forgets_no_dead_worker) {
    const std::string name = fresh_name("busy");
    const queue_bytes q = made(name);
    ASSERT_TRUE(q.push_text("before") && q.push_text("lost?"));
    ASSERT_TRUE(q.take()->acknowledge());  // its first take looks for them anyway
    process victim = worker_of(name);
    ASSERT_EQ(victim.ask("take 0"), "2 1 lost?");
    victim.kill();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(q.push_text("more"));
    for (const auto end = std::chrono::steady_clock::now() + runner::patience;;) {
        ASSERT_LT(std::chrono::steady_clock::now(), end);
        // Slower than one that fills the queue behind the lost job before anybody has to look for it.
        std::this_thread::sleep_for(std::chrono::microseconds(20));
        ASSERT_TRUE(q.push_text("more"));
        auto job = q.take();
        ASSERT_TRUE(job && job->acknowledge());
        if (job->text() == "lost?") break;
    }
}

TEST(queue_process_test, a_file_keeps_its_jobs_over_kills) {
    const std::string path = scratch::file(fresh_name("kept"));
    for (int i = 1; i <= 10; ++i) {
        process p = process::start("worker");
        ASSERT_EQ(p.ask("queue " + path), i == 1 ? "created" : "opened");
        ASSERT_EQ(p.ask("push job " + std::to_string(i)), std::to_string(i));
        ASSERT_EQ(p.ask("take 0"), "1 " + std::to_string(i) + " job 1") << "nobody alive has it";
        p.kill();
    }
    const queue_bytes q = made(path);
    EXPECT_EQ(q.info()->jobs_ready, 10U);
}

TEST(queue_process_test, a_name_is_gone_with_its_last_holder) {
    const std::string name = fresh_name("gone");
    process p = worker_of(name, "created");
    EXPECT_EQ(p.ask("push x"), "1");
    p.kill();
    EXPECT_EQ(code_of(queue_bytes::open(name)), errc::not_found);
}

TEST(queue_process_test, a_call_is_answered_by_the_next_when_its_worker_is_killed) {
    const std::string name = fresh_name("call");
    const queue_bytes q = made(name);
    process caller = worker_of(name), victim = worker_of(name), heir = worker_of(name);
    ASSERT_EQ(caller.ask("call question"), "calling");
    ASSERT_EQ(victim.ask("take"), "waiting");
    ASSERT_EQ(victim.line(), "1 1 question");
    victim.kill();
    ASSERT_EQ(heir.ask("take"), "waiting");
    ASSERT_EQ(heir.line(), "1 2 question");
    ASSERT_EQ(heir.ask("reply answer"), "done");
    EXPECT_EQ(caller.line(), "answer");
    EXPECT_EQ(q.info()->used_bytes, 0U);
}

TEST(queue_process_test, a_killed_callers_reply_is_dropped) {
    const std::string name = fresh_name("callers");
    const queue_bytes q = made(name, 5120);  // one call with its room is 4160 bytes
    for (int round = 0; round < 5; ++round) {
        process caller = worker_of(name);
        ASSERT_EQ(caller.ask("call question"), "calling");
        auto job = q.take();
        ASSERT_TRUE(job) << job.error().message();
        ASSERT_TRUE(job->is_call());
        if (round % 2 == 0) caller.kill();
        ASSERT_TRUE(job->reply_text("answer"));
        if (round % 2 != 0) {
            ASSERT_EQ(caller.line(), "answer");
        }
    }
    EXPECT_EQ(q.info()->used_bytes, 0U);
}

// Pushers and workers of a storm, and what they said before they were killed.
class storm {
   public:
    explicit storm(std::string place) : place_(std::move(place)) {}

    void add_pusher() {
        pushers_.emplace_back(worker_of(place_), ++seeds_);
        ASSERT_EQ(pushers_.back().first.ask("flood " + std::to_string(seeds_)), "flooding");
    }
    void add_worker() {
        workers_.push_back(worker_of(place_));
        ASSERT_EQ(workers_.back().ask("work"), "working");
    }
    void kill_pusher() {
        auto& [victim, seed] = pushers_.front();
        victim.kill();
        std::istringstream said(victim.rest());
        for (std::string line; std::getline(said, line);) {
            if (!said.eof()) pushed_[seed] = static_cast<unsigned>(std::stoul(line));
        }
        pushers_.erase(pushers_.begin());
    }
    void kill_worker() {
        workers_.front().kill();
        std::istringstream said(workers_.front().rest());
        for (std::string line; std::getline(said, line);) {
            if (!said.eof()) finish(line);
        }
        ++kills_;
        workers_.erase(workers_.begin());
    }
    void kill_all() {
        while (!pushers_.empty()) kill_pusher();
        while (!workers_.empty()) kill_worker();
    }
    // "ID DELIVERIES SEED.NUMBER"
    void finish(const std::string& line) {
        std::istringstream words(line);
        std::uint64_t id = 0;
        unsigned deliveries = 0;
        std::string text;
        words >> id >> deliveries >> text;
        ASSERT_FALSE(words.fail()) << line;
        EXPECT_TRUE(ids_.insert(id).second) << "finished twice: " << line;
        EXPECT_TRUE(texts_.insert(text).second) << "pushed once, finished twice: " << line;
    }
    // A kill after the acknowledgement and before its word reached us hides one job a worker.
    void judge() {
        std::size_t missing = 0;
        for (const auto& [seed, most] : pushed_) {
            for (unsigned number = 1; number <= most; ++number)
                missing += texts_.contains(std::to_string(seed) + "." + std::to_string(number)) ? 0U : 1U;
        }
        EXPECT_LE(missing, kills_) << "lost";
        EXPECT_FALSE(texts_.empty());
        EXPECT_LE(texts_.size(), *ids_.rbegin()) << "more jobs than ids";
    }

   private:
    std::string place_;
    unsigned seeds_ = 0;
    std::size_t kills_ = 0;
    std::vector<std::pair<process, unsigned>> pushers_;
    std::vector<process> workers_;
    std::map<unsigned, unsigned> pushed_;  // by seed: the last number that was acknowledged
    std::set<std::uint64_t> ids_;
    std::set<std::string> texts_;
};

// Claim: whatever instruction pushers and workers are killed at, no acknowledged job is lost, none is finished twice.
TEST(queue_process_test, a_storm_of_kills_loses_and_doubles_nothing) {
    for (const bool at_a_path : {false, true}) {
        const std::string place = at_a_path ? scratch::file(fresh_name("storm")) : fresh_name("storm");
        const queue_bytes q = made(place, 8192);
        storm all(place);
        const char* const wished = std::getenv("SAMEPAGE_STORM_SECONDS");
        const auto end =
            std::chrono::steady_clock::now() + std::chrono::seconds(wished != nullptr ? std::atoi(wished) : 1);
        for (int i = 0; i < 2; ++i) {
            all.add_pusher();
            all.add_worker();
        }
        for (int turn = 0; turn < 4 || std::chrono::steady_clock::now() < end; ++turn) {
            if (HasFailure()) break;
            if (turn % 3 == 0) {
                all.kill_pusher();
                all.add_pusher();
            } else {
                all.kill_worker();
                all.add_worker();
            }
        }
        all.kill_all();
        for (;;) {
            auto job = q.take(std::chrono::milliseconds(100));
            if (!job) {
                ASSERT_EQ(code_of(job), errc::timed_out) << job.error().message();
                break;
            }
            all.finish(std::to_string(job->id()) + " " + std::to_string(job->deliveries()) + " " +
                       std::string(job->text()));
            ASSERT_TRUE(job->acknowledge());
        }
        all.judge();
        EXPECT_EQ(q.info()->used_bytes, 0U);
    }
}

}  // namespace
