// What the actors of channel crash tests send, and whether what a channel keeps can be what they sent.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "samepage/channel.hpp"
#include "scene.hpp"

namespace crash {

inline constexpr auto patience = std::chrono::seconds(30);        // of who must get through
inline constexpr auto short_wait = std::chrono::milliseconds(5);  // of who may be stopped by a stopped one

// What was sent from the start, and what an act of the victim or of the recoverer sends. One of `other` is one message.
struct stream {
    std::uint64_t history = 3;       // messages that were there from the start, sent by the keeper
    std::uint32_t loaned = 0;        // the last of them were on loan
    std::uint64_t history_lost = 0;  // how many of them may have been given up
    std::uint32_t parts = 1;         // messages in an act
};

// Says what it is, by whom, and has a length of its own in bytes.
std::string text_of(actor who, std::uint64_t act, std::uint32_t part);

samepage::channel_bytes open_channel(const scene& s, samepage::access access = samepage::access::read_write);

// Makes the channel and its history: messages take 48 bytes of a ring of 4096.
samepage::channel_bytes make_channel(const scene& s, const stream& what);

// Runs an act of this actor, keeping in its note which were refused. A time-out must name the victim that stands still.
template <class Call>
bool act_in(const scene& s, Call&& call) {
    const std::uint64_t number = s.mine().begun + 1;
    return s.act([&] {
        auto done = call(number);
        if (!done) s.mine().note |= std::uint64_t{1} << number;
        const bool named = done || s.victim == 0 ||
                           done.error().message().find("process " + std::to_string(s.victim)) != std::string::npos;
        require(s, named, "a refusal that doesn't name who stands still: " + (done ? "" : done.error().message()));
        return done.has_value();
    });
}

// Reads all that is kept, and ends this process with a complaint unless
//   numbers have no holes, and all but `history_lost` of the oldest are there;
//   each message is whole; each actor's come in its order, the recoverer's after all others;
//   an acknowledged act's are all there, a refused one's not at all, of one in flight the first few, if any.
// Gives the number that the next message will have.
std::uint64_t judge_stream(const scene& s, const samepage::channel_bytes& c, const stream& what);

// Ends this process with a complaint unless each message that is kept is whole.
void require_whole(const scene& s, const samepage::channel_bytes& c);

}  // namespace crash
