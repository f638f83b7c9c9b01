// What handles and addresses stand for in this process: files, mappings and views.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "samepage/region.hpp"
#include "samepage/win32.h"

namespace samepage::win32 {

// A file of CreateFile. Closed at the end.
struct open_file {
    int descriptor = -1;
    bool may_write = false;

    open_file(int opened, bool writable) noexcept : descriptor(opened), may_write(writable) {}
    ~open_file();
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
};

// A mapping of CreateFileMapping or OpenFileMapping: a region, held as long as the handle.
struct file_mapping {
    region memory;
    std::uint64_t size_bytes = 0;
    bool may_write = false;
};

struct object {
    std::shared_ptr<open_file> file;
    std::shared_ptr<file_mapping> mapping;
};

// ---- Handles ----

HANDLE new_handle(object what);
object find_handle(HANDLE handle);  // empty when there is none
bool remove_handle(HANDLE handle);

// ---- Views ----

struct view {
    std::uintptr_t begin = 0;
    std::size_t size_bytes = 0;  // whole pages
    bool may_write = false;
};

void add_view(const view& made);
std::optional<view> find_view(const void* address);    // in which it lies
std::optional<view> remove_view(const void* address);  // that begins there

// ---- Names and errors ----

std::optional<std::string> utf8_of(LPCWSTR text);  // nothing for null
// What Windows' last error is for an error of samepage's.
DWORD code_of(const error& reason) noexcept;

inline HANDLE fail(DWORD code) {
    SetLastError(code);
    return nullptr;
}

}  // namespace samepage::win32
