// Where a channel keeps what, and what a shape read from a header may be.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "shared/header.hpp"

namespace samepage::channels {

// In the wait page: on the first subscribers sleep until the next message, on the second senders until there is room.
inline constexpr std::uint64_t waiters_offset = shared::wait_page_offset;
inline constexpr std::uint64_t bell_offset = shared::wait_page_offset + 4;  // for those who wait for it in event loops
inline constexpr std::uint64_t room_offset = shared::wait_page_offset + 64;

inline constexpr unsigned waiters_point = 0;
inline constexpr unsigned owner_point = 1;
inline constexpr unsigned room_point = 2;

inline constexpr std::uint32_t segments_count = 8;
inline constexpr std::uint32_t subscribers_max = 64;
inline constexpr std::uint32_t loans_max = 64;

// A registered subscriber. Taken and freed by stores to `identity`.
struct subscriber_slot {
    std::atomic<std::uint64_t> identity;  // 0: free. Set by a sender's turn, cleared by its owner or a sender's turn
    std::atomic<std::uint64_t> position;  // of the next message it wants. Written by its owner, read by senders
    std::uint64_t unused[6];
};
static_assert(sizeof(subscriber_slot) == 64);

// A block of memory for loans.
struct block_slot {
    std::atomic<std::uint64_t> borrower;  // identity, 0: not on loan. Set in a sender's turn, cleared by the borrower
    std::atomic<std::uint64_t> position;  // of the last record that named it, or no_position
};
inline constexpr std::uint64_t no_position = ~std::uint64_t{0};

// The body before the ring. What senders write all the time, what they write now and then, and what others write are
// apart from each other, so that they don't share cache lines, nor pairs of them.
struct body {
    std::atomic<std::uint64_t> owner;  // an owner word: the sender whose turn it is
    std::atomic<std::uint64_t> tail;   // position of the next record; one record behind after a death
    std::atomic<std::uint64_t> next;   // number of the next message; the same
    std::uint64_t unused_a[13];
    std::atomic<std::uint64_t> oldest;  // position of the oldest record that may be read
    std::uint64_t unused_b[15];
    std::atomic<std::uint64_t> marks[segments_count];  // of segment i of the ring: its first record's position
    std::uint64_t unused_c[8];
    subscriber_slot subscribers[subscribers_max];
    block_slot blocks[loans_max];
};
inline constexpr std::uint64_t owner_offset = shared::body_offset;
inline constexpr std::uint64_t ring_offset = (shared::body_offset + sizeof(body) + 127) / 128 * 128;

// A record: its head, then the message's bytes or what else its kind says, rounded up to 16, in one piece.
struct record_head {
    std::atomic<std::uint64_t> meta;      // size in bytes | kind << 32; 0: not there. The store that makes it be there
    std::atomic<std::uint64_t> sequence;  // of this message; of the next one, in other records
};
static_assert(sizeof(record_head) == 16);

enum record_kind : std::uint32_t {
    no_record = 0,
    message_record = 1,  // the message's bytes follow
    padding_record = 2,  // `size` bytes up to the ring's end
    loaned_record = 3,   // the message's bytes are in the block whose number follows, as 64 bits
};

inline constexpr std::uint64_t capacity_max = std::uint64_t{256} << 20;

// Header parameters, in this order.
enum parameter : std::size_t { capacity_parameter = 0, ring_parameter = 1, loans_parameter = 2 };

struct shape {
    std::uint64_t capacity_bytes;  // of a message
    std::uint64_t ring_bytes;      // a power of two
    std::uint32_t loans;

    // A record with padding before it takes at most half of the ring, so that room for it is always there once all
    // that is older than half a ring has been given up.
    static constexpr std::uint64_t ring_for(std::uint64_t capacity_bytes) noexcept {
        return std::bit_ceil(4 * (capacity_bytes + 64)) < 4096 ? 4096 : std::bit_ceil(4 * (capacity_bytes + 64));
    }
    static constexpr shape of(std::uint64_t capacity_bytes, std::uint32_t loans) noexcept {
        return {capacity_bytes, ring_for(capacity_bytes), loans};
    }
    constexpr std::uint64_t block_bytes() const noexcept { return (capacity_bytes + 127) / 128 * 128; }
    constexpr std::uint64_t blocks_offset() const noexcept { return ring_offset + ring_bytes; }
    constexpr std::uint64_t object_bytes() const noexcept { return blocks_offset() + loans * block_bytes(); }

    // Whether what a header says can be.
    static constexpr bool fits(const shared::object_header& header) noexcept {
        const auto& p = header.parameters;
        if (p[capacity_parameter] == 0 || p[capacity_parameter] > capacity_max || p[loans_parameter] > loans_max)
            return false;
        return p[ring_parameter] == ring_for(p[capacity_parameter]) &&
               from(header).object_bytes() == header.object_bytes;
    }
    static constexpr shape from(const shared::object_header& header) noexcept {
        return {header.parameters[capacity_parameter], header.parameters[ring_parameter],
                static_cast<std::uint32_t>(header.parameters[loans_parameter])};
    }
};

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint64_t fingerprint =
    shared::fingerprint_of({waiters_offset, room_offset, shared::participants_offset, shared::slots_count, owner_offset,
                            offsetof(body, tail), offsetof(body, next), offsetof(body, oldest), offsetof(body, marks),
                            segments_count, offsetof(body, subscribers), subscribers_max, offsetof(body, blocks),
                            loans_max, ring_offset, sizeof(record_head), waiters_point, owner_point, room_point});

}  // namespace samepage::channels
