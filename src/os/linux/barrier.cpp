// Barriers that others make for us: membarrier(2), which the C library has no function for.
// SPDX-License-Identifier: MIT
//
// relaxed: a hint that saves system calls.
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "os/os.hpp"

namespace samepage::os {

namespace {

// Longer than the time between two interrupts of a processor, each of which empties its store buffer.
constexpr auto long_enough = std::chrono::milliseconds(20);

// Counted from 1; a forked child registers itself.
constinit std::atomic<std::uint32_t> registered{0};
std::uint32_t this_generation() noexcept { return fork_generation.load(std::memory_order_relaxed) + 1; }

bool membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0U, 0) == 0; }

}  // namespace

bool answers_barriers() noexcept { return registered.load(std::memory_order_relaxed) == this_generation(); }

bool answer_barriers() noexcept {
    if (answers_barriers()) return true;
    if (!membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED)) return false;
    registered.store(this_generation(), std::memory_order_relaxed);
    return true;
}

void barrier_everywhere() noexcept {
    if (membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED)) return;
    std::this_thread::sleep_for(long_enough);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace samepage::os
