// samepage-bridge run: carries the objects until it is told to stop.
// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"

namespace samepage::bridge {

// The exit status: 0 after SIGINT or SIGTERM, when all that was there has been carried or its time was up. Throws
// failure for what can't be begun.
int run(const run_options& options);

}  // namespace samepage::bridge
