// Subscribing to a channel and publishing what comes.
// SPDX-License-Identifier: MIT
#include "channel_origin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "batch.hpp"
#include "large_value.hpp"
#include "mark.hpp"

namespace samepage::bridge {

namespace {

// In one message of the stream. The sizes of so many fit into the room that is left for headers.
constexpr std::size_t messages_max = 256, batch_bytes_max = std::size_t{128} << 10;

}  // namespace

result<void> channel_origin::open_local() {
    auto opened = channel_bytes::create(spec_.place);
    if (!opened) return opened.error();
    channel_ = std::move(*opened);
    buffer_.resize(std::size_t{256} << 10);
    parts_.resize(messages_max);
    return {};
}

outcome channel_origin::find_next(std::uint64_t& next) {
    next = 0;
    natsMsg* last = nullptr;
    jsErrCode code{};
    const natsStatus status =
        js_GetLastMsg(&last, server_.jetstream(), names_.stream.c_str(), names_.data.c_str(), nullptr, &code);
    const stream_message message{nats_message(last), 0};
    const outcome o = outcome_of(status, code);
    if (!o) return o.not_found() ? outcome() : o;
    const at seen = at::parse(message.header(at_header));
    if (seen.incarnation == incarnation()) {
        const auto messages = messages_in(message);
        next = seen.number + (messages ? messages->size() : 1);
        return {};
    }
    // A mirror here has put the others' messages into the channel: they aren't this host's own.
    const auto mirrored = read_mark(self_, spec_, options_.server.group);
    const auto now = channel_.info();
    if (!mirrored || mirrored->local != incarnation() || !now) return {};
    if (!mirrored->exact && now->next_sequence != mirrored->next_sequence)
        return {NATS_ILLEGAL_STATE, 0,
                fmt::format("the mirror of {} was killed here, so it can't be told which of its messages are new; run "
                            "it as a mirror once more, stop that in order (SIGTERM), then be its origin",
                            spec_.place)};
    next = mirrored->next_sequence;
    return {};
}

bool channel_origin::resume(bool) {
    std::uint64_t next = 0;
    if (const outcome o = find_next(next); !o) {
        if (o.status == NATS_ILLEGAL_STATE) {
            refuse(o.text);
        } else {
            complain_of(o, "reading the last message of " + names_.stream);
        }
        return false;
    }
    subscribe_options options;
    options.start = start::oldest;
    options.sequence = next;
    auto subscribed = channel_.subscribe(options);
    if (!subscribed) {
        fail(subscribed.error());
        return false;
    }
    subscriber_ = std::move(*subscribed);
    return true;
}

bool channel_origin::send(std::span<const subscriber_bytes::part> parts) {
    const at first{incarnation(), parts.front().sequence};
    if (parts.size() == 1)
        return publish_value(publisher_, server_, names_, names_.data, first, parts.front().bytes, {});
    batch_.clear();
    std::vector<std::size_t> sizes;
    for (const auto& part : parts) {
        sizes.push_back(part.bytes.size());
        batch_.insert(batch_.end(), part.bytes.begin(), part.bytes.end());
    }
    return publisher_.publish(names_.data, batch_, {{at_header, first.text()}, {sizes_header, sizes_text(sizes)}},
                              sizes.size());
}

std::size_t channel_origin::step(std::int64_t timeout_ms) {
    if (publisher_.under_way() != 0) return 0;
    const auto got = subscriber_.receive_many(buffer_, parts_, std::chrono::milliseconds(timeout_ms));
    if (!got) {
        if (got.error().code() == errc::too_large) {
            buffer_.resize(got.error().needed_bytes() + 16);
        } else if (got.error().code() != errc::timed_out && got.error().code() != errc::busy) {
            fail(got.error());
        }
        return 0;
    }
    const std::size_t together_max = std::min(batch_bytes_max, server_.max_payload_bytes() / 2);
    for (std::size_t i = 0; i < *got;) {
        if (parts_[i].missed != 0) {
            complain(
                fmt::format("lost {}: the channel had overwritten them before they could be carried; make it larger",
                            parts_[i].missed));
            tell([&](carrier_report& r) { r.lost += parts_[i].missed; });
        }
        std::size_t end = i + 1, size_bytes = parts_[i].bytes.size();
        for (; end < *got && parts_[end].missed == 0; ++end) {
            size_bytes += parts_[end].bytes.size();
            if (size_bytes > together_max) break;
        }
        if (!publisher_.drain() || !send(std::span(parts_).subspan(i, end - i))) break;
        i = end;
    }
    return *got;
}

std::uint64_t channel_origin::backlog() const {
    const auto now = channel_.info();
    return now && subscriber_.is_open() ? now->next_sequence - subscriber_.next_sequence() : 0;
}

}  // namespace samepage::bridge
