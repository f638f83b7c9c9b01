// board: where a running bridge shows how its objects are, and where status reads it.
// SPDX-License-Identifier: MIT
//
// Records of the state's table, one an object. A record says which lock its carrier has: the kernel knows whether that
// is still held, so a killed bridge's objects show as stopped.
#pragma once

#include <string>

#include "carrier.hpp"

namespace samepage::bridge {

// Shows it, if it has changed since `shown`. Errors of the state's table.
result<void> show(const host& h, const carrier& c, const std::string& group, carrier_report& shown);

// samepage-bridge status. `state`: a directory, or empty. Returns the exit status; throws failure.
int status(const std::string& state, bool json);

}  // namespace samepage::bridge
