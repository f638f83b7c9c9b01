// Room for an object's bytes: looked at, reserved, and explained when there is none.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "samepage/result.hpp"

namespace samepage::os {

// Makes the file `size_bytes` long with every byte from `from_bytes` reserved. no_space says what is full and how to
// make room; the file may then be longer than before, with nothing in the new part.
result<void> reserve_space(int descriptor, std::uint64_t from_bytes, std::uint64_t size_bytes, const std::string& path);

// The same for a file that exists, as `found`: also the holes that it has (copies keep them) are reserved, before
// somebody stores into one on a full disk. Never shrinks it.
result<void> reserve_file(int descriptor, const struct stat& found, std::uint64_t size_bytes, const std::string& path);

// Memory or disk for bytes inside a file.
result<void> reserve_inside(int descriptor, std::uint64_t offset, std::uint64_t size_bytes, const std::string& path);
// Gives theirs back. not_supported.
result<void> punch_hole(int descriptor, std::uint64_t offset, std::uint64_t size_bytes);

// Bytes that a memory cgroup still lets this process use; nothing when there is no limit to be seen.
std::optional<std::uint64_t> cgroup_room();

// "64 MiB".
std::string human_bytes(std::uint64_t bytes);

}  // namespace samepage::os
