// The first bytes of a structured object, which the operating system layer reads to tell kinds apart.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace samepage::os {

// A structured object begins with these eight bytes and, little-endian, its samepage::kind as 32 bits. The whole header
// is src/shared/header.hpp's.
inline constexpr std::array<char, 8> structured_magic = {'s', 'a', 'm', 'e', 'p', 'a', 'g', 'e'};

struct structured_prefix {
    std::array<char, 8> magic;
    std::uint32_t kind;
};
static_assert(sizeof(structured_prefix) == 12);

}  // namespace samepage::os
