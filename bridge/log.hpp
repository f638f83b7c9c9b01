// Messages of the bridge on standard error: a line each, for people or as JSON.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "options.hpp"

namespace samepage::bridge {

// A text that others may have written in part, for a terminal: without control characters, and 400 bytes at most.
std::string plain(std::string_view text);

// Once, before there are threads.
void set_log(log_level most, bool json);
// Any thread. `object` is what it is about; empty: the bridge.
void log(log_level level, std::string_view object, std::string_view message);

}  // namespace samepage::bridge
