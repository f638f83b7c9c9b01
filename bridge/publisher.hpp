// publisher: messages into one stream, many under way at once, each only if nobody else has published there.
// SPDX-License-Identifier: MIT
//
// Each message says which sequence of the stream it must directly follow. So the stream takes them in order, without
// holes, and none at all from the first on that somebody came in between, or that was lost. After any failure it is
// unknown which of those under way are stored or will be: whoever goes on first takes the stream (ownership.hpp), then
// looks what is there. But its record can have the sequence that a lost message should have got, and the one behind
// that would follow on the record. So one of two things is done:
//
// - Where a hole is a loss (a channel), only one message is under way, or parts that mean nothing by themselves: it
//   expects the last that was acknowledged, and doesn't fit behind a record.
// - Where only the newest counts (a cell, a table's keys), behind the record comes a fence: as many empty messages as
//   can be under way. What was sent before can come into it, but not behind it; what is there is looked at when it
//   stands.
//
// (That a message follows one of an id can be said, too, but not to servers in a cluster: one that was away and copied
// what it missed doesn't know the ids, and then refuses what the others store.)
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

    // Begins anew behind our owner record, the stream's message `last`. Forgets what was under way.
    outcome start(std::uint64_t last);
    // Sends a fence, and waits until it stands.
    outcome put_fence(const std::string& subject);

    bool has_room() const noexcept {
        return under_way_.size() < messages_max && (bytes_ < bytes_max || under_way_.empty());
    }
    // Sends it off. An error, also an earlier one, is final until start(). There must be room.
    // `messages`: what it counts for.
    bool publish(const std::string& subject, std::span<const std::byte> bytes, const std::vector<header>& headers,
                 std::uint64_t messages = 1);
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
        std::uint64_t messages;
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
