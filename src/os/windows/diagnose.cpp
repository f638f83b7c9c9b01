// What `doctor` says of this Windows: names, memory and rights.
// SPDX-License-Identifier: MIT
#include <array>

#include "os/windows/directory.hpp"
#include "os/windows/handle.hpp"

namespace samepage::os {

namespace {

using level = finding::level;

constexpr std::uint64_t mib = 1ULL << 20U;
constexpr std::uint64_t memory_bytes_low = 256 * mib;

// Nothing on real Windows.
std::string wine_version() {
    const HMODULE library = GetModuleHandleW(L"ntdll.dll");
    if (library == nullptr) return {};
    const auto version =
        reinterpret_cast<const char*(__cdecl*)()>(reinterpret_cast<void*>(GetProcAddress(library, "wine_get_version")));
    return version == nullptr ? std::string() : std::string(version());
}

std::string user_name() {
    std::array<wchar_t, 257> name;
    const DWORD units = GetEnvironmentVariableW(L"USERNAME", name.data(), static_cast<DWORD>(name.size()));
    return units == 0 || units >= name.size() ? std::string("unknown") : to_utf8({name.data(), units});
}

finding system_finding() {
    const std::string wine = wine_version();
    if (wine.empty()) return {level::good, "system", "Windows", ""};
    return {level::note, "system", "Wine " + wine + ": everything works, but its speed says nothing about Windows", ""};
}

finding listing_finding() {
    const auto objects = list_directory(scope::local);
    if (objects) return {level::good, "names", place_searched({scope::local, ""}), ""};
    return {level::note, "names", place_searched({scope::local, ""}) + "; this user can't list them",
            "ls shows nothing here: look names up one by one (samepage info NAME)"};
}

finding memory_finding() {
    MEMORYSTATUSEX memory{};
    memory.dwLength = sizeof(memory);
    if (GlobalMemoryStatusEx(&memory) == 0) return {level::note, "memory", "the system doesn't tell", ""};
    const std::uint64_t left = memory.ullAvailPageFile;
    const std::string text = std::to_string(left / mib) + " MiB left for regions (memory and page file)";
    if (left >= memory_bytes_low) return {level::good, "memory", text, ""};
    return {level::bad, "memory", text, "close something large, or enlarge the page file"};
}

// Tried, because having the right and being allowed to are not the same under every policy.
finding global_finding() {
    const std::wstring name = L"Global\\samepage.doctor." + std::to_wstring(GetCurrentProcessId());
    const handle section(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0,
                                            static_cast<DWORD>(page_bytes), name.c_str()));
    if (section) return {level::good, "global names", "this process may create them", ""};
    return {level::note, "global names", "this process may open them, but not create them",
            "run it as an administrator or a service, or give the user the right \"Create global objects\""};
}

}  // namespace

std::vector<finding> diagnose() { return {system_finding(), listing_finding(), memory_finding(), global_finding()}; }

std::string place_searched(const place& where) {
    if (where.is_path()) {
        std::array<wchar_t, MAX_PATH> directory;
        const DWORD units = GetCurrentDirectoryW(static_cast<DWORD>(directory.size()), directory.data());
        return "seen from " + to_utf8({directory.data(), units < directory.size() ? units : 0});
    }
    if (where.scope == scope::global) return "global names of this machine, user " + user_name();
    return "session " + std::to_string(session_number()) + ", user " + user_name();
}

}  // namespace samepage::os
