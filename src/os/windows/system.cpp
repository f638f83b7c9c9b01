// UTF-8 and UTF-16, and what ntdll tells of sections, semaphores and sessions.
// SPDX-License-Identifier: MIT
#include "os/windows/system.hpp"

namespace samepage::os {

namespace {

// NtQuerySection's SectionBasicInformation and NtQuerySemaphore's SemaphoreBasicInformation. Their layouts have been
// the same since Windows NT; the calls have no counterpart in kernel32.
struct section_basic_information {
    void* base;
    ULONG attributes;
    LARGE_INTEGER size;
};
struct semaphore_basic_information {
    ULONG count;
    ULONG count_max;
};
using query_section_call = LONG(NTAPI*)(HANDLE, int, void*, SIZE_T, SIZE_T*);
using query_semaphore_call = LONG(NTAPI*)(HANDLE, int, void*, ULONG, ULONG*);
using status_to_error_call = ULONG(NTAPI*)(LONG);

constexpr ULONG attribute_file = 0x800000, attribute_reserve = 0x4000000;

template <class Call>
Call from_ntdll(const char* name) noexcept {
    const HMODULE library = GetModuleHandleW(L"ntdll.dll");
    return library == nullptr ? nullptr
                              : reinterpret_cast<Call>(reinterpret_cast<void*>(GetProcAddress(library, name)));
}

}  // namespace

std::wstring to_utf16(std::string_view text) {
    const int bytes = static_cast<int>(text.size());
    const int units = bytes == 0 ? 0 : MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, nullptr, 0);
    std::wstring wide(static_cast<std::size_t>(units), L'\0');
    if (units != 0) MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, wide.data(), units);
    return wide;
}

std::string to_utf8(std::wstring_view text) {
    const int units = static_cast<int>(text.size());
    const int bytes =
        units == 0 ? 0 : WideCharToMultiByte(CP_UTF8, 0, text.data(), units, nullptr, 0, nullptr, nullptr);
    std::string narrow(static_cast<std::size_t>(bytes), '\0');
    if (bytes != 0) WideCharToMultiByte(CP_UTF8, 0, text.data(), units, narrow.data(), bytes, nullptr, nullptr);
    return narrow;
}

bool query_section(HANDLE section, section_facts& facts) noexcept {
    static const auto query = from_ntdll<query_section_call>("NtQuerySection");
    static const auto to_error = from_ntdll<status_to_error_call>("RtlNtStatusToDosError");
    section_basic_information found{};
    const LONG status = query == nullptr ? -1 : query(section, 0, &found, sizeof(found), nullptr);
    if (status < 0) {
        SetLastError(to_error == nullptr || query == nullptr ? ERROR_NOT_SUPPORTED : to_error(status));
        return false;
    }
    facts.size_bytes = static_cast<std::uint64_t>(found.size.QuadPart);
    facts.reserved = (found.attributes & attribute_reserve) != 0;
    facts.file = (found.attributes & attribute_file) != 0;
    return true;
}

std::uint32_t query_semaphore(HANDLE semaphore) noexcept {
    static const auto query = from_ntdll<query_semaphore_call>("NtQuerySemaphore");
    semaphore_basic_information found{};
    if (query == nullptr || query(semaphore, 0, &found, sizeof(found), nullptr) < 0) return 0;
    return found.count;
}

std::uint32_t session_number() noexcept {
    DWORD session = 0;
    ProcessIdToSessionId(GetCurrentProcessId(), &session);
    return session;
}

}  // namespace samepage::os
