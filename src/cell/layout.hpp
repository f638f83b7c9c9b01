// Where a cell keeps what, and what a shape read from a header may be.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "shared/header.hpp"

namespace samepage::cells {

// In the wait page: the word on which readers sleep until the next value (shared/wait_word.hpp).
inline constexpr std::uint64_t waiters_offset = shared::wait_page_offset;
// Beside it, so that a store looks at one cache line: the bell of those who wait in an event loop (shared/bell.hpp).
inline constexpr std::uint64_t bell_offset = waiters_offset + 4;

// The body. Owner and current are apart from each other and from the values, so that they don't share cache lines.
inline constexpr std::uint64_t owner_offset = shared::body_offset;          // u64, an owner word
inline constexpr std::uint64_t current_offset = shared::body_offset + 128;  // u64, the newest version
inline constexpr std::uint64_t buffers_offset = shared::body_offset + 256;  // the values' buffers, one after the other

// A buffer: u64 length | check << 32, then the value's bytes, rounded up to 16; the whole rounded up to 64.
inline constexpr std::uint64_t value_offset = 8;

inline constexpr unsigned waiters_point = 0;
inline constexpr unsigned owner_point = 1;

inline constexpr std::uint64_t capacity_max = std::uint64_t{1} << 30;
inline constexpr std::uint64_t buffers_max = 64;

// Header parameters, in this order.
enum parameter : std::size_t { capacity_parameter = 0, buffers_parameter = 1, checked_parameter = 2 };

struct shape {
    std::uint64_t capacity_bytes;
    std::uint64_t buffers;  // a power of two
    bool checked;           // values carry a check sum

    // A cell at a path carries check sums, so that what a power failure mixed up is found when it is opened. Small
    // values get more buffers: a reader is then a longer way ahead of the writer.
    static constexpr shape of(std::uint64_t capacity_bytes, bool is_path) noexcept {
        return {capacity_bytes, capacity_bytes <= 4096 ? 8U : 4U, is_path};
    }
    constexpr std::uint64_t stride_bytes() const noexcept {
        return (value_offset + (capacity_bytes + 15) / 16 * 16 + 63) / 64 * 64;
    }
    constexpr std::uint64_t object_bytes() const noexcept { return buffers_offset + buffers * stride_bytes(); }

    // Whether what a header says can be.
    static constexpr bool fits(const shared::object_header& header) noexcept {
        const auto& p = header.parameters;
        if (p[capacity_parameter] == 0 || p[capacity_parameter] > capacity_max || p[checked_parameter] > 1)
            return false;
        if (!std::has_single_bit(p[buffers_parameter]) || p[buffers_parameter] < 4 ||
            p[buffers_parameter] > buffers_max)
            return false;
        return from(header).object_bytes() == header.object_bytes;
    }
    static constexpr shape from(const shared::object_header& header) noexcept {
        return {header.parameters[capacity_parameter], header.parameters[buffers_parameter],
                header.parameters[checked_parameter] != 0};
    }
};

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint64_t fingerprint =
    shared::fingerprint_of({waiters_offset, shared::participants_offset, shared::slots_count, owner_offset,
                            current_offset, buffers_offset, value_offset, waiters_point, owner_point});

}  // namespace samepage::cells
