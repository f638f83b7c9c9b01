// samepage-bridge doctor: looks whether the servers suit, and says what to do.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "options.hpp"
#include "samepage/catalog.hpp"

namespace samepage::bridge {

struct doctor_options {
    server_options server;
    std::vector<object_spec> objects;  // that are to be carried; none: what is the same for all is looked at
    std::uint64_t replicas = 1;        // that each stream is to have
};

// Looks at each server, the login, JetStream, limits, permissions and storage. Where it may, it makes a stream of its
// own for a moment; objects are left as they are. Throws failure (usage).
std::vector<finding> examine(const doctor_options& options);

// Prints what was found. The exit status: 0 when nothing is bad.
int doctor(const doctor_options& options, bool json);

}  // namespace samepage::bridge
