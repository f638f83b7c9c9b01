// What survives a power failure: flushing an object's file, and files that are put in place whole.
// SPDX-License-Identifier: MIT
//
// MoveFileEx replaces a file in one step, and with MOVEFILE_WRITE_THROUGH returns when that is on the disk. It is
// refused while somebody has the older file mapped.
#include <algorithm>
#include <array>
#include <utility>

#include "os/windows/held_state.hpp"
#include "os/windows/section.hpp"
#include "os/windows/system_error.hpp"

namespace samepage::os {

namespace {

constexpr const char* flushing = "flush";
constexpr const char* writing = "write a file";
constexpr std::uint64_t window_bytes = std::uint64_t{64} << 20;  // of a view that is flushed

// NtQuerySystemInformation's SystemTimeOfDayInformation.
struct time_of_day_information {
    LARGE_INTEGER boot, now, zone_bias;
    ULONG zone, reserved;
    ULONGLONG boot_bias, sleep_bias;
};
using query_system_call = LONG(NTAPI*)(int, void*, ULONG, ULONG*);

}  // namespace

result<std::string> held_object::file_path() const {
    constexpr const char* operation = "look for a file";
    if (!state_ || !state_->file) return error(errc::not_supported, operation, "it has no path");
    if (auto there = check_name(); !there) return there.error();
    const DWORD units = GetFinalPathNameByHandleW(state_->file.get(), nullptr, 0, VOLUME_NAME_DOS);
    std::wstring path(units, L'\0');
    path.resize(GetFinalPathNameByHandleW(state_->file.get(), path.data(), units, VOLUME_NAME_DOS));
    if (path.empty()) return from_system(operation, GetLastError());
    if (path.rfind(L"\\\\?\\UNC\\", 0) == 0) return to_utf8(L"\\\\" + path.substr(8));
    if (path.rfind(L"\\\\?\\", 0) == 0) path.erase(0, 4);
    return to_utf8(path);
}

result<void> held_object::flush() const {
    if (!state_ || !state_->file) return error(errc::closed, flushing);
    // A section of its own: that of the state is another one as soon as a thread has made the object grow.
    LARGE_INTEGER size{};
    if (GetFileSizeEx(state_->file.get(), &size) == 0) return from_system(flushing, GetLastError());
    const auto end = static_cast<std::uint64_t>(size.QuadPart);
    const handle section(
        CreateFileMappingW(state_->file.get(), nullptr, PAGE_READWRITE, high_half(end), low_half(end), nullptr));
    if (!section) return from_system(flushing, GetLastError());
    for (std::uint64_t at = 0; at < end; at += window_bytes) {
        const auto here = static_cast<std::size_t>(std::min(end - at, window_bytes));
        const brief_view bytes(section.get(), at, here, samepage::access::read_write);
        if (bytes.data() == nullptr || FlushViewOfFile(bytes.data(), here) == 0)
            return from_system(flushing, GetLastError());
    }
    if (FlushFileBuffers(state_->file.get()) == 0) return from_system(flushing, GetLastError());
    return {};
}

// FlushFileBuffers has written the filesystem's log as well, in which its making comes first.
result<void> held_object::flush_name() const { return {}; }

// Windows gives back no part of a section that is mapped.
std::uint64_t held_object::stored_bytes() const noexcept { return size_bytes(); }
result<void> held_object::discard(std::uint64_t, std::uint64_t) const {
    return error(errc::not_supported, "give space back", "Windows gives back no part of what is mapped");
}
result<void> held_object::reserve(std::uint64_t, std::uint64_t) const { return {}; }
result<bool> held_object::when_alone(const std::function<result<void>()>&) const { return false; }

result<std::uint64_t> boot() {
    constexpr const char* operation = "ask which boot this is";
    const HMODULE library = GetModuleHandleW(L"ntdll.dll");
    const auto query = library == nullptr ? nullptr
                                          : reinterpret_cast<query_system_call>(reinterpret_cast<void*>(
                                                GetProcAddress(library, "NtQuerySystemInformation")));
    time_of_day_information found{};
    if (query == nullptr || query(3, &found, sizeof found, nullptr) < 0 || found.boot.QuadPart <= 0)
        return error(errc::not_supported, operation, "ntdll doesn't say");
    // Setting the clock moves both.
    const std::uint64_t began = static_cast<std::uint64_t>(found.boot.QuadPart) - found.boot_bias;
    return (began | std::uint64_t{1} << 63) & ~std::uint64_t{1};
}

struct new_file::state {
    handle file;
    std::string path;
    bool is_in_place = false;

    ~state() {
        if (!file || is_in_place) return;
        file.reset();
        DeleteFileW(to_utf16(half_made(path)).c_str());
    }
};

new_file::new_file(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
new_file::new_file(new_file&&) noexcept = default;
new_file& new_file::operator=(new_file&&) noexcept = default;
new_file::~new_file() = default;

// The directory's rights are the file's, as everywhere on Windows.
result<new_file> new_file::make(const std::string& path, const held_object&) {
    auto made = std::make_unique<state>();
    made->path = path;
    constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    made->file = handle(CreateFileW(to_utf16(half_made(path)).c_str(), GENERIC_READ | GENERIC_WRITE, share_all, nullptr,
                                    CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!made->file) return from_system(writing, GetLastError(), half_made(path));
    return new_file(std::move(made));
}

result<void> new_file::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    OVERLAPPED at{};
    at.Offset = low_half(offset);
    at.OffsetHigh = high_half(offset);
    DWORD done = 0;
    if (WriteFile(state_->file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &done, &at) == 0)
        return from_system(writing, GetLastError(), half_made(state_->path));
    if (done != bytes.size()) return error(errc::no_space, writing, half_made(state_->path));
    return {};
}

result<void> new_file::put_in_place() {
    const std::string name = half_made(state_->path);
    if (FlushFileBuffers(state_->file.get()) == 0) return from_system(flushing, GetLastError(), name);
    state_->file.reset();
    const DWORD how = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    if (MoveFileExW(to_utf16(name).c_str(), to_utf16(state_->path).c_str(), how) != 0) return {};
    const DWORD why = GetLastError();
    DeleteFileW(to_utf16(name).c_str());
    return from_system(writing, why, state_->path);
}

}  // namespace samepage::os
