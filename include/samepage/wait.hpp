// How a call that waits spends its time.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace samepage {

// spin_then_sleep  polls for some microseconds, then sleeps in the kernel: the default
// spin             polls and never sleeps: the lowest latency, and a processor's whole time
// sleep            sleeps at once
enum class wait_strategy : std::uint8_t { spin_then_sleep, spin, sleep };

}  // namespace samepage
