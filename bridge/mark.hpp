// mark: how far a mirror is, kept in the state directory.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "at.hpp"
#include "host.hpp"

namespace samepage::bridge {

// When the local object `local` had this next sequence (of a channel), all up to `stream_sequence` was in it, and the
// last of the origin's was `origin`. True of some moment; what was carried since isn't in it, unless it is exact.
struct mark {
    std::string local;                // incarnation_of the local object
    std::uint64_t next_sequence = 1;  // of a channel
    std::int64_t stream_created = 0;  // of which stream
    std::uint64_t stream_sequence = 0;
    at origin;
    bool exact = false;  // nothing was carried since

    bool operator==(const mark&) const = default;
};

std::optional<mark> read_mark(const host& h, const object_spec& mirror, const std::string& group);
result<void> write_mark(const host& h, const object_spec& mirror, const std::string& group, const mark& m);

}  // namespace samepage::bridge
