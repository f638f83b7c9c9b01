// What the bridge is told: servers, objects and where it keeps its own state.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "samepage/kind.hpp"

namespace CLI {
class App;
}

namespace samepage::bridge {

// How to reach the servers.
struct server_options {
    std::vector<std::string> urls;  // nats://HOST:PORT, tls://HOST:PORT; one after the other until one answers
    std::string credentials;        // a .creds file
    std::string tls_ca, tls_certificate, tls_key;
    std::string group = "samepage";  // bridges of one group share objects

    void declare(CLI::App& app);
    // Throws failure (usage) when it can't be meant so.
    void check() const;
};

enum class direction : std::uint8_t { origin, mirror };
std::string_view name_of(direction d) noexcept;

// One object that is carried.
struct object_spec {
    samepage::kind kind = samepage::kind::cell;  // cell, channel or table
    std::string place;                           // here
    std::string name;                            // at the server
    bridge::direction direction = direction::origin;

    // "KIND:PLACE[=NAME]". The name is the place's last part, where it isn't given. Throws failure (usage).
    static object_spec parse(std::string_view text, bridge::direction d);
    std::string text() const;  // "origin table stock"
    void check() const;        // throws failure (usage)
};

enum class log_level : std::uint8_t { error, warn, info, debug };
log_level parse_log_level(std::string_view text);  // throws failure (usage)

struct run_options {
    server_options server;
    std::vector<object_spec> objects;
    std::string state;           // a directory; empty: the user's own
    std::string host;            // how others are told who owns an object; empty: the machine's name
    std::uint64_t replicas = 1;  // of each stream, in the servers' cluster
    // The most that a channel's stream keeps at the servers, for those that come late.
    std::uint64_t keep_bytes = std::uint64_t{256} << 20;
    bridge::log_level log_level = log_level::info;
    bool json = false;  // messages as JSON lines
};

}  // namespace samepage::bridge
