// Which processes hold a lock, as far as /proc shows it. For people, never for decisions.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "samepage/catalog.hpp"

namespace samepage::os {

struct locked_file {
    std::uint64_t inode = 0;
    std::uint32_t major = 0, minor = 0;  // of its device

    bool operator==(const locked_file&) const = default;
};

// A lock that some process was seen to hold.
struct seen_lock {
    locked_file file;
    std::int64_t byte = 0;
    std::uint32_t process = 0;
};

// All open file description locks of this system that stand at samepage's bytes.
struct seen_locks {
    std::vector<seen_lock> locks;          // by processes whose descriptors may be looked at
    std::vector<seen_lock> before, after;  // of the whole system, without processes: before and after that look

    // Those who hold `byte` of `file`, each process once, with their commands.
    std::vector<holder> holders_of(const locked_file& file, std::int64_t byte) const;
    // Whether the processes seen account for all locks there.
    bool complete(const locked_file& file, std::int64_t byte) const;
};

// Reads /proc: some microseconds a descriptor of every process.
seen_locks look_at_locks();

locked_file file_of(int descriptor);

// The process that holds `byte` of this file exclusively; 0 when it can't be seen.
std::uint32_t locker(int descriptor, std::int64_t byte);

}  // namespace samepage::os
