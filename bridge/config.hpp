// The configuration file of samepage-bridge run, TOML: what the options say, and more than a line of objects.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "options.hpp"

namespace samepage::bridge {

// Fills in what the file says and the command line hasn't said. Throws failure: not_found, usage with line and column.
//
//   server = ["nats://a:4222", "nats://b:4222"]
//   creds = "bridge.creds"
//   [[object]]
//   origin = "table:./stock.page"
//   [[object]]
//   mirror = "channel:news=headlines"
void read_config(const std::string& path, run_options& into);

}  // namespace samepage::bridge
