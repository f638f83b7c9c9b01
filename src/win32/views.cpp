// MapViewOfFile and what goes with it.
// SPDX-License-Identifier: MIT
//
// A view keeps the bytes, not the name. So it is mapped through a description of its own: through the region's it would
// keep the region's lock, and with it the name.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "win32/objects.hpp"

namespace samepage::win32 {

namespace {

constexpr std::uint64_t granularity_bytes = 65536;
constexpr std::uint64_t page_bytes = 4096;

LPVOID map(HANDLE handle, DWORD wanted, std::uint64_t offset, SIZE_T size, LPVOID where) {
    const object found = find_handle(handle);
    if (!found.mapping) return fail(ERROR_INVALID_HANDLE);
    const file_mapping& mapping = *found.mapping;
    const bool writes = (wanted & FILE_MAP_WRITE) != 0;
    const bool copies = !writes && (wanted & FILE_MAP_COPY) != 0;
    if (offset % granularity_bytes != 0) return fail(ERROR_MAPPED_ALIGNMENT);
    if (reinterpret_cast<std::uintptr_t>(where) % granularity_bytes != 0) return fail(ERROR_MAPPED_ALIGNMENT);
    if (writes && !mapping.may_write) return fail(ERROR_ACCESS_DENIED);
    if (offset >= mapping.size_bytes || size > mapping.size_bytes - offset) return fail(ERROR_ACCESS_DENIED);
    const std::uint64_t length = size != 0 ? size : mapping.size_bytes - offset;
    if (length > SIZE_MAX / 2) return fail(ERROR_NOT_ENOUGH_MEMORY);
    const std::string file = "/proc/self/fd/" + std::to_string(mapping.memory.native());
    const int descriptor = ::open(file.c_str(), (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (descriptor < 0) return fail(errno == EACCES ? ERROR_ACCESS_DENIED : ERROR_NOT_ENOUGH_MEMORY);
    const int protection = writes || copies ? PROT_READ | PROT_WRITE : PROT_READ;
    const int flags = (copies ? MAP_PRIVATE : MAP_SHARED) | (where != nullptr ? MAP_FIXED_NOREPLACE : 0);
    void* base =
        ::mmap(where, static_cast<std::size_t>(length), protection, flags, descriptor, static_cast<off_t>(offset));
    const int why = errno;
    ::close(descriptor);
    if (base == MAP_FAILED) {
        return fail(why == EEXIST   ? ERROR_INVALID_ADDRESS
                    : why == EACCES ? ERROR_ACCESS_DENIED
                                    : ERROR_NOT_ENOUGH_MEMORY);
    }
    view made;
    made.begin = reinterpret_cast<std::uintptr_t>(base);
    made.size_bytes = static_cast<std::size_t>((length + page_bytes - 1) / page_bytes * page_bytes);
    made.may_write = writes || copies;
    add_view(made);
    return base;
}

}  // namespace

}  // namespace samepage::win32

LPVOID MapViewOfFile(HANDLE mapping, DWORD wanted, DWORD offset_high, DWORD offset_low, SIZE_T size) {
    return MapViewOfFileEx(mapping, wanted, offset_high, offset_low, size, nullptr);
}

LPVOID MapViewOfFileEx(HANDLE mapping, DWORD wanted, DWORD offset_high, DWORD offset_low, SIZE_T size, LPVOID where) {
    return samepage::win32::map(mapping, wanted, std::uint64_t{offset_high} << 32U | offset_low, size, where);
}

BOOL UnmapViewOfFile(LPCVOID address) {
    const auto gone = samepage::win32::remove_view(address);
    if (!gone) {
        SetLastError(ERROR_INVALID_ADDRESS);
        return FALSE;
    }
    ::munmap(const_cast<void*>(address), gone->size_bytes);
    return TRUE;
}

BOOL FlushViewOfFile(LPCVOID address, SIZE_T size) {
    const auto found = samepage::win32::find_view(address);
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    if (!found || size > found->begin + found->size_bytes - at) {
        SetLastError(ERROR_INVALID_ADDRESS);
        return FALSE;
    }
    const std::uintptr_t begin = at - at % samepage::win32::page_bytes;
    const std::uintptr_t end = size == 0 ? found->begin + found->size_bytes : at + size;
    if (::msync(reinterpret_cast<void*>(begin), end - begin, MS_SYNC) == 0) return TRUE;
    SetLastError(ERROR_GEN_FAILURE);
    return FALSE;
}
