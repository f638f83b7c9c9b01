// channel_mirror: puts a stream's messages into a channel of this host, each once and in order.
// SPDX-License-Identifier: MIT
//
// Layout: the mark says: when the channel's next sequence was L, all of the stream up to S was in it, and the last of
//   the origin's was Q, which may be within the message behind S (batch.hpp). The bridge is the channel's only sender.
// Invariants: 1. Marks are written only behind what was sent. 2. A new channel's mark is written before anything is
//   sent into it. So at any time, with the channel's next sequence N: the N - L messages of the stream behind S are in
//   it, too. They are passed over, and compared with what the channel keeps of them.
// 3. Of one incarnation of the origin, a number that isn't larger than Q was applied before (a server that lost what it
//   had acknowledged is told it again).
// Crash story: killed anywhere, 2. finds what is in the channel, to the message. Where it doesn't fit (somebody else
//   sent, the stream no longer has them) it is refused with a sentence, and nothing is guessed.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "mirror.hpp"
#include "samepage/channel.hpp"

namespace samepage::bridge {

class channel_mirror final : public mirror {
   public:
    using mirror::mirror;

   private:
    result<void> open_local(const owner& of) override;
    done begin(const stream_state& stream) override;
    done apply(stream_message&& m) override;
    done flush() override;
    bool is_exact() const override { return there_already_ == 0; }

    done refuse_to_guess(const std::string& what);
    // Whether the channel has another message there than this one; false also where it keeps it no longer.
    bool differs(std::uint64_t sequence, std::span<const std::byte> bytes) const;

    struct waiting {
        std::shared_ptr<const stream_message> message;
        std::vector<std::byte> value;  // of one in parts
        std::span<const std::byte> bytes;
        at origin;
        std::uint64_t lost = 0;  // right before it
        bool is_last = true;     // in the stream's message
    };
    static constexpr std::size_t waiting_max = 128, waiting_bytes_max = std::size_t{4} << 20;

    channel_bytes channel_;
    std::uint64_t there_already_ = 0;  // that many of those that come are in the channel
    std::vector<waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    at newest_;  // of the last one that came
};

}  // namespace samepage::bridge
