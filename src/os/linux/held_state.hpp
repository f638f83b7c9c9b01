// What a held object is on Linux: two descriptions of one file, one locked and one mapped.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <string>

#include "os/linux/handle.hpp"
#include "os/os.hpp"

namespace samepage::os {

// Never mapped through `locks`, never locked through `data`: a lock would live on in mappings and forked children.
struct held_object::state {
    handle locks;
    handle data;
    std::string path;          // of the file that `locks` opened; empty for nameless objects
    bool leaves_file = false;  // a path: the file stays after its holders
    bool is_file = false;      // bytes that stay: a path, or a name that leads to one
    bool created = false;
    samepage::access access = samepage::access::read_write;
    std::uint64_t size_bytes = 0;
    std::optional<unsigned> slot;

    state();
    ~state();
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    // Of the list of all states in this process, which fork walks (fork.cpp).
    void leave_list() noexcept;
    void abandon() noexcept;  // a try that came to nothing
    state* next = nullptr;
    state* previous = nullptr;
    handle locks_of_child;  // while fork runs
};

// Whether the file may be a structured object's: samepage sets this bit on them, and Linux ignores it on files. So a
// region's bytes can be anything at all, and no second file is needed to tell.
inline bool has_structured_mark(const struct stat& found) noexcept { return (found.st_mode & S_ISVTX) != 0; }

// What "somewhere else among the names" does at creates and last closes: frees one leftover, if the next file in turn
// is one. At most every 10 ms a process. Never waits.
void sweep_one(scope where);
// Frees every leftover of a directory. Returns the bytes.
std::uint64_t sweep_all(scope where);

std::uint32_t forks() noexcept;  // how many forks this process is away from the first

}  // namespace samepage::os
