// A file descriptor that closes itself.
// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <utility>

namespace samepage::os {

class handle {
   public:
    handle() noexcept = default;
    explicit handle(int descriptor) noexcept : descriptor_(descriptor) {}
    handle(handle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    handle& operator=(handle&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~handle() { reset(); }

    int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    // errno stays as it was: handles close on the way out of failures.
    void reset() noexcept;

   private:
    int descriptor_ = -1;
};

}  // namespace samepage::os
