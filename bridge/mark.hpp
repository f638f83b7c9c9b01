// mark: how far a mirror is, kept in the state directory.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "at.hpp"
#include "host.hpp"

namespace samepage::bridge {

// A message of the stream that was applied, to know the stream again by.
struct witness {
    std::uint64_t sequence = 0;
    std::string digest;

    bool operator==(const witness&) const = default;
};

// When the local object `local` had this next sequence (of a channel), all up to `stream_sequence` was in it, and the
// last of the origin's was `origin`. True of some moment; what was carried since isn't in it, unless it is exact.
struct mark {
    std::string local;                // incarnation_of the local object
    std::uint64_t next_sequence = 1;  // of a channel
    std::int64_t stream_created = 0;  // of which stream
    std::uint64_t stream_sequence = 0;
    at origin;
    bool exact = false;              // nothing was carried since
    std::vector<witness> witnesses;  // some of what was applied, in order

    bool operator==(const mark&) const = default;
};

std::optional<mark> read_mark(const host& h, const object_spec& mirror, const std::string& group);
result<void> write_mark(const host& h, const object_spec& mirror, const std::string& group, const mark& m);

}  // namespace samepage::bridge
