// The circle that every origin goes round.
// SPDX-License-Identifier: MIT
#include "origin.hpp"

#include <fmt/format.h>

#include "large_value.hpp"
#include "log.hpp"
#include "record.hpp"
#include "units.hpp"

namespace samepage::bridge {

namespace {

// How long it waits for a change while nothing is under way, and for an answer while something is.
constexpr std::int64_t idle_ms = 100, busy_ms = 1;
constexpr auto show_every = std::chrono::milliseconds(50);

}  // namespace

void origin::carry() {
    while (!stopping()) {
        if (!is_open_ && !open()) {
            enter(carrier_state::connecting);
            pause(500);
            continue;
        }
        if (!server_.is_up()) {
            enter(carrier_state::connecting);
            complain(server_.trouble());
            pause(100);
            continue;
        }
        if (take()) work();
        if (report().state == carrier_state::refused) return;
        if (!stopping()) pause(200);
    }
}

bool origin::open() {
    if (is_damaged_ && !is_replaced(incarnation_)) return false;
    const std::string there = incarnation_of_opened(open_local());
    if (there.empty()) return false;
    if (there != incarnation_) left_at_.reset();
    incarnation_ = there;
    is_open_ = true;
    is_damaged_ = false;
    return true;
}

void origin::fail(const error& e) {
    is_open_ = false;
    is_damaged_ = e.code() == errc::corrupt;
    complain_of_object(e);
}

owner origin::record() const { return {self_.id(), self_.name(), incarnation_, capacity_bytes(), now_unix_ns()}; }

// A stream that is there keeps the shape that it was made with.
void origin::look_at_shape(const stream_state& stream) {
    keep_bytes_ = stream.keep_bytes == 0 ? options_.keep_bytes : stream.keep_bytes;
    std::string text;
    if (stream.replicas < options_.replicas)
        text = fmt::format("is on {} of the servers, not {}", stream.replicas, options_.replicas);
    if (spec_.kind == kind::channel && keep_bytes_ != options_.keep_bytes)
        text += fmt::format("{}keeps {}, not {}", text.empty() ? "" : ", and ", cli::size_text(keep_bytes_),
                            cli::size_text(options_.keep_bytes));
    if (!text.empty() && text != shape_said_)
        log(log_level::warn, spec_.text(),
            fmt::format("the stream {} {}: it was made so; change it there (nats stream edit)", names_.stream, text));
    shape_said_ = text;
}

// True: the stream is ours, and it is known where to go on.
bool origin::take() {
    stream_state stream;
    const outcome made = make_stream(server_, spec_, names_, {options_.replicas, options_.keep_bytes}, stream);
    if (!made) return try_again(made, "making the stream " + names_.stream);
    look_at_shape(stream);
    const claim c = take_stream(server_, names_, record());
    if (c.other) {
        refuse(
            fmt::format("conflict: the origin of {} '{}' is the host {} (id {}), since {}; stop it there and mirror it "
                        "here, or, if that host is gone for good, run: samepage bridge takeover {}:{} --server …",
                        samepage::name_of(spec_.kind), spec_.name, c.other->host_name, c.other->host.substr(0, 8),
                        cli::time_text(c.other->since_unix_ns), samepage::name_of(spec_.kind), spec_.name));
        return false;
    }
    if (c.result.status == NATS_NO_RESPONDERS) {
        enter(carrier_state::connecting);
        complain(
            fmt::format("the stream {} doesn't take {}: somebody else has made it; remove it there (nats stream "
                        "rm), and it is made again",
                        names_.stream, names_.owner));
        return false;
    }
    if (!c.result) return try_again(c.result, "taking the stream " + names_.stream);
    enter(carrier_state::resync);
    outcome started = publisher_.start(c.sequence);
    if (started && spec_.kind != kind::channel) started = publisher_.put_fence(names_.fence);
    if (!started) return try_again(started, "taking the stream " + names_.stream);
    const bool is_as_left = c.last_before == left_at_;
    left_at_ = publisher_.acknowledged();
    looked_at_ = std::chrono::steady_clock::now();
    owner_sequence_ = c.sequence;
    owner_record_at_ = publisher_.carried_bytes();
    seen_messages_ = 0;
    log(log_level::debug, spec_.text(), fmt::format("took the stream at {}", c.sequence));
    return resume(is_as_left);
}

void origin::work() {
    using clock = std::chrono::steady_clock;
    clock::time_point until{};  // when draining ends; not set: not stopping
    bool is_ours = true;
    while (publisher_.ok() && is_open_) {
        const bool is_idle = publisher_.under_way() == 0;
        const std::size_t count = step(stopping() ? 0 : is_idle ? idle_ms : 0);
        if (!is_open_) break;
        if (count < batch_max && publisher_.ok()) enter(carrier_state::live);
        if (count == 0 && is_idle && is_replaced(incarnation_)) {
            log(log_level::info, spec_.text(), "another one stands at its place: that is carried from now on");
            is_open_ = false;
        }
        // With nothing to send, an answer is waited for, but not so long that a change would wait.
        if (!publisher_.collect(count == 0 && !is_idle ? busy_ms : 0)) break;
        show_progress(count == 0 && publisher_.under_way() == 0);
        if (count == 0 && is_idle && !(is_ours = is_still_ours())) break;
        // The servers drop a channel's oldest messages: before that comes to the owner record, there is a new one.
        if (spec_.kind == kind::channel && publisher_.carried_bytes() - owner_record_at_ > keep_bytes_ / 4) {
            const std::string text = record().text();
            if (!publisher_.drain() || !publisher_.publish(names_.owner, std::as_bytes(std::span(text)), {}, 0) ||
                !publisher_.drain())
                break;
            owner_sequence_ = publisher_.acknowledged();
            owner_record_at_ = publisher_.carried_bytes();
        }
        if (!stopping()) continue;
        if (until == clock::time_point{}) until = clock::now() + drain_time;
        if ((count == 0 && is_idle) || clock::now() > until) break;
    }
    left_at_.reset();
    if (is_ours) left_at_ = publisher_.acknowledged();
    show_progress(true);
    if (!publisher_.ok() && !stopping()) try_again(publisher_.failed(), "publishing");
}

// False. That somebody else has published is no trouble yet: it is looked who.
bool origin::try_again(const outcome& o, const std::string& what) {
    if (o.overtaken()) return false;
    enter(carrier_state::connecting);
    std::string text = server_.sentence(o, what);
    if (o.full() && spec_.kind == kind::channel) text += ", or have less kept of it (--keep)";
    complain(text);
    return false;
}

outcome origin::remove_older_parts(const std::string& subject, std::uint64_t before) {
    seen_messages_ = 0;
    return remove_parts(server_, names_, subject, before);
}

// Whether somebody has removed messages. A bucket's are one for each subject, so we make them only more, parts apart; a
// channel's oldest go, but not our owner record.
bool origin::has_shrunk(const stream_state& stream) const {
    return stream.first > owner_sequence_ || (spec_.kind != kind::channel && stream.messages < seen_messages_);
}

// Who publishes notices who has come in between; who has nothing to publish looks now and then.
bool origin::is_still_ours() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ < look_every) return true;
    looked_at_ = now;
    stream_state stream;
    const outcome o = look_at_stream(server_, names_.stream, stream);
    if (o.unanswered()) return true;
    if (!o || stream.last != publisher_.acknowledged()) return false;
    if (has_shrunk(stream)) {
        complain("somebody has removed messages from the stream " + names_.stream + "; what is missing is sent again");
        return false;
    }
    seen_messages_ = stream.messages;
    return true;
}

void origin::show_progress(bool at_once) {
    const auto now = std::chrono::steady_clock::now();
    if (!at_once && now - shown_at_ < show_every) return;
    shown_at_ = now;
    const std::uint64_t lag = backlog() + publisher_.under_way();
    tell([&](carrier_report& r) {
        r.lag = lag;
        r.revision = publisher_.acknowledged();
        r.messages = publisher_.carried_messages();
        r.bytes = publisher_.carried_bytes();
    });
}

}  // namespace samepage::bridge
