// permissions: the subjects that `samepage-bridge run` uses, and which of them the servers deny to this user.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "connection.hpp"
#include "options.hpp"

namespace samepage::bridge {

struct permission {
    bool publishes = true;  // else it subscribes
    std::string subject;    // as it is written into the server's configuration
    std::string probe;      // one subject of those, to try
    std::string what_for;   // "to make the stream of origin table stock"
};

// What is needed for these objects of a group, and at all.
std::vector<permission> permissions_for(const std::string& group, const std::vector<object_spec>& objects);

// Those of them that are denied. Nothing is changed by trying: requests are such that JetStream can't read them, and
// what is published says that it is for a stream that there isn't. Throws failure when the connection breaks.
std::vector<permission> denied_of(const connection& server, const std::vector<permission>& all);

}  // namespace samepage::bridge
