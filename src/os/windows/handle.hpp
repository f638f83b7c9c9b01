// A kernel handle that closes itself and leaves GetLastError as it was.
// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

#include "os/windows/system.hpp"

namespace samepage::os {

// Owns one HANDLE, or none (null; INVALID_HANDLE_VALUE, which CreateFile gives, counts as none too).
class handle {
   public:
    handle() noexcept = default;
    explicit handle(HANDLE raw) noexcept : raw_(raw == INVALID_HANDLE_VALUE ? nullptr : raw) {}
    handle(handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    handle& operator=(handle&& other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~handle() { reset(); }

    HANDLE get() const noexcept { return raw_; }
    explicit operator bool() const noexcept { return raw_ != nullptr; }
    HANDLE release() noexcept { return std::exchange(raw_, nullptr); }

    // Handles close on the way out of failures, whose reason is still to be told.
    void reset() noexcept {
        if (raw_ == nullptr) return;
        const DWORD before = GetLastError();
        CloseHandle(std::exchange(raw_, nullptr));
        SetLastError(before);
    }

   private:
    HANDLE raw_ = nullptr;
};

}  // namespace samepage::os
