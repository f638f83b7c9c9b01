// The wall clock's last tick, from GetSystemTimeAsFileTime.
// SPDX-License-Identifier: MIT
#include "os/os.hpp"
#include "os/windows/system.hpp"

namespace samepage::os {

std::uint64_t last_tick_unix_ns() noexcept {
    constexpr std::uint64_t from_1601_to_1970 = 116'444'736'000'000'000;  // in units of 100 ns
    FILETIME now{};
    ::GetSystemTimeAsFileTime(&now);
    const std::uint64_t units = std::uint64_t{now.dwHighDateTime} << 32 | now.dwLowDateTime;
    return (units - from_1601_to_1970) * 100;
}

}  // namespace samepage::os
