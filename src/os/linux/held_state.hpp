// What a held object is on Linux: a description of a file, locked and mapped, and the list of its mappings for fork.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <mutex>
#include <string>

#include "os/linux/handle.hpp"
#include "os/os.hpp"

namespace samepage::os {

// A mapping, as fork must know it to make it again in the child.
struct mapping_note {
    held_object::state* object = nullptr;  // null once that is closed
    mapping_note* next = nullptr;
    mapping_note* previous = nullptr;
    void* base = nullptr;
    std::size_t size_bytes = 0;
    int protection = 0;
    std::int64_t offset_bytes = 0;
};

// A lock belongs to the description, which mappings and forked children keep alive too. So the life lock is given up by
// name when a handle closes, a forked child maps anew through a description of its own (fork.cpp), and a slot is
// claimed through a description that is never mapped.
struct held_object::state {
    handle file;       // life lock and mappings
    handle claim;      // slot lock only
    handle listener;   // for event loops (bell.cpp)
    handle backing;    // of a name that leads to a file: that file, which is mapped instead
    std::string path;  // of what `file` opened; empty for nameless objects
    scope names = scope::local;
    bool leaves_file = false;  // a path: the file stays after its holders
    bool is_file = false;      // bytes that stay: a path, or a name that leads to one
    bool created = false;
    samepage::access access = samepage::access::read_write;
    std::uint64_t size_bytes = 0;
    std::optional<unsigned> slot;
    std::mutex making_listener;  // taken under no_fork only, so that no child finds it taken

    state() = default;
    ~state();
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    // Of the list of all states in this process, which fork walks (fork.cpp).
    const handle& mapped() const noexcept { return backing ? backing : file; }

    // Only a finished state is in the list that fork walks.
    void join_list() noexcept;
    void leave_list() noexcept;
    void abandon() noexcept;  // a try that came to nothing
    bool in_list = false;
    state* next = nullptr;
    state* previous = nullptr;
    mapping_note* mappings = nullptr;
    handle file_of_child;  // while fork runs
};

// While one exists, no thread of this process forks: a child would inherit locks that nobody there knows of.
class no_fork {
   public:
    no_fork();
    ~no_fork();
    no_fork(const no_fork&) = delete;
    no_fork& operator=(const no_fork&) = delete;
};

// Both under the mutex of the list of states.
void note(mapping_note& mapping, held_object::state& object) noexcept;
void forget(mapping_note& mapping) noexcept;

// Whether `path` still leads to the file that was looked at: whoever moved it away or put another in its place may have
// left it with a name elsewhere. unlink is only for a file that is.
bool leads_to(const std::string& path, const struct stat& looked_at) noexcept;

// A second description of the object's file, with the same rights.
handle open_again(const held_object::state& s);

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
