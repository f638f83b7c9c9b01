// A record's key and value as shared words: written in eights, compared and copied while others may change them.
// SPDX-License-Identifier: MIT
//
// Cells lie side by side and their sizes are multiples of 8, so nothing is written beyond that.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "shared/words.hpp"
#include "table/layout.hpp"

namespace samepage::tables {

inline std::uint64_t eight_of(const std::byte* from, std::size_t left) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, from, std::min<std::size_t>(8, left));
    return value;
}

inline void store_eights(std::byte* to, std::span<const std::byte> from) noexcept {
    const std::size_t whole = from.size() / 16 * 16;
    shared::store_bytes(to, from.data(), whole);
    for (std::size_t at = whole; at < from.size(); at += 8)
        write(*reinterpret_cast<word*>(to + at), eight_of(from.data() + at, from.size() - at));
}

// `from` holds a key padded with zeros to a multiple of 8.
inline bool equals(const std::byte* from, std::span<const std::byte> key) noexcept {
    std::size_t at = 0;
    for (; at + 8 <= key.size(); at += 8) {
        std::uint64_t mine = 0;
        std::memcpy(&mine, key.data() + at, 8);
        if (read(*reinterpret_cast<const word*>(from + at)) != mine) return false;
    }
    return at == key.size() ||
           read(*reinterpret_cast<const word*>(from + at)) == eight_of(key.data() + at, key.size() - at);
}

}  // namespace samepage::tables
