// Polling: what a waiting call does before it sleeps, or instead.
// SPDX-License-Identifier: MIT
#pragma once

#include <thread>

#include "os/os.hpp"
#include "samepage/wait.hpp"

namespace samepage::shared {

// Tells the processor that this is a polling loop.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Turns of relax() before spin_then_sleep sleeps, and before a spinner looks at the clock: some microseconds, less than
// a sleep and a wake cost.
inline constexpr unsigned spins_before_sleep = 200;

// Polls as the strategy says. True: changed() said so. False: now sleep; or, for `spin`, the time is up.
template <class Changed>
bool poll(Changed&& changed, wait_strategy strategy, const os::deadline& until) {
    if (strategy == wait_strategy::sleep) return changed();
    do {
        for (unsigned turn = 0; turn < spins_before_sleep; ++turn) {
            if (changed()) return true;
            relax();
        }
        if (strategy == wait_strategy::spin) std::this_thread::yield();
    } while (strategy == wait_strategy::spin && !until.passed());
    return false;
}

}  // namespace samepage::shared
