// How long a call may wait.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace samepage {

// Nanoseconds that a call may wait; by the steady clock, so setting the wall clock changes nothing.
using duration = std::chrono::nanoseconds;

inline constexpr duration no_wait = duration::zero();
inline constexpr duration forever = duration::max();

}  // namespace samepage
