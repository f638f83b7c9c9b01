// Where a lock keeps what.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

#include "shared/header.hpp"

namespace samepage::locks {

// Offsets from the object's first byte; before them the header, the wait page (unused) and the participants.
inline constexpr std::uint64_t owner_offset = shared::body_offset;  // u64, an owner word (shared/owner_word.hpp)
inline constexpr std::uint64_t object_bytes = owner_offset + 64;
inline constexpr unsigned owner_point = 0;

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint64_t fingerprint =
    shared::fingerprint_of({shared::wait_page_offset, shared::participants_offset, shared::slots_count, owner_offset,
                            object_bytes, owner_point});

}  // namespace samepage::locks
