// How an array lies in its region: a head, then the elements. Normative: docs/format.md.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "samepage/ndarray.hpp"
#include "shared/words.hpp"

namespace samepage::ndarrays {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint64_t magic =
    std::bit_cast<std::uint64_t>(std::array{'n', 'd', 'a', 'r', 'r', 'a', 'y', '\0'});
// The slot of who makes it or writes in it: the system knows whether that one lives.
inline constexpr unsigned writer_slot = 0;

// All but `sequence` is written by who makes it, under the slot, `mark` last, and never changed after. Each handle
// copies it once and believes its copy alone.
struct head {
    std::atomic<std::uint64_t> mark;  // 0: nobody has made it yet
    std::uint32_t version;
    std::uint32_t data_offset;
    std::array<char, 8> dtype;  // zeros behind it
    std::uint32_t element_bytes;
    std::uint32_t dimensions;
    std::uint64_t data_bytes;
    std::uint64_t zero;
    // Twice the number of writings; one less, so odd, while it is written, or torn. Changed by who has the slot.
    std::atomic<std::uint64_t> sequence;
    std::uint64_t zero_too;
    std::array<std::uint64_t, ndarray_dimensions_max> shape, strides;
};
static_assert(sizeof(head) == 576 && alignof(head) == 8);

constexpr std::uint64_t object_bytes(std::uint64_t data_offset, std::uint64_t data_bytes) noexcept {
    return data_offset + shared::copy_room(data_bytes);
}

}  // namespace samepage::ndarrays
