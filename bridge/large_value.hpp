// large_value: what is larger than a message of NATS, in parts, and a message that says which.
// SPDX-License-Identifier: MIT
//
// The parts come first, each on a subject of its own that names the value, its `at` and the part's number; then, in the
// value's place, an empty message with their count, the size and the hash of all. Who sees that message finds the
// parts, or a newer value is on its way: the parts of an older one are removed only after the newer one stands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "at.hpp"
#include "names.hpp"
#include "publisher.hpp"
#include "reader.hpp"

namespace samepage::bridge {

inline constexpr const char* parts_header = "Sp-Parts";

// Sends a value to `subject`, in parts if it must be. Blocks while too much is under way. False: the publisher failed.
bool publish_value(publisher& to, const connection& server, const stream_names& names, const std::string& subject,
                   const at& version, std::span<const std::byte> value, std::vector<header> headers);

bool is_in_parts(const stream_message& m);
// The value that `m` stands for. An error: the server can't be asked, or, not_found, a newer one has replaced it; or
// the hash is another one.
outcome fetch_value(const connection& server, const stream_names& names, const stream_message& m,
                    std::vector<std::byte>& into);
// Removes the parts of older values than the one whose parts begin at the stream's sequence `before`.
outcome remove_parts(const connection& server, const stream_names& names, const std::string& subject,
                     std::uint64_t before);

}  // namespace samepage::bridge
