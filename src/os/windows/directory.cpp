// What the kernel lists of its named objects.
// SPDX-License-Identifier: MIT
//
// kernel32 has no call for it. These two of ntdll are documented by Microsoft (NtOpenDirectoryObject,
// NtQueryDirectoryObject), and loaded by name, because import libraries lack them.
#include "os/windows/directory.hpp"

#include <winternl.h>

#include <array>

#include "os/windows/system_error.hpp"

namespace samepage::os {

namespace {

struct directory_entry {
    UNICODE_STRING name, type;
};
using open_call = LONG(NTAPI*)(HANDLE*, ACCESS_MASK, OBJECT_ATTRIBUTES*);
using query_call = LONG(NTAPI*)(HANDLE, void*, ULONG, BOOLEAN, BOOLEAN, ULONG*, ULONG*);

constexpr ACCESS_MASK query_rights = 0x0001;  // DIRECTORY_QUERY
constexpr LONG no_more_entries = static_cast<LONG>(0x8000001AUL);

template <class Call>
Call from_ntdll(const char* name) noexcept {
    const HMODULE library = GetModuleHandleW(L"ntdll.dll");
    return library == nullptr ? nullptr
                              : reinterpret_cast<Call>(reinterpret_cast<void*>(GetProcAddress(library, name)));
}

std::wstring text_of(const UNICODE_STRING& text) { return {text.Buffer, text.Length / sizeof(wchar_t)}; }

error cannot_list() {
    return error(errc::not_supported, "list", "this system does not list names to this user; look a name up instead");
}

}  // namespace

std::wstring directory_of(scope where) {
    const std::uint32_t session = session_number();
    if (where == scope::global || session == 0) return L"\\BaseNamedObjects";
    return L"\\Sessions\\" + std::to_wstring(session) + L"\\BaseNamedObjects";
}

result<std::vector<named_object>> list_directory(scope where) {
    static const auto open = from_ntdll<open_call>("NtOpenDirectoryObject");
    static const auto query = from_ntdll<query_call>("NtQueryDirectoryObject");
    if (open == nullptr || query == nullptr) return cannot_list();
    std::wstring path = directory_of(where);
    UNICODE_STRING name{static_cast<USHORT>(path.size() * sizeof(wchar_t)),
                        static_cast<USHORT>((path.size() + 1) * sizeof(wchar_t)), path.data()};
    OBJECT_ATTRIBUTES attributes{};
    attributes.Length = sizeof(attributes);
    attributes.ObjectName = &name;
    HANDLE opened = nullptr;
    if (open(&opened, query_rights, &attributes) < 0) return cannot_list();
    const handle directory(opened);
    std::vector<named_object> found;
    alignas(directory_entry) std::array<std::byte, 4096> room;  // one entry: two structures and two short texts
    ULONG position = 0, length = 0;
    for (BOOLEAN restart = TRUE;; restart = FALSE) {
        const LONG status =
            query(directory.get(), room.data(), static_cast<ULONG>(room.size()), TRUE, restart, &position, &length);
        if (status == no_more_entries) return found;
        if (status < 0) return cannot_list();
        const auto* entry = reinterpret_cast<const directory_entry*>(room.data());
        found.push_back({text_of(entry->name), text_of(entry->type)});
    }
}

}  // namespace samepage::os
