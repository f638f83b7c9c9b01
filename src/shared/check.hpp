// A check sum over bytes that a power failure may have cut short: finds old bytes under a new number, and holes.
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace samepage::shared {

// 32 bits over eight bytes at a time, seeded with `number` (what the bytes are the value of) and the length.
inline std::uint32_t check_of(std::span<const std::byte> bytes, std::uint64_t number) noexcept {
    constexpr std::uint64_t prime = 0x9e3779b97f4a7c15U;
    std::uint64_t hash = (number + 1) * prime ^ bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, bytes.size() - at < 8 ? bytes.size() - at : 8);
        hash = std::rotl((hash ^ word) * prime, 31);
    }
    hash ^= hash >> 32;
    hash *= prime;
    return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace samepage::shared
