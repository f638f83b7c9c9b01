// lstrcpy, lstrcpyn and lstrlen, which on Windows answer a bad pointer with null instead of an end.
// SPDX-License-Identifier: MIT
//
// Windows catches the fault. Here null and this process's own views are known beforehand: a read-only one can't be
// written, and every one ends. That covers what the article's programs can do wrong; a pointer to nowhere still ends
// the process.
#include <cstdint>
#include <cstring>

#include "win32/objects.hpp"

namespace samepage::win32 {

namespace {

// Bytes from `address` on that may be used: to the end of its view, or no known limit.
std::size_t room(const void* address, bool to_write) {
    if (address == nullptr) return 0;
    const auto found = find_view(address);
    if (!found) return SIZE_MAX;
    if (to_write && !found->may_write) return 0;
    return found->begin + found->size_bytes - reinterpret_cast<std::uintptr_t>(address);
}

// Byte by byte, up to the zero: what is left where either end comes first is what Windows leaves, too.
LPSTR copy(LPSTR to, LPCSTR from, std::size_t bytes_max) {
    const std::size_t room_to = room(to, true), room_from = room(from, false);
    for (std::size_t i = 0;; ++i) {
        const bool last = i + 1 == bytes_max;
        if (i >= room_to || (!last && i >= room_from)) {
            SetLastError(ERROR_INVALID_PARAMETER);
            return nullptr;
        }
        to[i] = last ? '\0' : from[i];
        if (to[i] == '\0') return to;
    }
}

}  // namespace

}  // namespace samepage::win32

LPSTR lstrcpyA(LPSTR to, LPCSTR from) { return samepage::win32::copy(to, from, SIZE_MAX); }

LPSTR lstrcpynA(LPSTR to, LPCSTR from, int length_max) {
    if (length_max <= 0) return to;
    return samepage::win32::copy(to, from, static_cast<std::size_t>(length_max));
}

int lstrlenA(LPCSTR text) {
    const std::size_t limit = samepage::win32::room(text, false);
    const std::size_t length = limit == 0 ? 0 : strnlen(text, limit);
    if (length < limit) return static_cast<int>(length);
    SetLastError(ERROR_INVALID_PARAMETER);
    return 0;
}
