// Where a queue keeps what, and what a shape read from a header may be.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shared/header.hpp"
#include "shared/words.hpp"

namespace samepage::queues {

// In the wait page, each in a cache line of its own: the words on which one sleeps (shared/wait_word.hpp).
inline constexpr std::uint64_t takers_offset = shared::wait_page_offset;         // u32: until there is a job
inline constexpr std::uint64_t pushers_offset = shared::wait_page_offset + 64;   // u32: until there is room
inline constexpr std::uint64_t callers_offset = shared::wait_page_offset + 128;  // u32 each: until there is a reply
inline constexpr unsigned callers_words = 16;                                    // the one of a call: its id mod 16
inline constexpr std::uint64_t wait_word_stride = 64;

inline constexpr unsigned takers_point = 0;
inline constexpr unsigned pushers_point = 1;
inline constexpr unsigned owner_point = 2;
inline constexpr unsigned callers_point = 3;  // the first of callers_words

// The body.
inline constexpr std::uint64_t owner_offset = shared::body_offset;        // u64, an owner word
inline constexpr std::uint64_t words_offset = shared::body_offset + 128;  // ring_words
inline constexpr std::uint64_t ring_offset = shared::body_offset + 256;   // the records

// Positions count the bytes ever pushed; position p is at byte p mod ring_bytes of the ring. All are multiples of 16.
// Written by whoever owns the owner word (relaxed: the word orders them), read by others as hints.
struct ring_words {
    std::atomic<std::uint64_t> head;     // of the oldest record that may be unfinished
    std::atomic<std::uint64_t> tail;     // behind the newest record; storing it commits a push
    std::atomic<std::uint64_t> last;     // where the newest job is, or the one being written is going to be
    std::atomic<std::uint64_t> last_id;  // of the newest job
    std::atomic<std::uint64_t> cursor;   // before it nothing is ready; takers begin to look here
};
static_assert(sizeof(ring_words) == 40);

inline constexpr std::uint64_t alignment = 16;

// The head of a record; then the job's bytes and the room for the reply, each rounded up to 16. A record that is done
// may have its first 16 bytes only: so is the padding at the ring's end.
struct record {
    std::atomic<std::uint32_t> size_bytes;  // with this head and what follows
    std::atomic<std::uint32_t> job_bytes;
    std::atomic<std::uint64_t> state;       // below; storing it commits everything but a push
    std::atomic<std::uint64_t> id;          // 1 for a queue's first job, one more for each
    std::atomic<std::uint64_t> caller;      // who waits for the reply (an identity), or 0; cleared by the caller alone
    std::atomic<std::uint32_t> room_bytes;  // for the reply
    std::atomic<std::uint32_t> reply_bytes;
    std::atomic<std::uint64_t> check;  // of the job's bytes, where jobs carry check sums
};
static_assert(sizeof(record) == 48);

// The state word: bits 0-15 and 32-63 the taker's identity, bits 16-18 the state, bits 19-31 how often it was taken.
inline constexpr std::uint64_t state_bits = std::uint64_t{7} << 16;
inline constexpr std::uint64_t ready = std::uint64_t{1} << 16;    // to be taken
inline constexpr std::uint64_t taken = std::uint64_t{2} << 16;    // by the identity
inline constexpr std::uint64_t replied = std::uint64_t{3} << 16;  // the reply is there for the caller
inline constexpr std::uint64_t done = std::uint64_t{4} << 16;     // the room is free as soon as all before it is
inline constexpr unsigned deliveries_shift = 19;
inline constexpr std::uint64_t deliveries_max = (1U << 13) - 1;  // then it counts no further

constexpr std::uint64_t deliveries_of(std::uint64_t state) noexcept {
    return state >> deliveries_shift & deliveries_max;
}

// A record's size; an upper bound of it when the sum of the lengths is no length.
constexpr std::uint64_t record_bytes(std::uint64_t job_bytes, std::uint64_t room_bytes) noexcept {
    return sizeof(record) + shared::copy_room(job_bytes) + shared::copy_room(room_bytes);
}

inline constexpr std::uint64_t capacity_min = 256;
inline constexpr std::uint64_t capacity_max = std::uint64_t{1} << 30;

// Header parameters, in this order.
enum parameter : std::size_t { ring_parameter = 0, checked_parameter = 1 };

struct shape {
    std::uint64_t ring_bytes;  // a multiple of 64
    bool checked;              // jobs carry check sums, at a path

    static constexpr shape of(std::uint64_t capacity_bytes, bool is_path) noexcept {
        return {(capacity_bytes + 63) / 64 * 64, is_path};
    }
    constexpr std::uint64_t object_bytes() const noexcept { return ring_offset + ring_bytes; }

    // Whether what a header says can be.
    static constexpr bool fits(const shared::object_header& header) noexcept {
        const auto& p = header.parameters;
        if (p[ring_parameter] < capacity_min || p[ring_parameter] > capacity_max || p[ring_parameter] % 64 != 0)
            return false;
        return p[checked_parameter] <= 1 && from(header).object_bytes() == header.object_bytes;
    }
    static constexpr shape from(const shared::object_header& header) noexcept {
        return {header.parameters[ring_parameter], header.parameters[checked_parameter] != 0};
    }
};

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint64_t fingerprint =
    shared::fingerprint_of({takers_offset, pushers_offset, callers_offset, callers_words, shared::participants_offset,
                            shared::slots_count, owner_offset, words_offset, ring_offset, sizeof(ring_words),
                            sizeof(record), takers_point, pushers_point, owner_point, callers_point});

}  // namespace samepage::queues
