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
    const std::size_t whole = from.size() / 16 * 16;
    shared::store_bytes(to, from.data(), whole);
    std::size_t at = whole;
    if (at + 8 <= from.size()) {
        write(*reinterpret_cast<word*>(to + at), eight_of(from.data() + at));
        at += 8;
    }
    if (at < from.size()) write(*reinterpret_cast<word*>(to + at), last_eight_of(from.data() + at, from.size() - at));
}

// `from` holds a key padded with zeros to a multiple of 8.
inline bool equals(const std::byte* from, std::span<const std::byte> key) noexcept {
    std::size_t at = 0;
    for (; at + 8 <= key.size(); at += 8) {
        if (read(*reinterpret_cast<const word*>(from + at)) != eight_of(key.data() + at)) return false;
    }
    return at == key.size() ||
           read(*reinterpret_cast<const word*>(from + at)) == last_eight_of(key.data() + at, key.size() - at);
}

// Which of a group's slots have this tag, as bits. What they say is read again before it counts.
inline unsigned matching(const group& in, std::uint64_t tag) noexcept {
    unsigned found = 0;
#if defined(__x86_64__) && !defined(SAMEPAGE_MACHINE_WORDS)
    const auto* const bytes = reinterpret_cast<const std::byte*>(&in);
    const std::uint64_t tag_bits = ~std::uint64_t{} << tag_shift, tag_there = tag << tag_shift;
    const __m128i high = _mm_set1_epi64x(static_cast<std::int64_t>(tag_bits));
    const __m128i wanted = _mm_set1_epi64x(static_cast<std::int64_t>(tag_there));
    for (unsigned pair = 0; pair < 4; ++pair) {
        const __m128i slots = shared::copy_word::load_shared(bytes + std::size_t{pair} * 16).value;
        const __m128i same = _mm_cmpeq_epi32(_mm_and_si128(slots, high), wanted);
        found |= static_cast<unsigned>(_mm_movemask_pd(_mm_castsi128_pd(same))) << 2 * pair;
    }
    found &= (1U << group_slots) - 1;
#else
    for (unsigned index = 0; index < group_slots; ++index)
        found |= static_cast<unsigned>(tag_of(read(in.slots[index])) == tag) << index;
#endif
    return found;
}

}  // namespace samepage::tables
