// Where a queue keeps what, and what a shape read from a header may be.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "shared/header.hpp"
#include "shared/words.hpp"

namespace samepage::queues {

// In the wait page, each group in a cache line of its own: the words on which one sleeps (shared/wait_word.hpp).
inline constexpr std::uint64_t takers_offset = shared::wait_page_offset;         // u32: until there is a job
inline constexpr std::uint64_t bell_offset = shared::wait_page_offset + 4;       // u32: the same, for event loops
inline constexpr std::uint64_t pushers_offset = shared::wait_page_offset + 64;   // u32: until there is room
inline constexpr std::uint64_t callers_offset = shared::wait_page_offset + 128;  // u32 each: until there is a reply
inline constexpr unsigned callers_words = 16;                                    // the one of a call: its id mod 16
inline constexpr std::uint64_t wait_word_stride = 64;

inline constexpr unsigned takers_point = 0;
inline constexpr unsigned pushers_point = 1;
inline constexpr unsigned owner_point = 2;
inline constexpr unsigned callers_point = 3;  // the first of callers_words

// The body's words, by who changes them: pushers with each job; pushers now and then; takers now and then. Positions
// count the cells ever used; position p is cell p mod cells of the ring.
struct ring_words {
    std::atomic<std::uint64_t> owner;    // an owner word: who pushes
    std::atomic<std::uint64_t> tail;     // behind the newest record. By the owner
    std::atomic<std::uint64_t> last_id;  // of the newest job. By the owner
    std::uint64_t unused[5];
    std::atomic<std::uint64_t> head;  // of the oldest record that is kept. By the owner; read by takers who are lost
    std::uint64_t unused_too[15];
    std::atomic<std::uint64_t> rewinds;  // how often a job became ready again. By anybody; read by takers
};
inline constexpr std::uint64_t words_offset = shared::body_offset;
static_assert(offsetof(ring_words, head) == 64 && offsetof(ring_words, rewinds) == 192 && sizeof(ring_words) == 200);

// A cell: two cache lines. A record is one or more of them, one behind the other and, at the ring's end, round it. The
// first one has all fields, the others only the position. Its bytes, the job's and then the room for the reply, each
// rounded up to 16, go from cell to cell.
inline constexpr std::uint64_t cell_bytes = 128;
inline constexpr std::uint64_t ring_offset =
    (words_offset + sizeof(ring_words) + cell_bytes - 1) / cell_bytes * cell_bytes;

struct cell {
    std::atomic<std::uint64_t> state;     // below. Nothing else ever stands here, also in cells that aren't the first
    std::atomic<std::uint64_t> position;  // whose cell this is now: written before anything else of a record
    std::atomic<std::uint64_t> id;        // 1 for a queue's first job, one more for each
    std::atomic<std::uint64_t> caller;    // who waits for the reply (an identity), or 0; cleared by the caller alone
    std::atomic<std::uint32_t> job_bytes;
    std::atomic<std::uint32_t> room_bytes;   // for the reply
    std::atomic<std::uint32_t> reply_bytes;  // or how long the text is that says why the job failed, with failed_reply
    std::atomic<std::uint32_t> check;        // of the job's bytes, where jobs carry check sums
    std::byte bytes[80];
};
static_assert(sizeof(cell) == cell_bytes && offsetof(cell, bytes) == 48);

inline constexpr std::uint32_t failed_reply = std::uint32_t{1} << 31;

inline constexpr std::uint64_t more_offset = 16;  // of the bytes in a cell that isn't a record's first
inline constexpr std::uint64_t first_bytes = cell_bytes - offsetof(cell, bytes);
inline constexpr std::uint64_t more_bytes = cell_bytes - more_offset;

// The state word. Bits 16-18 the kind, bits 19-31 how often the job was taken, bits 0-15 and 32-63 the taker's identity
// where it is taken, else the low 48 bits of the record's position. 0 in a cell that was never used.
inline constexpr std::uint64_t kind_bits = std::uint64_t{7} << 16;
inline constexpr std::uint64_t ready = std::uint64_t{1} << 16;    // to be taken
inline constexpr std::uint64_t taken = std::uint64_t{2} << 16;    // by the identity
inline constexpr std::uint64_t replied = std::uint64_t{3} << 16;  // the reply is there for the caller
inline constexpr std::uint64_t done = std::uint64_t{4} << 16;     // the room is free as soon as all before it is
inline constexpr unsigned deliveries_shift = 19;
inline constexpr std::uint64_t deliveries_max = (1U << 13) - 1;  // then it counts no further
inline constexpr std::uint64_t deliveries_bits = deliveries_max << deliveries_shift;

constexpr std::uint64_t deliveries_of(std::uint64_t state) noexcept {
    return state >> deliveries_shift & deliveries_max;
}
// A position as it stands in a state word.
constexpr std::uint64_t in_state(std::uint64_t position) noexcept { return (position & 0xffff) | position >> 16 << 32; }

// The cells of a record.
constexpr std::uint64_t record_cells(std::uint64_t job_bytes, std::uint64_t room_bytes) noexcept {
    const std::uint64_t bytes = shared::copy_room(job_bytes) + shared::copy_room(room_bytes);
    return bytes <= first_bytes ? 1 : 1 + (bytes - first_bytes + more_bytes - 1) / more_bytes;
}

// What there is of a record behind the job: at least the room for the reply.
constexpr std::uint64_t bytes_behind_job(std::uint64_t job_bytes, std::uint64_t room_bytes) noexcept {
    return first_bytes + (record_cells(job_bytes, room_bytes) - 1) * more_bytes - shared::copy_room(job_bytes);
}

inline constexpr std::uint64_t capacity_min = 256;
inline constexpr std::uint64_t capacity_max = std::uint64_t{1} << 30;

// Header parameters, in this order.
enum parameter : std::size_t { ring_parameter = 0, checked_parameter = 1 };

struct shape {
    std::uint64_t ring_bytes;  // a multiple of cell_bytes
    bool checked;              // jobs carry check sums, at a path

    static constexpr shape of(std::uint64_t capacity_bytes, bool is_path) noexcept {
        return {(capacity_bytes + cell_bytes - 1) / cell_bytes * cell_bytes, is_path};
    }
    constexpr std::uint64_t object_bytes() const noexcept { return ring_offset + ring_bytes; }

    // Whether what a header says can be.
    static constexpr bool fits(const shared::object_header& header) noexcept {
        const auto& p = header.parameters;
        if (p[ring_parameter] < capacity_min || p[ring_parameter] > capacity_max) return false;
        if (p[ring_parameter] % cell_bytes != 0) return false;
        return p[checked_parameter] <= 1 && from(header).object_bytes() == header.object_bytes;
    }
    static constexpr shape from(const shared::object_header& header) noexcept {
        return {header.parameters[ring_parameter], header.parameters[checked_parameter] != 0};
    }
};

// 1 had records that didn't go round the ring's end; who reads 2 takes a failed job's text for damage.
inline constexpr std::uint32_t format_version = 3;
inline constexpr std::uint64_t fingerprint = shared::fingerprint_of(
    {takers_offset, bell_offset, pushers_offset, callers_offset, callers_words, shared::participants_offset,
     shared::slots_count, words_offset, offsetof(ring_words, tail), offsetof(ring_words, head),
     offsetof(ring_words, rewinds), ring_offset, sizeof(cell), offsetof(cell, bytes), more_offset, takers_point,
     pushers_point, owner_point, callers_point});

}  // namespace samepage::queues
