// channel_origin: carries a channel's messages to its stream, each once and in order.
// SPDX-License-Identifier: MIT
//
// Layout: the channel's messages, those that came while others were under way together (batch.hpp), a large one in
//   parts (large_value.hpp), with the channel's incarnation and the first one's sequence there (Sp-At).
// Invariants: 1. Of one incarnation, the sequences in the stream only grow; a hole is what was lost. 2. What the stream
//   has last is where it goes on: nothing else is remembered, and nothing is trusted but the stream. 3. One message of
//   the stream is under way (publisher.hpp).
// Crash story: as origin.hpp. Messages that the channel overwrote before they could be carried are counted as lost,
//   here and, by the hole, at every mirror.
#pragma once

#include <vector>

#include "origin.hpp"
#include "samepage/channel.hpp"

namespace samepage::bridge {

class channel_origin final : public origin {
   public:
    using origin::origin;

   private:
    result<void> open_local() override;
    std::uint64_t capacity_bytes() const override { return channel_.capacity_bytes(); }
    bool resume(bool is_as_left) override;
    std::size_t step(std::int64_t timeout_ms) override;
    std::uint64_t backlog() const override;

    // Sends messages that directly follow each other. False: the publisher failed.
    bool send(std::span<const subscriber_bytes::part> parts);
    // Which message is the first that the stream hasn't; 0: none is known, the oldest that is kept.
    outcome find_next(std::uint64_t& next);

    channel_bytes channel_;
    subscriber_bytes subscriber_;
    std::vector<std::byte> buffer_;
    std::vector<subscriber_bytes::part> parts_;
    std::vector<std::byte> batch_;
};

}  // namespace samepage::bridge
