// Channels as commands open them.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "arguments.hpp"
#include "samepage/channel.hpp"

namespace samepage::cli {

// What a new channel is made with, as --capacity says.
class channel_shape {
   public:
    void declare(arguments& a);
    void declare_loans(arguments& a);
    channel_options options() const;

   private:
    std::optional<std::uint64_t> capacity_bytes_, loans_;
};

// Opens a channel to send. `create`: makes it where there is none; else only at a path, and on a name that nobody holds
// the failure says what to do. Throws failure.
channel_bytes channel_to_send(const std::string& place, bool create, const channel_shape& shape);

// Opens a channel, read-only where that is all that may be done and `read_only_too`. `create`: makes it where there is
// none. Throws failure.
channel_bytes channel_to_listen(const std::string& place, bool create, bool read_only_too, const channel_shape& shape);

// A channel with a registered listener: `mine` if it is open, else the one that comes to be at `place`. Throws failure,
// timed_out above all.
channel_bytes channel_with_listener(channel_bytes mine, const std::string& place, duration timeout);

}  // namespace samepage::cli
