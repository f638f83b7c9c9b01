// Mappings of an object's data description.
// SPDX-License-Identifier: MIT
#include <sys/mman.h>
#include <unistd.h>

#include <limits>

#include "os/linux/held_state.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

#if !defined(MADV_COLLAPSE)
constexpr int MADV_COLLAPSE = 25;
#endif

// Where so many bytes can be mapped so that large pages fit, if nobody is faster; null: wherever.
void* large_page_address(std::size_t length) noexcept {
    if (length < 2 * large_page_bytes) return nullptr;
    void* const room = ::mmap(nullptr, length + large_page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return nullptr;
    ::munmap(room, length + large_page_bytes);
    const auto address = reinterpret_cast<std::uintptr_t>(room) + large_page_bytes - 1;
    return reinterpret_cast<void*>(address - address % large_page_bytes);
}

}  // namespace

bool make_large_pages(std::span<std::byte> bytes) noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data()), end = begin + bytes.size();
    const std::uintptr_t first = (begin + large_page_bytes - 1) / large_page_bytes * large_page_bytes;
    const std::uintptr_t last = end / large_page_bytes * large_page_bytes;
    if (last <= first) return true;
    return ::madvise(reinterpret_cast<void*>(first), last - first, MADV_COLLAPSE) == 0 || errno == EAGAIN ||
           errno == ENOMEM;
}

mapping::~mapping() {
    if (base_ == nullptr) return;
    const std::unique_ptr<mapping_note> known(static_cast<mapping_note*>(note_));
    forget(*known);
    ::munmap(base_, base_size_);
}

result<void> mapping::flush() const {
    if (base_ != nullptr && ::msync(base_, base_size_, MS_SYNC) != 0) return from_system("flush", errno);
    return {};
}

result<mapping> held_object::map(std::uint64_t offset, std::size_t size, samepage::access wanted,
                                 std::size_t reserve) const {
    const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    if (!state_) return error(errc::closed, "map");
    if (offset > state_->size_bytes || size > state_->size_bytes - offset || size == 0) {
        return error(errc::invalid_argument, "map",
                     "bytes " + std::to_string(offset) + " to " + std::to_string(offset + size) +
                         " are asked for, the object has " + std::to_string(state_->size_bytes));
    }
    if (wanted == samepage::access::read_write && state_->access == samepage::access::read_only) {
        return error(errc::denied, "map", "it was opened read-only");
    }
    const std::uint64_t before = offset % page_bytes;
    const std::uint64_t length = std::max(size, reserve) + before;
    if (length > std::numeric_limits<std::size_t>::max() / 2) {
        return error(errc::too_large, "map", "this process has fewer addresses than that; map a window of it");
    }
    const int protection = wanted == samepage::access::read_only ? PROT_READ : PROT_READ | PROT_WRITE;
    // What grows may become large; pages of an offset are at home at an address like it.
    void* const hint = reserve > size && offset == 0 ? large_page_address(static_cast<std::size_t>(length)) : nullptr;
    void* base = ::mmap(hint, static_cast<std::size_t>(length), protection, MAP_SHARED, state_->mapped().get(),
                        static_cast<off_t>(offset - before));
    if (base == MAP_FAILED) {
        if (errno == ENOMEM)
            return error(errc::no_space, "map", "this process has no addresses left for it; map a window of it", errno);
        return from_system("map", errno);
    }
    auto known = std::make_unique<mapping_note>();
    known->base = base;
    known->size_bytes = static_cast<std::size_t>(length);
    known->protection = protection;
    known->offset_bytes = static_cast<std::int64_t>(offset - before);
    note(*known, *state_);
    mapping result;
    result.note_ = known.release();
    result.base_ = base;
    result.base_size_ = static_cast<std::size_t>(length);
    result.data_ = static_cast<std::byte*>(base) + before;
    result.size_ = size;
    return result;
}

}  // namespace samepage::os
