// What the Windows parts of the command line's system share: texts, handles, and how failures are told.
// SPDX-License-Identifier: MIT
#pragma once

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <string>
#include <string_view>
#include <utility>

namespace samepage::cli::win32 {

std::wstring wide(std::string_view text);
std::string narrow(std::wstring_view text);

// A handle that closes itself.
class owned {
   public:
    owned() noexcept = default;
    explicit owned(HANDLE raw) noexcept : raw_(raw == INVALID_HANDLE_VALUE ? nullptr : raw) {}
    owned(owned&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    owned& operator=(owned&& other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~owned() {
        if (raw_ != nullptr) CloseHandle(raw_);
    }
    HANDLE get() const noexcept { return raw_; }
    HANDLE release() noexcept { return std::exchange(raw_, nullptr); }

   private:
    HANDLE raw_ = nullptr;
};

[[noreturn]] void fail(const std::string& what, DWORD system_code);

}  // namespace samepage::cli::win32
