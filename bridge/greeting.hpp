// greeting: what a NATS server says of itself to whoever connects, before any name or password is asked for.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace samepage::bridge {

struct greeting {
    std::string version;  // "2.11.15"
    std::string name, cluster;
    std::int64_t max_payload_bytes = 0;
    bool has_jetstream = false, wants_tls = false, wants_login = false;
    double answered_ms = 0;  // from the first step of connecting to its words
};

// Where a server is: "nats://user:word@host:4222" is host and 4222. Throws failure (usage) for what can't be one.
struct address {
    std::string host, port = "4222";
};
address address_of(const std::string& url);

// Connects to the one server at `url` and listens. Waits that long at most, looking up its name not counted. Throws
// failure: timed_out, usage (an address that is none), else what the system said; the text has no address in it.
greeting greeting_of(const std::string& url, std::int64_t timeout_ms);

// Whether the address is this machine's own by its looks.
bool is_loopback(const std::string& url);

// Whether version `a` is before `b`: "2.9.10" is before "2.11". Numbers that can't be read count as 0.
bool is_before(const std::string& a, const std::string& b);

}  // namespace samepage::bridge
