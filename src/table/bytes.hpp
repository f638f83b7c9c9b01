// A record's key and value as shared words: written in eights, compared and copied while others may change them.
// SPDX-License-Identifier: MIT
//
// Cells lie side by side and their sizes are multiples of 8, so nothing is written beyond that.
#pragma once

#include <cstring>
#include <span>

#include "shared/words.hpp"
#include "table/layout.hpp"

namespace samepage::tables {

inline std::uint64_t eight_of(const std::byte* from) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, from, 8);
    return value;
}
// The same of the fewer that are left, and zeros.
inline std::uint64_t last_eight_of(const std::byte* from, std::size_t left) noexcept {
    std::uint64_t value = 0;
    for (std::size_t at = 0; at < left; ++at) value |= std::to_integer<std::uint64_t>(from[at]) << 8 * at;
    return value;
}

inline void store_eights(std::byte* to, std::span<const std::byte> from) noexcept {
    if (from.size() == 8) return write(*reinterpret_cast<word*>(to), eight_of(from.data()));  // as in equals()
    std::size_t at = 0;
    for (; at + 16 <= from.size(); at += 16) shared::store_bytes(to + at, from.data() + at, 16);
    if (at + 8 <= from.size()) {
        write(*reinterpret_cast<word*>(to + at), eight_of(from.data() + at));
        at += 8;
    }
    if (at < from.size()) write(*reinterpret_cast<word*>(to + at), last_eight_of(from.data() + at, from.size() - at));
}

// `from` holds a key padded with zeros to a multiple of 8.
inline bool equals(const std::byte* from, std::span<const std::byte> key) noexcept {
    const auto there = [from](std::size_t at) { return read(*reinterpret_cast<const word*>(from + at)); };
    if (key.size() == 8) return there(0) == eight_of(key.data());  // the most common of all
    std::size_t at = 0;
    for (; at + 8 <= key.size(); at += 8) {
        if (there(at) != eight_of(key.data() + at)) return false;
    }
    return at == key.size() || there(at) == last_eight_of(key.data() + at, key.size() - at);
}

// Which of a group's slots have this tag, as bits. What they say is read again before it counts.
inline unsigned matching(const group& in, std::uint64_t tag) noexcept {
    unsigned found = 0;
#if defined(__x86_64__) && !defined(SAMEPAGE_MACHINE_WORDS)
    // Tags are the high 20 bits of the high halves, of which a vector holds four.
    const auto* const bytes = reinterpret_cast<const std::byte*>(&in);
    const auto pair = [&](std::size_t index) {
        return _mm_castsi128_ps(shared::copy_word::load_shared(bytes + index * 16).value);
    };
    const auto tag_there = static_cast<std::int32_t>(tag << (tag_shift - 32));
    const __m128i wanted = _mm_set1_epi32(tag_there), high = _mm_set1_epi32(-(1 << (tag_shift - 32)));
    const auto same = [&](__m128 low_pair, __m128 high_pair) {
        const __m128i halves = _mm_castps_si128(_mm_shuffle_ps(low_pair, high_pair, 0xdd));
        const __m128i equal = _mm_cmpeq_epi32(_mm_and_si128(halves, high), wanted);
        return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(equal)));
    };
    found = same(pair(0), pair(1)) | same(pair(2), pair(3)) << 4;
    found &= (1U << group_slots) - 1;
#else
    for (unsigned index = 0; index < group_slots; ++index)
        found |= static_cast<unsigned>(tag_of(read(in.slots[index])) == tag) << index;
#endif
    return found;
}

}  // namespace samepage::tables
