// A deadline as the system's waits want it.
// SPDX-License-Identifier: MIT
#pragma once

#include "os/os.hpp"
#include "os/windows/system.hpp"

namespace samepage::os {

// Rounded up, so that a wait doesn't end before its time; INFINITE only for ever.
DWORD milliseconds(const deadline& until) noexcept;

}  // namespace samepage::os
