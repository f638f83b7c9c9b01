// publisher: messages into one stream, many under way at once, each only if nobody else has published there.
// SPDX-License-Identifier: MIT
//
// Each message says which sequence of the stream it must directly follow. So the stream takes them in order, without
// holes, and none at all from the first on that somebody came in between, or that was lost. After any failure it is
// unknown which of those under way are stored or will be: an owner record can have the sequence that a lost message
// should have got, and the one behind it would follow on that. So whoever goes on first takes the stream (ownership.hpp),
// then sends a fence behind its record: as many empty messages as can be under way. Behind those nothing fits that was
// sent before; then it looks what is there. (That a message follows one of an id can be said, too, but not to servers in
// a cluster: one that was away and copied what it missed doesn't know the ids, and refuses what the others store.)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "nats.hpp"

namespace samepage::bridge {

struct header {
    const char* name;
    std::string value;
};

// One thread.
class publisher {
   public:
    explicit publisher(const connection& server) : server_(server) {}

    // Begins anew behind our owner record, the stream's message `last`: with the fence, and waits until it stands.
    // Forgets what was under way.
    outcome start(std::uint64_t last, const std::string& fence);

    bool has_room() const noexcept {
        return under_way_.size() < messages_max && (bytes_ < bytes_max || under_way_.empty());
    }
    // Sends it off. An error, also an earlier one, is final until start(). There must be room.
    bool publish(const std::string& subject, std::span<const std::byte> bytes, const std::vector<header>& headers);
    // Takes what the server has acknowledged, waiting for one at most so long. False: failed().
    bool collect(std::int64_t timeout_ms);
    // Until there is room, or nothing is under way. False: failed().
    bool wait_for_room();
    bool drain();

    // Of the stream, that the next message gets.
    std::uint64_t next_sequence() const noexcept { return next_expected_ + 1; }
    std::size_t under_way() const noexcept { return under_way_.size(); }
    std::uint64_t acknowledged() const noexcept { return acknowledged_; }  // the stream's sequence
    std::uint64_t carried_bytes() const noexcept { return carried_bytes_; }
    std::uint64_t carried_messages() const noexcept { return carried_messages_; }
    bool ok() const noexcept { return static_cast<bool>(failure_); }
    const outcome& failed() const noexcept { return failure_; }

   private:
    struct sent {
        std::size_t size_bytes;
        std::chrono::steady_clock::time_point when;
    };
    static constexpr std::size_t messages_max = 1024, bytes_max = std::size_t{4} << 20;

    bool fail(outcome o);
    bool take(natsMsg* answer);

    const connection& server_;
    nats_subscription answers_;
    std::string inbox_;
    std::uint64_t epoch_ = 0;
    std::deque<sent> under_way_;
    std::size_t bytes_ = 0;
    std::uint64_t next_expected_ = 0, acknowledged_ = 0;
    std::uint64_t carried_bytes_ = 0, carried_messages_ = 0;
    outcome failure_{NATS_ILLEGAL_STATE, 0, "not started"};
};

}  // namespace samepage::bridge
