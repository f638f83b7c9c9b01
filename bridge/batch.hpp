// batch: several messages of a channel as one of the stream, so that few need be under way.
// SPDX-License-Identifier: MIT
//
// One alone is the stream's message as it is, for any client of NATS. Of more, Sp-Sizes says how long each is; their
// bytes stand one behind the other; Sp-At is the first one's, and the others' numbers follow on it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reader.hpp"

namespace samepage::bridge {

inline constexpr const char* sizes_header = "Sp-Sizes";

std::string sizes_text(const std::vector<std::size_t>& sizes);
// The messages in it. Nothing: the sizes aren't those of its bytes.
std::optional<std::vector<std::span<const std::byte>>> messages_in(const stream_message& m);

}  // namespace samepage::bridge
