// How long a call may wait: the clock is asked only by who has to wait.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "os/os.hpp"

namespace samepage::shared {

class patience {
   public:
    explicit patience(duration timeout) noexcept : timeout_(timeout) {}
    bool waits() const noexcept { return timeout_ > no_wait; }
    // From the first question on.
    const os::deadline& end() noexcept {
        if (!end_) end_ = os::deadline::after(timeout_);
        return *end_;
    }

   private:
    duration timeout_;
    std::optional<os::deadline> end_;
};

}  // namespace samepage::shared
