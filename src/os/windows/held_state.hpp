// What a held object is on Windows: a section, perhaps over a file, and the names of its companions.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <string>

#include "os/os.hpp"
#include "os/windows/handle.hpp"

namespace samepage::os {

// Kernel objects that belong to an object have its identity in their names: "Local\samepage.slot.7.hello". For a file
// the identity is volume and file number, with slashes, which no name may have: one file, whatever path led to it.
struct identity {
    std::wstring scope;  // L"Local\\" or L"Global\\"; empty for what nobody else can find
    std::wstring text;

    bool empty() const noexcept { return scope.empty(); }
    std::wstring companion(std::wstring_view word) const;
    std::wstring companion(std::wstring_view word, unsigned number) const;
};

struct held_object::state {
    handle section;
    handle file;  // of a path, or of a name that leads to a file and was made here
    samepage::place where;
    os::identity id;
    bool structured = false;
    bool is_file = false;
    bool created = false;
    samepage::access access = samepage::access::read_write;
    std::uint64_t size_bytes = 0;     // what may be touched
    std::uint64_t section_bytes = 0;  // what may be mapped: more, where the section has reserved pages

    handle slot;  // exists as long as this process claims it
    unsigned slot_number = 0;
    // Semaphores of the wait points, opened at first use by whichever thread comes first.
    mutable std::array<std::atomic<HANDLE>, wait_points_max> semaphores{};

    state() = default;
    ~state();
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    bool grows_in_place() const noexcept { return structured && !is_file; }
    HANDLE semaphore(unsigned point) const;  // null when the system refuses
};

std::wstring section_name(const samepage::place& where);
os::identity identity_of(const samepage::place& name);
os::identity identity_of(HANDLE file);  // empty where the file system has no numbers

}  // namespace samepage::os
