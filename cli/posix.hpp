// What the POSIX parts of the command line's system share: signals, and how their failures are told.
// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>

#include <array>
#include <string>

namespace samepage::cli::posix {

// Signals write here so that poll() sees them. [0] is read, [1] is written.
extern std::array<int, 2> signal_pipe;
extern volatile sig_atomic_t interrupt_signal;  // one that nobody else got; 0: none came
extern volatile sig_atomic_t forward_to;        // a process that gets the interrupts instead; 0: nobody

void empty_signal_pipe() noexcept;

[[noreturn]] void fail(const std::string& what, int system_code);

}  // namespace samepage::cli::posix
