// Sending what comes into the channel, and finding what is there already.
// SPDX-License-Identifier: MIT
#include "channel_mirror.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "batch.hpp"
#include "large_value.hpp"

namespace samepage::bridge {

result<void> channel_mirror::open_local(const owner& of) {
    channel_ = {};
    channel_options options;
    options.capacity_bytes = std::max<std::uint64_t>(of.capacity_bytes, 1);
    auto opened = channel_bytes::create(spec_.place, as_sole_writer(options));
    if (!opened) return opened.error();
    channel_ = std::move(*opened);
    return {};
}

mirror::done channel_mirror::refuse_to_guess(const std::string& what) {
    refuse(
        fmt::format("resync: {}; so it can't be told which messages are missing. Stop who uses {}, remove it, and "
                    "start this bridge again",
                    what, spec_.place));
    return done::refused;
}

mirror::done channel_mirror::begin(const stream_state& stream) {
    waiting_.clear();
    waiting_bytes_ = 0;
    const auto now = channel_.info();
    if (!now) return fail(now.error());
    if (!has_mark_ || mark_.local != local()) {
        if (now->next_sequence != 1)
            return refuse_to_guess(
                fmt::format("the channel has {} messages that this bridge hasn't sent", now->next_sequence - 1));
        mark_.next_sequence = 1;
    }
    if (now->next_sequence < mark_.next_sequence) return refuse_to_guess("the channel has fewer messages than it had");
    there_already_ = now->next_sequence - mark_.next_sequence;
    // Made anew, or a server lost what it had: all that is there is looked at, and what is known is passed over.
    if (mark_.stream_sequence != 0) {
        switch (look_back(stream)) {
            case past::other: mark_.stream_sequence = 0; break;
            case past::unanswered: return done::again;
            case past::same:
            case past::unknown: break;  // the stream drops its oldest
        }
    }
    if (there_already_ != 0 && stream.first > mark_.stream_sequence + 1 && mark_.stream_sequence != 0)
        return refuse_to_guess("the stream no longer has what was under way when the bridge was killed");
    newest_ = mark_.origin;
    return done::yes;
}

bool channel_mirror::differs(std::uint64_t sequence, std::span<const std::byte> bytes) const {
    subscribe_options options;
    options.sequence = sequence;
    auto subscribed = channel_.subscribe(options);
    if (!subscribed) return false;
    std::vector<std::byte> kept(std::max<std::size_t>(bytes.size(), 1));
    const auto got = subscribed->receive(kept, no_wait);
    if (!got) return got.error().code() == errc::too_large;
    return got->missed == 0 &&
           (got->size_bytes != bytes.size() || !std::equal(bytes.begin(), bytes.end(), kept.begin()));
}

mirror::done channel_mirror::apply(stream_message&& m) {
    if (!is_ours(m)) return done::yes;
    const at first = at::parse(m.header(at_header));
    const auto message = std::make_shared<const stream_message>(std::move(m));
    const auto messages = messages_in(*message);
    if (!messages) {
        complain("a message in " + names_.stream + " isn't what a bridge sends; it is left out");
        return done::yes;
    }
    for (std::size_t i = 0; i < messages->size(); ++i) {
        waiting w;
        w.origin = {first.incarnation, first.number + i};
        if (w.origin.incarnation == newest_.incarnation) {
            if (w.origin.number <= newest_.number) continue;
            w.lost = w.origin.number - newest_.number - 1;
        }
        w.bytes = (*messages)[i];
        if (is_in_parts(*message)) {
            const outcome o = fetch_value(server_, names_, *message, w.value);
            if (o.foreign()) complain(fmt::format("a message in {} is damaged: {}", names_.stream, o.text));
            if (o.not_found() || o.foreign()) {  // left out, so the next one finds a hole
                if (there_already_ > waiting_.size())
                    return refuse_to_guess(
                        "the stream no longer has all of what was under way when the bridge was killed");
                return done::yes;
            }
            if (!o) {
                complain_of(o, "fetching a large message");
                return done::again;
            }
            w.bytes = w.value;  // moving keeps it where it is
        }
        newest_ = w.origin;
        w.message = message;
        w.is_last = i + 1 == messages->size();
        waiting_bytes_ += w.bytes.size();
        waiting_.push_back(std::move(w));
    }
    if (waiting_.size() < waiting_max && waiting_bytes_ < waiting_bytes_max) return done::yes;
    return flush();
}

mirror::done channel_mirror::flush() {
    const auto passed = [&](std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint64_t lost = waiting_[i].lost;
            if (lost == 0) continue;
            complain(fmt::format("lost {}: they never came to the servers, or are kept there no longer", lost));
            tell([&](carrier_report& r) { r.lost += lost; });
        }
        mark_.next_sequence += n;
        mark_.origin = waiting_[n - 1].origin;
        for (std::size_t i = n; i-- > 0;) {
            if (!waiting_[i].is_last) continue;
            mark_.stream_sequence = waiting_[i].message->sequence;
            remember(*waiting_[i].message);
            break;
        }
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(n));
    };
    while (there_already_ != 0 && !waiting_.empty()) {
        if (differs(mark_.next_sequence, waiting_.front().bytes))
            return refuse_to_guess(
                fmt::format("message {} of the channel is another one than the stream has", mark_.next_sequence));
        passed(1);
        --there_already_;
    }
    while (!waiting_.empty()) {
        std::vector<std::span<const std::byte>> messages;
        for (const waiting& w : waiting_) messages.push_back(w.bytes);
        const auto sent = channel_.send_many(messages, std::chrono::milliseconds(500));
        if (sent) {
            std::size_t size_bytes = 0;
            for (std::size_t i = 0; i < *sent; ++i) size_bytes += messages[i].size();
            count(*sent, size_bytes);
            passed(*sent);
            continue;
        }
        if (sent.error().code() != errc::timed_out && sent.error().code() != errc::full) {
            if (sent.error().code() != errc::too_large) return fail(sent.error());
            refuse(
                fmt::format("too_large: the channel {} was made for smaller messages than its origin has; remove it, "
                            "and start this bridge again",
                            spec_.place));
            return done::refused;
        }
        // A registered subscriber here lags: the stream waits for it, as a local sender would.
        complain(sent.error().message());
        if (stopping()) return done::again;
    }
    waiting_bytes_ = 0;
    return done::yes;
}

}  // namespace samepage::bridge
