// The ring of a channel on its own: bytes that no sender writes, and positions and numbers beyond 32 bits.
// SPDX-License-Identifier: MIT
#include "channel/ring.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "runner.hpp"
#include "samepage/channel.hpp"
#include "scratch.hpp"

namespace {

using samepage::channel_bytes;
using samepage::errc;
using samepage::no_wait;
using samepage::start;
using samepage::channels::body;
using samepage::channels::message_record;
using samepage::channels::padding_record;
using samepage::channels::record_head;
using samepage::channels::ring;
using samepage::channels::ring_offset;
using samepage::channels::shape;

constexpr std::uint64_t head_bytes = sizeof(record_head);

// A channel's object in memory of this process, followed by bytes that nobody may touch.
class loose_ring {
   public:
    explicit loose_ring(std::uint64_t capacity_bytes)
        : shape_(shape::of(capacity_bytes, 0)),
          memory_(static_cast<std::size_t>(shape_.object_bytes() + 2 * capacity_bytes) / sizeof(line) + 1),
          ring_(object(), shape_) {
        ring_.initialise();
    }
    const ring* operator->() const { return &ring_; }
    body& fields() { return *reinterpret_cast<body*>(object() + samepage::shared::body_offset); }
    record_head& head_at(std::uint64_t position) {
        return *reinterpret_cast<record_head*>(object() + ring_offset + position % shape_.ring_bytes);
    }
    std::uint64_t ring_bytes() const { return shape_.ring_bytes; }
    // The first of the bytes behind the object, all zero.
    bool is_untouched_behind() {
        const std::byte* const end = reinterpret_cast<std::byte*>(memory_.data() + memory_.size());
        for (const std::byte* at = object() + shape_.object_bytes(); at != end; ++at) {
            if (*at != std::byte{0}) return false;
        }
        return true;
    }

   private:
    struct alignas(128) line {
        std::byte bytes[128];
    };
    std::byte* object() { return memory_.data()->bytes; }
    shape shape_;
    std::vector<line> memory_;
    ring ring_;
};

TEST(channel_ring_test, padding_is_never_as_long_as_the_ring) {
    loose_ring r(100);
    r.head_at(0).meta = (r.ring_bytes() - head_bytes) | std::uint64_t{padding_record} << 32;
    EXPECT_EQ(r->look({0, 1}).how, ring::sight::corrupt);
    EXPECT_FALSE(r->catch_up());
    // What a sender does write where a record of 120 bytes doesn't fit.
    const std::uint64_t left = r.ring_bytes() - 112;
    r.head_at(left).sequence = 1;
    r.head_at(left).meta = (112 - head_bytes) | std::uint64_t{padding_record} << 32;
    EXPECT_EQ(r->look({left, 1}).how, ring::sight::passed);
    EXPECT_EQ(r->look({left, 1}).end, r.ring_bytes());
}

// The last segment below 2^64 has no next one.
TEST(channel_ring_test, positions_that_cannot_be_end_every_loop) {
    for (const std::uint64_t from_end : {16U, 32U, 48U, 64U, 100U, 511U, 512U, 528U, 4096U, 5000U}) {
        for (const std::uint64_t oldest_from_end : {0U, 16U, 64U, 512U, 4096U}) {
            loose_ring r(100);
            const std::uint64_t position = 0 - from_end;
            r.fields().tail = position;
            r.fields().oldest = 0 - oldest_from_end;
            static_cast<void>(r->try_send({}));
            static_cast<void>(r->send({}));
            r.fields().tail = position;
            r.head_at(position & ~std::uint64_t{15}).meta = 100 | std::uint64_t{message_record} << 32;
            static_cast<void>(r->catch_up());
            static_cast<void>(r->newest());
            static_cast<void>(r->oldest());
            EXPECT_TRUE(r.is_untouched_behind());
        }
    }
}

// Bytes of messages may look like records; who was overtaken while it looked for the end must not follow them.
TEST(channel_ring_test, the_end_is_found_by_records_that_are_kept) {
    loose_ring r(100);
    const std::vector<std::byte> message(100);
    for (int i = 0; i < 200; ++i) ASSERT_EQ(r->send(message).how, ring::sent::done);
    const auto end = r->newest();
    ASSERT_TRUE(end);
    EXPECT_EQ(end->sequence, 201U);
    // A tail that was read long ago, at a place that a message's bytes have taken, which say "a message of 16 bytes".
    const std::uint64_t oldest = r.fields().oldest;
    r.fields().tail = oldest - 64;
    r.head_at(oldest - 64).meta = 16 | std::uint64_t{message_record} << 32;
    r.head_at(oldest - 32).meta = 16 | std::uint64_t{message_record} << 32;
    EXPECT_FALSE(r->newest());
}

// ---- Beyond 32 bits ------------------------------------------------------------------------------------------------

// A channel in a file whose first message will have this number and position, as after a long life.
std::string old_channel(std::uint64_t sequence, std::uint64_t position) {
    const std::string path = scratch::file(runner::fresh_name("old"));
    samepage::channel_options options;
    options.capacity_bytes = 100;
    options.loans = 2;
    EXPECT_TRUE(channel_bytes::create(path, options));
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto put = [&](std::uint64_t offset, std::uint64_t value) {
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(reinterpret_cast<const char*>(&value), sizeof value);
    };
    const std::uint64_t at = samepage::shared::body_offset;
    put(at + offsetof(body, tail), position);
    put(at + offsetof(body, next), sequence);
    put(at + offsetof(body, oldest), position);
    for (std::uint64_t i = 0; i < samepage::channels::segments_count; ++i)
        put(at + offsetof(body, marks) + 8 * i, position);
    put(ring_offset + offsetof(record_head, sequence), sequence);
    EXPECT_TRUE(file.flush());
    return path;
}

TEST(channel_ring_test, positions_and_numbers_go_on_beyond_32_bits) {
    const std::uint64_t ring_bytes = shape::of(100, 2).ring_bytes;
    for (const std::uint64_t position : {(std::uint64_t{1} << 32) - ring_bytes, std::uint64_t{1} << 63}) {
        const std::uint64_t first = position - 3;
        const std::string path = old_channel(first, position);
        const auto c = channel_bytes::open(path);
        ASSERT_TRUE(c) << c.error().message();
        samepage::subscribe_options registering;
        registering.registered = true;
        auto lossless = c->subscribe(registering);
        auto slow = c->subscribe();
        ASSERT_TRUE(lossless && slow);
        std::uint64_t next = first;
        for (std::uint64_t i = 0; i < 4 * ring_bytes / 100; ++i, ++next) {
            if (i % 5 == 0) {
                auto loan = c->borrow(8, no_wait);
                ASSERT_TRUE(loan) << loan.error().message();
                std::memcpy(loan->bytes().data(), &next, 8);
                ASSERT_EQ(loan->publish(no_wait).value(), next);
            } else {
                ASSERT_EQ(c->send(std::as_bytes(std::span(&next, 1)), no_wait).value(), next);
            }
            std::uint64_t copy = 0;
            const auto seen = lossless->receive(std::as_writable_bytes(std::span(&copy, 1)), no_wait);
            ASSERT_TRUE(seen) << seen.error().message();
            ASSERT_EQ(seen->sequence, next);
            ASSERT_EQ(copy, next);
        }
        const auto info = c->info();
        ASSERT_TRUE(info);
        EXPECT_EQ(info->next_sequence, next);
        EXPECT_EQ(info->registered.at(0).lag_messages, 0U);
        std::uint64_t missed = 0, received = 0;
        for (;;) {
            const auto seen = slow->receive_text(no_wait);
            if (!seen) break;
            missed += seen->missed;
            ++received;
        }
        EXPECT_EQ(missed + received, next - first);
        samepage::subscribe_options numbered;
        numbered.sequence = next - 1;
        EXPECT_EQ(c->subscribe(numbered)->receive_text(no_wait)->sequence, next - 1);
    }
}

}  // namespace
