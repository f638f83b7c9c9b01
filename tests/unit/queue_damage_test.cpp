// Queues whose bytes another process has damaged, or moved on to where 32-bit numbers end.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <vector>

#include "queue/layout.hpp"
#include "runner.hpp"
#include "samepage/queue.hpp"
#include "scratch.hpp"
#include "shared/participants.hpp"

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

constexpr std::uint64_t owner_at = queues::words_offset, tail_at = owner_at + 8, last_id_at = owner_at + 16,
                        head_at = owner_at + 64, rewinds_at = owner_at + 192;

// What another process may have written, written here through a plain file. Three jobs of one cell, in eight.
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

constexpr std::uint64_t cells = 8;
constexpr std::uint64_t cell_at(std::uint64_t position) {
    return queues::ring_offset + position % cells * queues::cell_bytes;
}
constexpr std::uint64_t position_in(std::uint64_t position) {
    return cell_at(position) + offsetof(queues::cell, position);
}
constexpr std::uint64_t job_bytes_in(std::uint64_t position) {
    return cell_at(position) + offsetof(queues::cell, job_bytes);
}
constexpr std::uint64_t room_bytes_in(std::uint64_t position) {
    return cell_at(position) + offsetof(queues::cell, room_bytes);
}

TEST_F(damaged_queue_test, words_that_cannot_be_are_corrupt) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    auto all = std::vector<queue_bytes::job>();
    for (int i = 0; i < 3; ++i) all.push_back(std::move(q->take(no_wait).value()));
    struct damage {
        std::uint64_t at, value, good;
    };
    for (const damage d : {damage{head_at, 4, 0}, damage{head_at, ~std::uint64_t{0}, 0}, damage{tail_at, 9, 3},
                           damage{tail_at, 1 << 20, 3}}) {
        write(d.at, d.value);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << d.at << " " << d.value;
        EXPECT_EQ(code_of(q->push_text("x", no_wait)), errc::corrupt) << d.at << " " << d.value;
        EXPECT_EQ(code_of(q->info()), errc::corrupt) << d.at << " " << d.value;
        write(d.at, d.good);
    }
    all.clear();
    EXPECT_EQ(q->take(no_wait)->text(), "one") << "what was refused changed nothing";
}

// Between head and tail stands record behind record, also where nothing is ready.
TEST_F(damaged_queue_test, holes_are_corrupt_to_who_finds_nothing) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    write(tail_at, std::uint64_t{4});
    for (const char* text : {"one", "two", "three"}) {
        auto job = q->take(no_wait);
        ASSERT_TRUE(job) << job.error().message();
        EXPECT_EQ(job->text(), text);
        EXPECT_TRUE(job->acknowledge());
    }
    EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt);
    EXPECT_EQ(code_of(q->take(std::chrono::milliseconds(30))), errc::corrupt);
    EXPECT_EQ(code_of(q->info()), errc::corrupt);
    write(tail_at, std::uint64_t{3});
    EXPECT_EQ(code_of(q->take(no_wait)), errc::empty);
}

TEST_F(damaged_queue_test, positions_that_cannot_be_are_corrupt) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    for (const std::uint64_t position : {std::uint64_t{1}, std::uint64_t{8}, ~std::uint64_t{0}}) {
        write(position_in(0), position);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << position;
        EXPECT_EQ(code_of(q->take(std::chrono::milliseconds(30))), errc::corrupt) << position;
        EXPECT_EQ(code_of(q->info()), errc::corrupt) << position;
    }
    write(position_in(0), std::uint64_t{0});
    EXPECT_EQ(q->take(no_wait)->text(), "one");
}

TEST_F(damaged_queue_test, lengths_that_cannot_be_are_corrupt) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    for (const std::uint32_t length : {80U + 7 * 112 + 1, 100'000U, 0x7fffffffU, 0xffffffffU}) {
        write(job_bytes_in(0), length);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << length;
        EXPECT_EQ(code_of(q->info()), errc::corrupt) << length;
        write(job_bytes_in(0), 3U);
        write(room_bytes_in(0), length);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << length;
        write(room_bytes_in(0), 0U);
    }
    EXPECT_EQ(q->take(no_wait)->text(), "one");
}

// A job that says to be longer than it is hides those in whose cells it would be.
TEST_F(damaged_queue_test, a_length_that_may_be_harms_no_more_than_the_jobs) {
    write(job_bytes_in(0), 150U);
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << "its check sum is wrong";
    EXPECT_EQ(q->take(no_wait)->text(), "three");
}

TEST_F(damaged_queue_test, states_that_cannot_be_are_corrupt) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    for (const std::uint64_t state : {std::uint64_t{0}, queues::done + queues::ready, queues::kind_bits,
                                      queues::ready | 1, queues::done | std::uint64_t{1} << 63}) {
        write(cell_at(0), state);
        EXPECT_EQ(code_of(q->take(no_wait)), errc::corrupt) << state;
    }
    write(cell_at(0), queues::ready);
    EXPECT_EQ(q->take(no_wait)->text(), "one");
}

// Of the handle that saw it, too.
TEST_F(damaged_queue_test, what_was_damaged_is_forgotten_when_it_is_mended) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    constexpr std::uint64_t far = std::uint64_t{1} << 40;
    for (const std::uint64_t word : {head_at, tail_at}) write(word, far);
    write(rewinds_at, std::uint64_t{1});
    write(position_in(far), far);
    write(cell_at(far), queues::done | queues::in_state(far));
    static_cast<void>(q->take(no_wait));
    write(head_at, std::uint64_t{0});
    write(tail_at, std::uint64_t{3});
    write(position_in(0), std::uint64_t{0});
    write(cell_at(0), queues::ready);
    EXPECT_EQ(q->take(no_wait)->text(), "one");
}

TEST_F(damaged_queue_test, a_job_that_nobody_living_has_is_delivered) {
    // Slots that nobody claims, or that are none.
    for (const std::uint64_t who : {std::uint64_t{7} << 32 | 9, std::uint64_t{1} << 32 | 0xffff, std::uint64_t{0}}) {
        write(cell_at(0), queues::taken | who | std::uint64_t{4} << queues::deliveries_shift);
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
    write<char>(cell_at(0) + offsetof(queues::cell, bytes) + 1, '\0');
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
    write(cell_at(0), queues::ready);
    EXPECT_EQ(code_of(job->acknowledge()), errc::not_owner);
    EXPECT_EQ(q->info()->jobs_ready, 3U);
}

constexpr std::uint64_t dead = std::uint64_t{77} << 32 | 6;  // an identity that nobody has

// P5, or a half of it, is missing, and the owner is dead. What it pushed may have been taken and finished meanwhile.
TEST_F(damaged_queue_test, a_push_that_was_committed_keeps_its_id_when_its_pusher_dies_at_once) {
    for (const bool has_id : {false, true}) {
        for (const std::uint64_t state : {queues::ready, queues::taken | dead, queues::done}) {
            write(tail_at, std::uint64_t{2});
            write(last_id_at, std::uint64_t{has_id ? 3U : 2U});
            write(cell_at(2), (state & queues::kind_bits) == queues::taken ? state : state | queues::in_state(2));
            write(owner_at, dead);
            const auto q = queue_bytes::open(path_);
            ASSERT_TRUE(q) << q.error().message();
            EXPECT_EQ(q->push_text("four").value(), 4U);
            std::set<std::uint64_t> ids;
            std::vector<queue_bytes::job> all;
            for (int i = 0; i < (state == queues::done ? 3 : 4); ++i) {
                auto job = q->take(no_wait);
                ASSERT_TRUE(job) << job.error().message();
                EXPECT_TRUE(ids.insert(job->id()).second);
                all.push_back(std::move(*job));
            }
            EXPECT_EQ(*ids.rbegin(), 4U);
            EXPECT_EQ(code_of(q->take(no_wait)), errc::empty);
            all.clear();                          // gives them back
            write(cell_at(3), std::uint64_t{0});  // as if the fourth hadn't been
        }
    }
}

// Whatever a pusher had written in its turn, P2 to P4, before it was killed is no job, and is in nobody's way.
TEST_F(damaged_queue_test, pushers_that_die_one_after_the_other_leave_the_queue_whole) {
    for (const bool is_last : {false, true}) {
        write(owner_at, dead);
        write(position_in(3), std::uint64_t{3});
        write(cell_at(4) + 8, std::uint64_t{4});
        write(job_bytes_in(3), 0x58585858U);
        write(job_bytes_in(4), ~0U);
        if (!is_last) continue;
        const auto q = queue_bytes::open(path_);
        ASSERT_TRUE(q) << q.error().message();
        EXPECT_EQ(q->push_text("four").value(), 4U);
        EXPECT_EQ(q->push_text("five").value(), 5U);
        for (const char* text : {"one", "two", "three", "four", "five"}) {
            auto job = q->take(no_wait);
            ASSERT_TRUE(job) << job.error().message();
            EXPECT_EQ(job->text(), text);
            EXPECT_TRUE(job->acknowledge());
        }
    }
}

TEST_F(damaged_queue_test, ids_that_cannot_be_are_corrupt_after_a_death) {
    for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{4}, ~std::uint64_t{0}}) {
        write(tail_at, std::uint64_t{2});
        write(last_id_at, id);
        write(owner_at, dead);
        const auto q = queue_bytes::open(path_);
        ASSERT_TRUE(q) << q.error().message();
        EXPECT_EQ(code_of(q->push_text("four", no_wait)), errc::corrupt);
        EXPECT_EQ(code_of(q->push_text("four", no_wait)), errc::corrupt) << "as long as nobody could repair it";
        EXPECT_EQ(q->take(no_wait)->text(), "one") << "takers need no pusher";
    }
}

// A giver that was killed between saying that the job is ready and announcing it.
TEST_F(damaged_queue_test, a_job_that_was_given_back_unannounced_is_found_by_who_finds_none) {
    const auto q = queue_bytes::open(path_);
    ASSERT_TRUE(q) << q.error().message();
    for (int i = 0; i < 3; ++i) {
        auto job = q->take(no_wait);
        ASSERT_TRUE(job && job->acknowledge());
    }
    ASSERT_EQ(code_of(q->take(no_wait)), errc::empty);
    for (int i = 4; i <= 5; ++i) ASSERT_TRUE(q->push_text("x"));
    auto fourth = q->take(no_wait), fifth = q->take(no_wait);
    ASSERT_TRUE(fourth && fifth);
    write(cell_at(3), queues::ready | queues::in_state(3));
    auto again = q->take(std::chrono::seconds(60));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->id(), 4U);
}

// What a pusher that was stopped in its turn leaves, at each step: its identity in the owner word, half a record.
TEST_F(damaged_queue_test, a_pusher_that_is_stopped_in_its_turn_hinders_no_worker) {
    const auto q = queue_bytes::open(path_), stopped = queue_bytes::open(path_);
    ASSERT_TRUE(q && stopped);
    auto held = stopped->take(no_wait);
    ASSERT_TRUE(held) << held.error().message();
    std::uint64_t state = 0;
    std::ifstream(path_, std::ios::binary)
        .seekg(static_cast<std::streamoff>(cell_at(0)))
        .read(reinterpret_cast<char*>(&state), sizeof state);
    ASSERT_EQ(state & queues::kind_bits, queues::taken);
    write(owner_at, state & samepage::shared::identity_bits);
    for (int step = 0; step < 3; ++step) {
        if (step == 1) write(position_in(3), std::uint64_t{3});
        if (step == 2) write(job_bytes_in(3), 0x58585858U);
        auto second = q->take(no_wait), third = q->take(no_wait);
        ASSERT_TRUE(second && third) << step;
        EXPECT_EQ(second->text(), "two");
        EXPECT_TRUE(second->give_back());
        EXPECT_EQ(q->take(no_wait)->text(), "two");
        EXPECT_EQ(code_of(q->push_text("x", no_wait)), errc::timed_out);
    }
    EXPECT_TRUE(held->acknowledge());
    for (const char* text : {"two", "three"}) {
        auto job = q->take(no_wait);
        ASSERT_TRUE(job && job->acknowledge());
        EXPECT_EQ(job->text(), text);
    }
    EXPECT_EQ(code_of(q->take(no_wait)), errc::empty);
    write(owner_at, std::uint64_t{0});
    EXPECT_EQ(q->push_text("four").value(), 4U);
}

// Positions and ids are 64 bits wide, states have 48 bits of a position; nothing happens where 32 or 48 bits end.
TEST_F(damaged_queue_test, goes_on_where_32_and_48_bits_end) {
    for (const unsigned bits : {16U, 31U, 32U, 48U, 63U}) {
        const std::uint64_t end = std::uint64_t{1} << bits, start = end - 32;
        for (const std::uint64_t word : {head_at, tail_at}) write(word, start);
        write(last_id_at, end - 20);
        for (std::uint64_t i = 0; i < cells; ++i) {
            write(position_in(i), start - cells + i);
            write(cell_at(i), queues::done | queues::in_state(start - cells + i));
        }
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
