// What handles and addresses stand for in this process: two tables under one mutex.
// SPDX-License-Identifier: MIT
#include "win32/objects.hpp"

#include <unistd.h>

#include <map>
#include <mutex>
#include <unordered_map>

namespace samepage::win32 {

namespace {

thread_local DWORD last_error = 0;

struct tables {
    std::mutex mutex;
    std::unordered_map<std::uintptr_t, object> handles;
    std::uintptr_t next_handle = 4;  // multiples of four, as Windows'; never used twice
    std::map<std::uintptr_t, view> views;
};

// Never destroyed: other destructors may still close handles.
tables& all() {
    static tables& made = *new tables;
    return made;
}

void append(std::string& text, std::uint32_t point) {
    const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (point < 0x80) return put(point);
    if (point < 0x800) {
        put(0xC0U | point >> 6U);
    } else {
        if (point < 0x10000) {
            put(0xE0U | point >> 12U);
        } else {
            put(0xF0U | point >> 18U);
            put(0x80U | (point >> 12U & 0x3FU));
        }
        put(0x80U | (point >> 6U & 0x3FU));
    }
    put(0x80U | (point & 0x3FU));
}

}  // namespace

open_file::~open_file() { ::close(descriptor); }

HANDLE new_handle(object what) {
    tables& t = all();
    const std::lock_guard lock(t.mutex);
    const std::uintptr_t number = t.next_handle;
    t.next_handle += 4;
    t.handles.emplace(number, std::move(what));
    return reinterpret_cast<HANDLE>(number);
}

object find_handle(HANDLE handle) {
    tables& t = all();
    const std::lock_guard lock(t.mutex);
    const auto found = t.handles.find(reinterpret_cast<std::uintptr_t>(handle));
    return found == t.handles.end() ? object{} : found->second;
}

bool remove_handle(HANDLE handle) {
    object gone;  // ends after the mutex is free: closing a region takes system calls
    tables& t = all();
    const std::lock_guard lock(t.mutex);
    const auto found = t.handles.find(reinterpret_cast<std::uintptr_t>(handle));
    if (found == t.handles.end()) return false;
    gone = std::move(found->second);
    t.handles.erase(found);
    return true;
}

void add_view(const view& made) {
    tables& t = all();
    const std::lock_guard lock(t.mutex);
    t.views[made.begin] = made;
}

std::optional<view> find_view(const void* address) {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    tables& t = all();
    const std::lock_guard lock(t.mutex);
    auto next = t.views.upper_bound(at);
    if (next == t.views.begin()) return std::nullopt;
    const view& candidate = (--next)->second;
    if (at - candidate.begin >= candidate.size_bytes) return std::nullopt;
    return candidate;
}

std::optional<view> remove_view(const void* address) {
    tables& t = all();
    const std::lock_guard lock(t.mutex);
    const auto found = t.views.find(reinterpret_cast<std::uintptr_t>(address));
    if (found == t.views.end()) return std::nullopt;
    const view gone = found->second;
    t.views.erase(found);
    return gone;
}

std::optional<std::string> utf8_of(LPCWSTR text) {
    if (text == nullptr) return std::nullopt;
    std::string out;
    for (; *text != 0; ++text) {
        std::uint32_t point = *text;
        const bool high = point >= 0xD800 && point < 0xDC00;
        if (high && text[1] >= 0xDC00 && text[1] < 0xE000) {
            point = 0x10000U + ((point - 0xD800U) << 10U) + (std::uint32_t{*++text} - 0xDC00U);
        } else if (point >= 0xD800 && point < 0xE000) {
            point = 0xFFFD;  // half of a pair
        }
        append(out, point);
    }
    return out;
}

DWORD code_of(const error& reason) noexcept {
    switch (reason.code()) {
        case errc::not_found:
        case errc::lost_name: return ERROR_FILE_NOT_FOUND;
        case errc::already_exists: return ERROR_ALREADY_EXISTS;
        case errc::wrong_kind: return ERROR_INVALID_HANDLE;
        case errc::denied: return ERROR_ACCESS_DENIED;
        case errc::no_space:
        case errc::too_large: return ERROR_NOT_ENOUGH_MEMORY;
        case errc::invalid_name: return ERROR_INVALID_NAME;
        case errc::invalid_argument: return ERROR_INVALID_PARAMETER;
        case errc::timed_out: return ERROR_TIMEOUT;
        default: return ERROR_GEN_FAILURE;
    }
}

}  // namespace samepage::win32

DWORD GetLastError(void) { return samepage::win32::last_error; }

void SetLastError(DWORD code) { samepage::win32::last_error = code; }

BOOL CloseHandle(HANDLE handle) {
    if (samepage::win32::remove_handle(handle)) return TRUE;
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}
