// The one place that includes windows.h, and the few calls of ntdll that have no other name.
// SPDX-License-Identifier: MIT
#pragma once

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace samepage::os {

// UTF-8 at our side, UTF-16 at the system's. Places are well-formed UTF-8 or the system's; what is not becomes U+FFFD.
std::wstring to_utf16(std::string_view text);
std::string to_utf8(std::wstring_view text);

// What the kernel says of a section.
struct section_facts {
    std::uint64_t size_bytes = 0;  // of memory rounded to pages, of a file exact
    bool reserved = false;         // made with SEC_RESERVE: its pages come one by one
    bool file = false;             // of a file, not of the page file
};

// False, with GetLastError set, when it is no section or was opened without SECTION_QUERY.
bool query_section(HANDLE section, section_facts& facts) noexcept;

// The count of a semaphore, unchanged by asking; 0 when it can't be told.
std::uint32_t query_semaphore(HANDLE semaphore) noexcept;

std::uint32_t session_number() noexcept;

inline DWORD high_half(std::uint64_t value) noexcept { return static_cast<DWORD>(value >> 32U); }
inline DWORD low_half(std::uint64_t value) noexcept { return static_cast<DWORD>(value & 0xFFFFFFFFU); }

inline constexpr std::uint64_t page_bytes = 4096;
inline constexpr std::uint64_t granularity_bytes = 65536;  // where a view may begin

}  // namespace samepage::os
