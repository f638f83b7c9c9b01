// Messages of the bridge on standard error: a line each, for people or as JSON.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "options.hpp"

namespace samepage::bridge {

// Once, before there are threads.
void set_log(log_level most, bool json);
// Any thread. `object` is what it is about; empty: the bridge.
void log(log_level level, std::string_view object, std::string_view message);

}  // namespace samepage::bridge
