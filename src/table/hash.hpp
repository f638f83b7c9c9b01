// The hash of a key: the same in every process, different in every table.
// SPDX-License-Identifier: MIT
//
// Multiply, and fold the two halves of the product into each other: after Wang Yi's wyhash, 2019.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace samepage::tables {

inline std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__)
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
    const std::uint64_t a1 = a >> 32, a0 = a & 0xffffffffU, b1 = b >> 32, b0 = b & 0xffffffffU;
    const std::uint64_t low = a0 * b0, mid = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (mid & 0xffffffffU);
    return ((mid2 << 32) | (low & 0xffffffffU)) ^ (a1 * b1 + (mid >> 32) + (mid2 >> 32));
#endif
}

inline std::uint64_t hash_of(std::span<const std::byte> key, std::uint64_t seed) noexcept {
    constexpr std::uint64_t p0 = 0xa0761d6478bd642fU, p1 = 0xe7037ed1a0b428dbU, p2 = 0x8ebc6af09c88c6e3U;
    const auto eight = [](const std::byte* from) {
        std::uint64_t w = 0;
        std::memcpy(&w, from, 8);
        return w;
    };
    const auto four = [](const std::byte* from) {
        std::uint32_t w = 0;
        std::memcpy(&w, from, 4);
        return std::uint64_t{w};
    };
    const std::byte* at = key.data();
    std::size_t left = key.size();
    std::uint64_t state = seed ^ p0;
    for (; left > 16; left -= 16, at += 16) state = folded_product(eight(at) ^ p1, eight(at + 8) ^ state);
    std::uint64_t a = 0, b = 0;
    if (left >= 8) {
        a = eight(at);
        b = eight(at + left - 8);
    } else if (left >= 4) {
        a = four(at) | four(at + left - 4) << 32;
    } else if (left > 0) {
        a = std::to_integer<std::uint64_t>(at[0]) << 16 | std::to_integer<std::uint64_t>(at[left / 2]) << 8 |
            std::to_integer<std::uint64_t>(at[left - 1]);
    }
    return folded_product(p2 ^ key.size(), folded_product(a ^ p1, b ^ state));
}

}  // namespace samepage::tables
