// The wall clock's last tick, from clock_gettime(2).
// SPDX-License-Identifier: MIT
#include <ctime>
#include <limits>

#include "os/os.hpp"

namespace samepage::os {

std::uint64_t last_tick_unix_ns() noexcept {
    timespec now{};
    if (::clock_gettime(CLOCK_REALTIME_COARSE, &now) != 0) return std::numeric_limits<std::uint64_t>::max() / 2;
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace samepage::os
