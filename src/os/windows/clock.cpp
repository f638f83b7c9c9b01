// The wall clock. Windows has one that ticks, too, but on some virtual machines hours lie between the two.
// SPDX-License-Identifier: MIT
#include "os/os.hpp"

namespace samepage::os {

std::uint64_t last_tick_unix_ns() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace samepage::os
