// Queues in one process: every call, its answers and its refusals.
// SPDX-License-Identifier: MIT
#include "samepage/queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>

#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::no_wait;
using samepage::queue;
using samepage::queue_bytes;
using samepage::queue_options;

// Only the time of what must come; a slow machine is no failure.
constexpr auto long_enough = std::chrono::seconds(60);

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

queue_options of_capacity(std::uint64_t bytes) {
    queue_options o;
    o.capacity_bytes = bytes;
    return o;
}

queue_bytes made(const std::string& place, const queue_options& options = {}) {
    auto q = queue_bytes::create(place, options);
    EXPECT_TRUE(q) << q.error().message();
    return q ? std::move(*q) : queue_bytes();
}

TEST(queue_test, a_job_goes_from_pusher_to_worker) {
    const std::string name = fresh_name("work");
    const queue_bytes pusher = made(name);
    EXPECT_TRUE(pusher.created());
    EXPECT_EQ(pusher.capacity_bytes(), 1U << 20);
    const auto worker = queue_bytes::open(name);
    ASSERT_TRUE(worker) << worker.error().message();
    EXPECT_FALSE(worker->created());
    EXPECT_EQ(code_of(worker->take(no_wait)), errc::empty);
    EXPECT_EQ(pusher.push_text("one").value(), 1U);
    EXPECT_EQ(pusher.push_text("").value(), 2U);
    auto job = worker->take();
    ASSERT_TRUE(job) << job.error().message();
    EXPECT_EQ(job->text(), "one");
    EXPECT_EQ(job->id(), 1U);
    EXPECT_EQ(job->deliveries(), 1U);
    EXPECT_FALSE(job->is_call());
    EXPECT_TRUE(job->is_mine());
    EXPECT_TRUE(job->acknowledge());
    EXPECT_FALSE(job->is_mine());
    auto second = worker->take(no_wait);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(second->text(), "");
    EXPECT_EQ(second->id(), 2U);
    EXPECT_TRUE(second->acknowledge());
    EXPECT_EQ(code_of(worker->take(no_wait)), errc::empty);
    EXPECT_TRUE(worker->check_name());
}

TEST(queue_test, a_job_is_finished_once) {
    const queue_bytes q = made(fresh_name("once"));
    ASSERT_TRUE(q.push_text("x"));
    auto job = q.take(no_wait);
    ASSERT_TRUE(job) << job.error().message();
    EXPECT_TRUE(job->acknowledge());
    EXPECT_EQ(code_of(job->acknowledge()), errc::not_owner);
    EXPECT_EQ(code_of(job->give_back()), errc::not_owner);
    EXPECT_EQ(code_of(job->reply_text("x")), errc::not_owner);
    EXPECT_EQ(code_of(queue_bytes::job().acknowledge()), errc::not_owner);
    EXPECT_EQ(code_of(q.take(no_wait)), errc::empty);
}

TEST(queue_test, what_is_given_back_comes_first_again_and_says_how_often) {
    const queue_bytes q = made(fresh_name("back"));
    for (const char* text : {"a", "b", "c"}) ASSERT_TRUE(q.push_text(text));
    auto a = q.take(no_wait), b = q.take(no_wait);
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(b->give_back());
    EXPECT_TRUE(a->give_back());
    for (std::uint32_t round = 2; round <= 4; ++round) {
        auto again = q.take(no_wait);
        ASSERT_TRUE(again) << again.error().message();
        EXPECT_EQ(again->text(), "a");
        EXPECT_EQ(again->deliveries(), round);
    }  // each end gives it back
    auto first = q.take(no_wait), second = q.take(no_wait), third = q.take(no_wait);
    ASSERT_TRUE(first && second && third);
    EXPECT_EQ(first->text(), "a");
    EXPECT_EQ(second->text(), "b");
    EXPECT_EQ(second->deliveries(), 2U);
    EXPECT_EQ(third->text(), "c");
    EXPECT_EQ(third->deliveries(), 1U);
    EXPECT_EQ(code_of(q.take(no_wait)), errc::empty);
}

TEST(queue_test, a_job_can_be_moved) {
    const queue_bytes q = made(fresh_name("moved"));
    ASSERT_TRUE(q.push_text("a") && q.push_text("b"));
    queue_bytes::job kept;
    EXPECT_FALSE(kept.is_mine());
    {
        auto a = q.take(no_wait);
        ASSERT_TRUE(a) << a.error().message();
        kept = std::move(*a);
    }
    EXPECT_TRUE(kept.is_mine());
    EXPECT_EQ(kept.text(), "a");
    auto b = q.take(no_wait);
    ASSERT_TRUE(b) << b.error().message();
    EXPECT_EQ(b->text(), "b") << "the moved-from one gave nothing back";
    kept = std::move(*b);  // what it had goes back
    auto a = q.take(no_wait);
    ASSERT_TRUE(a) << a.error().message();
    EXPECT_EQ(a->text(), "a");
    EXPECT_EQ(a->deliveries(), 2U);
}

TEST(queue_test, deliveries_count_up_to_their_end) {
    const queue_bytes q = made(fresh_name("often"));
    ASSERT_TRUE(q.push_text("x"));
    for (std::uint32_t round = 1; round <= 8300; ++round) {
        const auto job = q.take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        ASSERT_EQ(job->deliveries(), std::min(round, 8191U));
    }
}

// Claim: all lengths and all positions of the ring's end, with a few jobs outstanding: every job comes once, in order,
// whole; and room is given back for ever.
TEST(queue_test, every_length_goes_round_the_ring) {
    const queue_bytes q = made(fresh_name("round"), of_capacity(1024));
    std::deque<std::string> expected;
    std::uint64_t next = 1, finished = 0;
    for (std::size_t turn = 0; turn < 5000; ++turn) {
        const std::string text(turn * 37 % 250, static_cast<char>('a' + turn % 26));
        const auto id = q.push_text(text, no_wait);
        if (id) {
            ASSERT_EQ(*id, next++);
            expected.push_back(text);
        } else {
            ASSERT_EQ(code_of(id), errc::full) << id.error().message();
        }
        if (id && turn % 3 != 0) continue;
        auto job = q.take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        ASSERT_EQ(job->text(), expected.front());
        ASSERT_EQ(job->id(), ++finished);
        expected.pop_front();
        ASSERT_TRUE(job->acknowledge());
    }
    EXPECT_GT(finished, 1000U);
}

TEST(queue_test, a_job_as_large_as_the_ring_fits_wherever_the_ring_stands) {
    const queue_bytes q = made(fresh_name("large"), of_capacity(1024));
    const std::string large(1024 - 48 - 7 * 16, 'x');
    for (std::size_t before = 0; before < 40; ++before) {
        ASSERT_TRUE(q.push_text(std::string(before * 7, 'y'), no_wait));
        ASSERT_TRUE(q.take(no_wait)->acknowledge());
        const auto id = q.push_text(large, no_wait);
        ASSERT_TRUE(id) << id.error().message();
        auto job = q.take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        ASSERT_EQ(job->text(), large);
        ASSERT_TRUE(job->acknowledge());
    }
    const auto refused = q.push_text(large + "x", no_wait);
    ASSERT_EQ(code_of(refused), errc::too_large);
    EXPECT_NE(refused.error().message().find("capacity of 1152"), std::string::npos) << refused.error().message();
    EXPECT_EQ(code_of(q.call_text("x", no_wait, 1024)), errc::too_large);
    EXPECT_EQ(code_of(q.call_text("x", no_wait, ~std::uint64_t{0})), errc::too_large);
}

TEST(queue_test, full_names_what_is_in_the_way) {
    const queue_bytes q = made(fresh_name("full"), of_capacity(256));
    const std::string text(60, 'x');  // two are 256 bytes
    ASSERT_TRUE(q.push_text(text, no_wait) && q.push_text(text, no_wait));
    const auto refused = q.push_text(text, no_wait);
    ASSERT_EQ(code_of(refused), errc::full);
    EXPECT_NE(refused.error().message().find("job 1"), std::string::npos) << refused.error().message();
    EXPECT_NE(refused.error().message().find("until somebody takes it"), std::string::npos)
        << refused.error().message();
    EXPECT_EQ(code_of(q.push_text(text, std::chrono::milliseconds(30))), errc::timed_out);
    auto first = q.take(no_wait), second = q.take(no_wait);
    ASSERT_TRUE(first && second);
    const auto held = q.push_text(text, no_wait);
    ASSERT_EQ(code_of(held), errc::full);
    EXPECT_NE(held.error().message().find("process " + std::to_string(runner::this_process())), std::string::npos)
        << held.error().message();
    EXPECT_TRUE(second->acknowledge());
    EXPECT_EQ(code_of(q.push_text(text, no_wait)), errc::full) << "the oldest keeps the room behind it";
    EXPECT_TRUE(first->acknowledge());
    EXPECT_EQ(q.push_text(text, no_wait).value(), 3U) << "refused pushes leave no hole";
}

TEST(queue_test, a_call_gets_its_reply) {
    const std::string name = fresh_name("call");
    const queue_bytes q = made(name);
    std::thread worker([&] {
        const auto own = queue_bytes::open(name);
        ASSERT_TRUE(own) << own.error().message();
        for (int i = 0; i < 3; ++i) {
            auto job = own->take(long_enough);
            ASSERT_TRUE(job) << job.error().message();
            EXPECT_TRUE(job->is_call());
            if (job->text() == "nothing") {
                EXPECT_TRUE(job->acknowledge());
                continue;
            }
            const std::string reply = "<" + std::string(job->text()) + ">";
            const auto refused =
                job->reply_text(std::string(static_cast<std::size_t>(job->reply_bytes_max() + 1), 'x'));
            EXPECT_EQ(code_of(refused), errc::too_large);
            EXPECT_TRUE(job->is_mine());
            EXPECT_TRUE(job->reply_text(reply)) << "a reply that is too large can be replaced by another";
        }
    });
    EXPECT_EQ(q.call_text("a", long_enough).value(), "<a>");
    EXPECT_EQ(q.call_text("nothing", long_enough).value(), "");
    EXPECT_EQ(q.call_text("12345678", long_enough, 10).value(), "<12345678>");
    worker.join();
    EXPECT_EQ(q.info()->replies_ready, 0U);
    EXPECT_EQ(q.info()->used_bytes, 0U);
}

// What the worker says goes as far as there is room behind the job, up to the border of a character.
TEST(queue_test, a_call_whose_job_fails_gets_the_workers_words) {
    const std::string name = fresh_name("fail");
    const queue_bytes q = made(name);
    std::thread worker([&] {
        const auto own = queue_bytes::open(name);
        ASSERT_TRUE(own) << own.error().message();
        for (int i = 0; i < 5; ++i) {
            auto job = own->take(long_enough);
            ASSERT_TRUE(job) << job.error().message();
            EXPECT_TRUE(job->fail(job->text() == "nothing" ? std::string_view() : job->text()));
            EXPECT_FALSE(job->is_mine());
            EXPECT_EQ(code_of(job->fail("x")), errc::not_owner);
        }
    });
    const auto words_of = [&](const std::string& text, std::uint64_t room) {
        const auto reply = q.call_text(text, long_enough, room);
        EXPECT_EQ(code_of(reply), errc::failed);
        return reply ? "" : std::string(reply.error().detail());
    };
    EXPECT_EQ(words_of("there is no such photo", 4096), "there is no such photo");
    EXPECT_EQ(words_of("no room was asked for", 0), "no room was asked for");
    EXPECT_EQ(words_of(std::string(31, 'x') + "\xC3\xBC and so on", 0), std::string(31, 'x'));
    EXPECT_EQ(words_of(std::string(1000, 'x'), 4096), std::string(400, 'x'));
    const auto silent = q.call_text("nothing", long_enough);
    EXPECT_EQ(code_of(silent), errc::failed);
    EXPECT_NE(silent.error().message().find("could not do it"), std::string::npos) << silent.error().message();
    worker.join();
    EXPECT_EQ(q.info()->used_bytes, 0U);
}

TEST(queue_test, a_plain_job_that_fails_is_finished) {
    const queue_bytes q = made(fresh_name("fail_plain"));
    ASSERT_TRUE(q.push_text(std::string(80, 'x')));
    auto job = q.take(no_wait);
    ASSERT_TRUE(job) << job.error().message();
    EXPECT_TRUE(job->fail("nobody wants to know"));
    EXPECT_EQ(q.info()->used_bytes, 0U);
}

TEST(queue_test, a_call_that_nobody_takes_is_withdrawn) {
    const queue_bytes q = made(fresh_name("withdrawn"));
    ASSERT_TRUE(q.push_text("before"));
    const auto reply = q.call_text("x", std::chrono::milliseconds(20));
    ASSERT_EQ(code_of(reply), errc::timed_out);
    EXPECT_NE(reply.error().message().find("withdrawn"), std::string::npos) << reply.error().message();
    ASSERT_TRUE(q.push_text("after"));
    for (const char* text : {"before", "after"}) {
        auto job = q.take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        EXPECT_EQ(job->text(), text);
        EXPECT_TRUE(job->acknowledge());
    }
    EXPECT_EQ(code_of(q.take(no_wait)), errc::empty);
}

TEST(queue_test, a_reply_that_comes_too_late_is_dropped) {
    const std::string name = fresh_name("late");
    const queue_bytes q = made(name, of_capacity(256));
    std::atomic<bool> given_up{false};
    std::thread caller([&] {
        const auto own = queue_bytes::open(name);
        ASSERT_TRUE(own) << own.error().message();
        EXPECT_EQ(code_of(own->call_text("x", std::chrono::milliseconds(300), 16)), errc::timed_out);
        given_up = true;
    });
    queue_bytes::job job;
    while (!job.is_mine() && !given_up) {
        if (auto taken = q.take(std::chrono::milliseconds(10))) job = std::move(*taken);
    }
    caller.join();
    // A slow machine may have withdrawn it before it was taken.
    if (job.is_mine()) {
        EXPECT_TRUE(job.reply_text("too late"));
    }
    EXPECT_EQ(q.info()->replies_ready, 0U);
    EXPECT_EQ(q.info()->used_bytes, 0U);
}

TEST(queue_test, a_reply_to_a_plain_job_is_dropped) {
    const queue_bytes q = made(fresh_name("plain"));
    ASSERT_TRUE(q.push_text("x"));
    auto job = q.take(no_wait);
    ASSERT_TRUE(job) << job.error().message();
    EXPECT_EQ(job->reply_bytes_max(), 0U);
    EXPECT_TRUE(job->reply_text("nobody wants to know"));
    EXPECT_EQ(q.info()->used_bytes, 0U);
}

TEST(queue_test, the_job_of_a_closed_handle_goes_to_the_next) {
    const std::string name = fresh_name("closed");
    const queue_bytes q = made(name);
    ASSERT_TRUE(q.push_text("x") && q.push_text("y"));
    // Its end never comes, as in a process that is killed.
    static auto* const left_behind = new queue_bytes::job;
    {
        const auto worker = queue_bytes::open(name);
        ASSERT_TRUE(worker) << worker.error().message();
        *left_behind = std::move(worker->take(no_wait).value());
        EXPECT_EQ(left_behind->text(), "x");
        EXPECT_EQ(q.info()->jobs_taken, 1U);
    }
    auto left = q.take(no_wait);
    ASSERT_TRUE(left) << left.error().message();
    EXPECT_EQ(left->text(), "x");
    EXPECT_EQ(left->deliveries(), 2U);
}

TEST(queue_test, create_new_open_and_wrong_arguments) {
    const std::string name = fresh_name("new");
    EXPECT_EQ(code_of(queue_bytes::open(name)), errc::not_found);
    auto q = queue_bytes::create_new(name, of_capacity(1000));
    ASSERT_TRUE(q) << q.error().message();
    EXPECT_EQ(q->capacity_bytes(), 1024U);
    EXPECT_EQ(code_of(queue_bytes::create_new(name)), errc::already_exists);
    EXPECT_EQ(queue_bytes::create(name, of_capacity(5000))->capacity_bytes(), 1024U) << "an existing one keeps its own";
    EXPECT_EQ(code_of(queue_bytes::create(name, of_capacity(0))), errc::invalid_argument);
    EXPECT_EQ(code_of(queue_bytes::create(name, of_capacity(std::uint64_t{1} << 40))), errc::invalid_argument);
    q->close();
    EXPECT_FALSE(q->is_open());
    EXPECT_EQ(code_of(q->push_text("x")), errc::closed);
    EXPECT_EQ(code_of(q->take(no_wait)), errc::closed);
    EXPECT_EQ(code_of(q->call_text("x")), errc::closed);
    EXPECT_EQ(code_of(q->info()), errc::closed);
    EXPECT_EQ(code_of(queue_bytes::open(name)), errc::not_found);
}

TEST(queue_test, is_of_a_kind_of_its_own) {
    const std::string name = fresh_name("kind");
    const queue_bytes q = made(name);
    const auto cell = samepage::cell_bytes::open(name);
    ASSERT_EQ(code_of(cell), errc::wrong_kind);
    EXPECT_NE(cell.error().message().find("is a queue: samepage queue take"), std::string::npos);
    EXPECT_EQ(code_of(samepage::region::open(name)), errc::wrong_kind);
    const std::string other = fresh_name("cell");
    const auto c = samepage::cell_bytes::create(other);
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(code_of(queue_bytes::open(other)), errc::wrong_kind);
}

TEST(queue_test, at_a_path_it_keeps_its_jobs) {
    const std::string path = scratch::file(fresh_name("jobs"));
    for (int i = 1; i <= 20; ++i) {
        const queue_bytes q = made(path, of_capacity(4096));
        EXPECT_EQ(q.created(), i == 1);
        ASSERT_EQ(q.push_text("job " + std::to_string(i)).value(), static_cast<std::uint64_t>(i));
        if (i % 2 != 0) continue;
        auto job = q.take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        EXPECT_EQ(job->text(), "job " + std::to_string(i / 2));
        EXPECT_TRUE(job->acknowledge());
    }
    const queue_bytes q = made(path);
    EXPECT_EQ(q.info()->jobs_ready, 10U);
    EXPECT_EQ(q.take(no_wait)->text(), "job 11");
}

struct order {
    std::int32_t item, count;
};

TEST(queue_test, of_a_type) {
    const std::string name = fresh_name("orders");
    const auto q = queue<order, std::int64_t>::create(name);
    ASSERT_TRUE(q) << q.error().message();
    EXPECT_EQ(q->push({17, 3}).value(), 1U);
    std::thread worker([&] {
        const auto own = queue<order, std::int64_t>::open(name);
        ASSERT_TRUE(own) << own.error().message();
        for (int i = 0; i < 2; ++i) {
            auto job = own->take(long_enough);
            ASSERT_TRUE(job) << job.error().message();
            const auto wanted = job->value();
            ASSERT_TRUE(wanted) << wanted.error().message();
            EXPECT_TRUE(job->reply(wanted->item * wanted->count));
        }
    });
    EXPECT_EQ(q->call({5, 7}, long_enough).value(), 35);
    worker.join();
    ASSERT_TRUE(q->bytes().push_text("an order?"));
    EXPECT_EQ(code_of(q->take(no_wait)->value()), errc::wrong_kind);
}

TEST(queue_test, info_counts_the_jobs) {
    const std::string name = fresh_name("info");
    const queue_bytes q = made(name, of_capacity(4096));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(q.push_text("12345"));
    auto first = q.take(no_wait);
    auto second = q.take(no_wait);
    ASSERT_TRUE(first && second);
    EXPECT_TRUE(first->acknowledge());
    const auto info = q.info();
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->capacity_bytes, 4096U);
    EXPECT_EQ(info->used_bytes, 4U * 128);
    EXPECT_EQ(info->jobs_ready, 3U);
    EXPECT_EQ(info->jobs_taken, 1U);
    EXPECT_EQ(info->next_id, 6U);
    EXPECT_EQ(info->oldest_taken, 2U);
    EXPECT_EQ(info->oldest_process, runner::this_process());
    EXPECT_EQ(info->oldest_deliveries, 1U);
    EXPECT_EQ(info->takers_waiting, 0U);
}

}  // namespace
