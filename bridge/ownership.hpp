// ownership: who is the origin of an object, by the sequence of its stream.
// SPDX-License-Identifier: MIT
//
// The owner stands in the newest owner record of the stream. Whoever wants to publish first takes the stream: it looks
// at the stream's last sequence n, then who owns it, and publishes an owner record that expects n to be the last still.
//
// 1. A record that is stored follows directly on what its writer has seen: of two who take it at once, one fails.
// 2. After it, and the fence where there is one (publisher.hpp), no message of an earlier owner, nor an earlier one of
//    this owner that is still under way, can be stored. So what is read then is all there will ever be.
// 3. Only who is named in the newest record, or takes over, may take the stream; the others are refused.
//
// Crash story: killed before its record is stored, nothing has happened; after it, it owns the stream, and takes it
// again at its next start. Nothing goes by clocks. tests/models/fence.pml has it all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "connection.hpp"
#include "names.hpp"

namespace samepage::bridge {

// What an owner record says.
struct owner {
    std::string host;  // its id
    std::string host_name;
    std::string incarnation;           // of its object
    std::uint64_t capacity_bytes = 0;  // of its cell or channel
    std::uint64_t since_unix_ns = 0;

    std::string text() const;
    static std::optional<owner> parse(std::string_view text);
};

struct stream_state {
    std::uint64_t first = 0, last = 0;  // sequences; last 0: nothing was ever there
    std::uint64_t messages = 0;
    std::int64_t created_unix_ns = 0;  // another one: it was deleted and made anew
    std::uint64_t replicas = 1;
    std::uint64_t keep_bytes = 0;  // at most; 0: all
};

outcome look_at_stream(const connection& server, const std::string& stream, stream_state& into);

// Makes the stream, or finds it there, perhaps with another shape: that is its maker's.
struct stream_shape {
    std::uint64_t replicas = 1;
    std::uint64_t keep_bytes = 0;  // of a channel
};
outcome make_stream(const connection& server, const object_spec& spec, const stream_names& names,
                    const stream_shape& shape, stream_state& into);

// Removes the messages with that subject, or with one that matches it, before that sequence.
outcome purge(const connection& server, const stream_names& names, const std::string& subject, std::uint64_t before);

// not_found(): nobody has owned it yet, or the stream isn't there. foreign(): there is something else.
outcome read_owner(const connection& server, const stream_names& names, owner& into);

struct claim {
    outcome result;
    std::optional<owner> other;     // who has it: refused
    std::uint64_t sequence = 0;     // of our owner record
    std::uint64_t last_before = 0;  // the stream's last before it
};
// `from_anyone`: take it from another owner, too.
claim take_stream(const connection& server, const stream_names& names, const owner& self, bool from_anyone = false);

}  // namespace samepage::bridge
