// Views of an object's section.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>

#include "os/windows/held_state.hpp"
#include "os/windows/system_error.hpp"

namespace samepage::os {

// Large pages are for those with a privilege, from the start, and never swapped out.
bool make_large_pages(std::span<std::byte>) noexcept { return false; }

mapping::~mapping() {
    if (base_ == nullptr) return;
    const DWORD before = GetLastError();
    UnmapViewOfFile(base_);
    if (note_ != nullptr) CloseHandle(note_);
    SetLastError(before);
}

result<void> mapping::flush() const {
    if (base_ == nullptr) return {};
    if (FlushViewOfFile(base_, base_size_) == 0) return from_system("flush", GetLastError());
    // The view's pages are on their way to the disk only; the file's buffers are what waits for it.
    if (note_ != nullptr && FlushFileBuffers(note_) == 0) return from_system("flush", GetLastError());
    return {};
}

result<mapping> held_object::map(std::uint64_t offset, std::size_t size, samepage::access wanted,
                                 std::size_t reserve) const {
    if (!state_) return error(errc::closed, "map");
    if (offset > state_->size_bytes || size > state_->size_bytes - offset || size == 0) {
        return error(errc::invalid_argument, "map",
                     "bytes " + std::to_string(offset) + " to " + std::to_string(offset + size) +
                         " are asked for, the object has " + std::to_string(state_->size_bytes));
    }
    if (wanted == samepage::access::read_write && state_->access == samepage::access::read_only) {
        return error(errc::denied, "map", "it was opened read-only");
    }
    const std::uint64_t before = offset % granularity_bytes;
    const std::uint64_t ahead = state_->grows_in_place() ? state_->section_bytes - offset : size;
    const std::uint64_t length =
        std::clamp<std::uint64_t>(reserve, size, std::max<std::uint64_t>(ahead, size)) + before;
    if (length > std::numeric_limits<std::size_t>::max() / 2) {
        return error(errc::too_large, "map", "this process has fewer addresses than that; map a window of it");
    }
    const DWORD rights = wanted == samepage::access::read_only ? FILE_MAP_READ : FILE_MAP_WRITE;
    mapping view;
    view.base_ = MapViewOfFile(state_->section.get(), rights, high_half(offset - before), low_half(offset - before),
                               static_cast<std::size_t>(length));
    if (view.base_ == nullptr) {
        const DWORD code = GetLastError();
        return from_system(
            "map", code,
            code_of(code) == errc::no_space ? "this process has no addresses left for it; map a window of it" : "");
    }
    view.base_size_ = static_cast<std::size_t>(length);
    view.data_ = static_cast<std::byte*>(view.base_) + before;
    view.size_ = size;
    if (state_->file && wanted == samepage::access::read_write) {
        HANDLE copy = nullptr;
        const HANDLE self = GetCurrentProcess();
        if (DuplicateHandle(self, state_->file.get(), self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) == 0) {
            return from_system("map", GetLastError());
        }
        view.note_ = copy;  // the file, for flush
    }
    return view;
}

}  // namespace samepage::os
