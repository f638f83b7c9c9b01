// What the actors of channel crash tests send, and whether what a channel keeps can be what they sent.
// SPDX-License-Identifier: MIT
#include "channel_stream.hpp"

#include <array>
#include <cstring>

namespace crash {

namespace {

using samepage::channel_bytes;
using samepage::channel_options;

struct name {
    actor who;
    std::uint64_t act;
    std::uint32_t part;
};

// Reads the name off a message and compares all of it.
name name_of(const scene& s, const std::string& text) {
    unsigned who = actors, part = 0;
    unsigned long long act = 0;
    const int fields = std::sscanf(text.c_str(), "%u.%llu.%u.", &who, &act, &part);
    require(s, fields == 3 && who < actors && text == text_of(static_cast<actor>(who), act, part),
            "a torn message: '" + text + "'");
    return {static_cast<actor>(who), act, part};
}

samepage::subscriber_bytes from_oldest(const scene& s, const channel_bytes& c) {
    samepage::subscribe_options options;
    options.start = samepage::start::oldest;
    auto reader = c.subscribe(options);
    require(s, reader.has_value(), "can't subscribe: " + (reader ? "" : reader.error().message()));
    return std::move(*reader);
}

// What was seen of one actor.
class account {
   public:
    account(const scene& s, actor who, std::uint32_t parts) : scene_(s), who_(who), parts_(parts) {}

    void see(const name& n) {
        require(scene_, n.act == act_ ? n.part == next_part_ : n.act > act_ && n.part == 0,
                "a message twice, in wrong order, or one lost: " + text_of(who_, n.act, n.part));
        if (n.act != act_) close_until(n.act);
        next_part_ = n.part + 1;
    }
    void end() { close_until(scene_.of(who_).begun + 1); }

   private:
    // The act that was being read is complete, and those up to `act` have nothing.
    void close_until(std::uint64_t act) {
        for (; act_ < act; ++act_, next_part_ = 0) {
            if (act_ != 0) is_right(act_, next_part_);
        }
    }
    void is_right(std::uint64_t act, std::uint32_t parts) {
        const ledger::line& line = scene_.of(who_);
        const bool in_flight = act == line.begun && line.begun > line.acknowledged + line.refused;
        const bool refused = (line.note >> act & 1) != 0;
        const std::string which = std::to_string(parts) + " of " + std::to_string(parts_) + " messages of act " +
                                  std::to_string(act) + " of actor " + std::to_string(static_cast<int>(who_));
        require(scene_, parts <= parts_ && act <= line.begun, "invented: " + which);
        require(scene_, !refused || parts == 0, "refused, and yet sent: " + which);
        require(scene_, refused || in_flight || parts == parts_, "acknowledged, and lost: " + which);
    }

    const scene& scene_;
    const actor who_;
    const std::uint32_t parts_;
    std::uint64_t act_ = 0;
    std::uint32_t next_part_ = 0;
};

}  // namespace

std::string text_of(actor who, std::uint64_t act, std::uint32_t part) {
    std::string text =
        std::to_string(static_cast<int>(who)) + "." + std::to_string(act) + "." + std::to_string(part) + ".";
    const std::size_t size = 20 + (act + part + static_cast<std::size_t>(who)) % 9;
    while (text.size() < size)
        text += static_cast<char>('a' + (text.size() + static_cast<std::size_t>(who) + act * 3 + part * 7) % 26);
    return text;
}

channel_bytes open_channel(const scene& s, samepage::access access) {
    channel_options options;
    options.access = access;
    options.timeout = s.victim != 0 ? samepage::duration(short_wait) : samepage::duration(patience);
    auto c = channel_bytes::open(s.place, options);
    require(s, c.has_value(), "can't open: " + (c ? "" : c.error().message()));
    return std::move(*c);
}

channel_bytes make_channel(const scene& s, const stream& what) {
    channel_options options;
    options.capacity_bytes = 200;
    options.loans = 5;  // one of which stays free
    auto c = channel_bytes::create(s.place, options);
    require(s, c.has_value(), "can't create: " + (c ? "" : c.error().message()));
    for (std::uint64_t i = 1; i <= what.history; ++i) {
        const std::string text = text_of(actor::keeper, i, 0);
        if (i + what.loaned <= what.history) {
            c->send_text(text).value();
            continue;
        }
        auto loan = std::move(c->borrow(text.size()).value());
        std::memcpy(loan.bytes().data(), text.data(), text.size());
        loan.publish().value();
    }
    return std::move(*c);
}

std::uint64_t judge_stream(const scene& s, const channel_bytes& c, const stream& what) {
    auto reader = from_oldest(s, c);
    std::uint64_t next = reader.next_sequence();
    require(s, next <= what.history_lost + 1, "kept from message " + std::to_string(next) + " on only");
    account victim(s, actor::victim, what.parts), other(s, actor::other, 1), recoverer(s, actor::recoverer, what.parts);
    bool recovering = false;
    for (;; ++next) {
        const auto seen = reader.receive_text(samepage::no_wait);
        if (!seen) {
            require(s, seen.error().code() == samepage::errc::timed_out, "can't receive: " + seen.error().message());
            break;
        }
        require(s, seen->sequence == next && seen->missed == 0, "a hole before message " + std::to_string(next));
        const name n = name_of(s, seen->text);
        if (next <= what.history) {
            require(s, n.who == actor::keeper && n.act == next, "not what was sent from the start: " + seen->text);
            continue;
        }
        recovering = recovering || n.who == actor::recoverer;
        require(s, n.who == actor::victim || n.who == actor::other || n.who == actor::recoverer, "not theirs");
        require(s, !recovering || n.who == actor::recoverer, "an earlier message after a later one: " + seen->text);
        (n.who == actor::victim ? victim : n.who == actor::other ? other : recoverer).see(n);
    }
    victim.end();
    other.end();
    recoverer.end();
    require(s, next > what.history, "messages of the start are lost");
    require(s, c.subscribe().value().next_sequence() == next, "the end isn't where the last message ends");
    return next;
}

void require_whole(const scene& s, const channel_bytes& c) {
    auto reader = from_oldest(s, c);
    while (const auto seen = reader.receive_text(samepage::no_wait)) name_of(s, seen->text);
}

}  // namespace crash
