// Queues whose bytes another process has damaged, or moved on to where 32-bit numbers end.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "queue/layout.hpp"
#include "runner.hpp"
#include "samepage/queue.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::no_wait;
using samepage::queue_bytes;
using samepage::queue_options;
namespace queues = samepage::queues;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

constexpr std::uint64_t head_at = queues::words_offset, tail_at = head_at + 8, last_at = head_at + 16,
                        last_id_at = head_at + 24, cursor_at = head_at + 32;

// What another process may have written, written here through a plain file. Three jobs of 64 bytes each.
class damaged_queue_test : public testing::Test {
   protected:
    damaged_queue_test() : path_(scratch::file(fresh_name("damaged"))) {
        queue_options options;
        options.capacity_bytes = 1024;
        const auto q = queue_bytes::create(path_, options);
        if (!q) return;
        for (const char* text : {"one", "two", "three"}) static_cast<void>(q->push_text(text));
    }

    template <class T>
    void write(std::uint64_t offset, T value) {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(reinterpret_cast<const char*>(&value), sizeof value);
        ASSERT_TRUE(file.good());
    }

    std::string path_;
};

constexpr std::uint64_t record_at(unsigned index) { return queues::ring_offset + index * 64; }

// Two pushers killed one after the other: one when it had said where its job would be, the next one, whose job needs
// padding there, at each step up to its own commit. The dead one's identity stands in the owner word.
TEST_F(damaged_queue_test, pushers_that_die_one_after_the_other_leave_the_queue_whole) {
    constexpr std::uint64_t end = 1024, dead = 6 | std::uint64_t{77} << 32;
    for (const int steps : {0, 1, 2}) {
        write(queues::owner_offset, dead);
        write(record_at(0) + offsetof(queues::record, state), std::uint64_t{queues::done});
        write(last_at, std::uint64_t{192});
        write(record_at(3) + offsetof(queues::record, id), std::uint64_t{0x5858585858585858});
        if (steps > 0) write(last_at, end);
        if (steps > 1) {
            write(record_at(3) + offsetof(queues::record, size_bytes), static_cast<std::uint32_t>(end - 192));
            write(record_at(3) + offsetof(queues::record, state), std::uint64_t{queues::done});
            write(tail_at, end);
        }
        const auto q = queue_bytes::open(path_);
        ASSERT_TRUE(q) << q.error().message();
        const auto pushed = q->push_text("four");
        ASSERT_TRUE(pushed) << steps << ": " << pushed.error().message();
        EXPECT_EQ(*pushed, 4U);
        std::vector<queue_bytes::job> all;
        for (const char* text : {"two", "three", "four"}) {
            auto job = q->take(no_wait);
            ASSERT_TRUE(job) << job.error().message();
            EXPECT_EQ(job->text(), text);
            all.push_back(std::move(*job));
        }
        // As it was before: the jobs go back, the fourth is taken away.
        all.clear();
        if (steps < 2) {
            write(tail_at, std::uint64_t{192});
            write(last_id_at, std::uint64_t{3});
            write(cursor_at, std::uint64_t{0});
        }
    }
}

TEST_F(damaged_queue_test, words_that_cannot_be_are_corrupt) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    struct damage {
        std::uint64_t at, value, good;
    };
    for (const damage d : {damage{head_at, 8, 0}, damage{head_at, 256, 0}, damage{head_at, ~std::uint64_t{0}, 0},
                           damage{tail_at, 1 << 20, 192}, damage{tail_at, 191, 192}, damage{cursor_at, 8, 0},
                           damage{cursor_at, 208, 0}, damage{cursor_at, std::uint64_t{1} << 60, 0}}) {
        write(d.at, d.value);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << d.at << " " << d.value;
        EXPECT_EQ(code_of(q->push_text("x", no_wait)), errc::corrupt) << d.at << " " << d.value;
        EXPECT_EQ(code_of(q->info()), errc::corrupt) << d.at << " " << d.value;
        write(d.at, d.good);
    }
    EXPECT_EQ(q->take(no_wait)->text(), "one") << "what was refused changed nothing";
}

TEST_F(damaged_queue_test, lengths_that_cannot_be_are_corrupt) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    for (const std::uint32_t size : {0U, 8U, 16U, 32U, 48U, 65U, 208U, 0xfffffff0U}) {
        write(record_at(0), size);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << size;
    }
    write(record_at(0), 64U);
    for (const std::uint32_t length : {17U, 1000U, 0xffffffffU}) {
        write(record_at(0) + offsetof(queues::record, job_bytes), length);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << length;
        write(record_at(0) + offsetof(queues::record, job_bytes), 3U);
        write(record_at(0) + offsetof(queues::record, room_bytes), length);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << length;
        write(record_at(0) + offsetof(queues::record, room_bytes), 0U);
    }
    EXPECT_EQ(q->take(no_wait)->text(), "one");
}

TEST_F(damaged_queue_test, states_that_cannot_be_are_corrupt) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    for (const std::uint64_t state : {std::uint64_t{0}, queues::done + queues::ready, queues::state_bits}) {
        write(record_at(0) + 8, state);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << state;
    }
    write(record_at(0) + 8, queues::ready);
    EXPECT_EQ(q->take(no_wait)->text(), "one");
}

TEST_F(damaged_queue_test, a_job_that_nobody_living_has_is_delivered) {
    // Slots that nobody claims, or that are none.
    for (const std::uint64_t who : {std::uint64_t{7} << 32 | 9, std::uint64_t{1} << 32 | 0xffff, std::uint64_t{0}}) {
        write(record_at(0) + 8, queues::taken | who | std::uint64_t{4} << queues::deliveries_shift);
        const auto q = queue_bytes::open(path_);
        ASSERT_TRUE(q) << q.error().message();
        ASSERT_EQ(q->info()->jobs_ready, 3U) << who;
        const auto job = q->take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        EXPECT_EQ(job->text(), "one");
        EXPECT_EQ(job->deliveries(), 5U);
    }
}

TEST_F(damaged_queue_test, a_job_cut_short_by_a_power_failure_is_told_once_and_dropped) {
    write<char>(record_at(0) + sizeof(queues::record) + 1, '\0');
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    const auto damaged = q->take(no_wait);
    ASSERT_EQ(code_of(damaged), errc::corrupt);
    EXPECT_NE(damaged.error().message().find("job 1"), std::string::npos) << damaged.error().message();
    EXPECT_EQ(q->take(no_wait)->text(), "two");
}

TEST_F(damaged_queue_test, a_job_whose_state_changes_under_its_worker_is_not_its_any_more) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    auto job = q->take(no_wait);
    ASSERT_TRUE(job) << job.error().message();
    write(record_at(0) + 8, queues::ready);
    EXPECT_EQ(code_of(job->acknowledge()), errc::not_owner);
    EXPECT_EQ(q->info()->jobs_ready, 3U);
}

TEST_F(damaged_queue_test, a_push_that_was_committed_keeps_its_id_when_its_pusher_dies_at_once) {
    write(last_id_at, std::uint64_t{2});                      // P6 is missing
    write(queues::owner_offset, std::uint64_t{7} << 32 | 9);  // and the owner is dead
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    EXPECT_EQ(q->push_text("four").value(), 4U);
    for (std::uint64_t id = 1; id <= 4; ++id) {
        auto job = q->take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        EXPECT_EQ(job->id(), id);
        EXPECT_TRUE(job->acknowledge());
    }
}

TEST_F(damaged_queue_test, ids_that_cannot_be_are_corrupt_after_a_death) {
    for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{4}, ~std::uint64_t{0}}) {
        write(last_id_at, id);
        write(queues::owner_offset, std::uint64_t{7} << 32 | 9);
        const auto q = queue_bytes::open(path_);
        ASSERT_TRUE(q) << q.error().message();
        EXPECT_EQ(code_of(q->push_text("four", no_wait)), errc::corrupt);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << "as long as nobody could repair it";
    }
}

TEST_F(damaged_queue_test, a_cursor_that_hides_jobs_is_mended_by_who_finds_none) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    write(cursor_at, std::uint64_t{192});
    EXPECT_EQ(q->take(no_wait)->text(), "one");
}

// Positions and ids are 64 bits wide, and nothing is left of that where 32 bits end.
TEST_F(damaged_queue_test, goes_on_where_32_bits_end) {
    for (const std::uint64_t end : {std::uint64_t{1} << 31, std::uint64_t{1} << 32, std::uint64_t{1} << 63}) {
        const std::uint64_t start = end - 4096;  // where a ring of 1024 begins
        for (const std::uint64_t word : {head_at, tail_at, last_at, cursor_at}) write(word, start);
        write(last_id_at, end - 20);
        const auto q = queue_bytes::open(path_);
        ASSERT_TRUE(q) << q.error().message();
        for (std::uint64_t id = end - 19; id < end + 60; id += 2) {
            const std::string text(static_cast<std::size_t>(id * 37 % 200), 'x');
            ASSERT_EQ(q->push_text(text, no_wait).value(), id);
            ASSERT_EQ(q->push_text("second", no_wait).value(), id + 1);
            auto first = q->take(no_wait), second = q->take(no_wait);
            ASSERT_TRUE(first && second);
            ASSERT_EQ(first->text(), text);
            ASSERT_EQ(first->id(), id);
            ASSERT_TRUE(first->give_back());
            auto again = q->take(no_wait);
            ASSERT_TRUE(again) << again.error().message();
            ASSERT_EQ(again->id(), id);
            ASSERT_TRUE(second->acknowledge() && again->acknowledge());
        }
        EXPECT_EQ(q->info()->used_bytes, 0U);
    }
}

}  // namespace
