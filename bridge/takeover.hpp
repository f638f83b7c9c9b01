// samepage-bridge takeover: makes this host the origin of an object whose origin host is gone.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "options.hpp"

namespace samepage::bridge {

// `object`: KIND:NAME. The former origin, if it lives after all, is refused from then on. Throws failure: not_found,
// conflict (somebody published meanwhile), timed_out, denied.
int takeover(const server_options& server, const std::string& object, const std::string& state,
             const std::string& host_name, bool json);

}  // namespace samepage::bridge
