// The circle that every origin goes round.
// SPDX-License-Identifier: MIT
#include "origin.hpp"

#include <fmt/format.h>

#include "log.hpp"
#include "record.hpp"
#include "units.hpp"

namespace samepage::bridge {

namespace {

// How long it waits for a change while nothing is under way, and for an answer while something is.
constexpr std::int64_t idle_ms = 100, busy_ms = 1;
constexpr auto show_every = std::chrono::milliseconds(50);
constexpr auto look_every = std::chrono::seconds(2);

}  // namespace

void origin::carry() {
    while (!stopping()) {
        const auto opened = open_local();
        incarnation_ = opened ? incarnation_of(spec_.place) : "";
        if (!incarnation_.empty()) break;
        complain(opened ? fmt::format("{} is gone again", spec_.place) : opened.error().message());
        pause(500);
    }
    while (!stopping()) {
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

owner origin::record() const { return {self_.id(), self_.name(), incarnation_, capacity_bytes(), now_unix_ns()}; }

// True: the stream is ours, and it is known where to go on.
bool origin::take() {
    outcome made = make_stream(server_, spec_, names_, {options_.replicas, options_.keep_bytes});
    if (!made) {
        complain_of(made, "making the stream " + names_.stream);
        return false;
    }
    const claim c = take_stream(server_, names_, record());
    if (c.other) {
        refuse(
            fmt::format("conflict: the origin of {} '{}' is the host {} (id {}), since {}; stop it there and mirror it "
                        "here, or, if that host is gone for good, run: samepage bridge takeover {}:{} --server …",
                        samepage::name_of(spec_.kind), spec_.name, c.other->host_name, c.other->host.substr(0, 8),
                        cli::time_text(c.other->since_unix_ns), samepage::name_of(spec_.kind), spec_.name));
        return false;
    }
    if (!c.result) {
        if (!c.result.overtaken()) complain_of(c.result, "taking the stream " + names_.stream);
        return false;
    }
    enter(carrier_state::resync);
    outcome started = publisher_.start(c.sequence);
    if (started && spec_.kind != kind::channel) started = publisher_.put_fence(names_.fence);
    if (!started) {
        if (!started.overtaken()) complain_of(started, "taking the stream " + names_.stream);
        return false;
    }
    const bool is_as_left = c.last_before == left_at_;
    left_at_ = publisher_.acknowledged();
    looked_at_ = std::chrono::steady_clock::now();
    owner_record_at_ = publisher_.carried_bytes();
    log(log_level::debug, spec_.text(), fmt::format("took the stream at {}", c.sequence));
    return resume(is_as_left);
}

void origin::work() {
    using clock = std::chrono::steady_clock;
    clock::time_point until{};  // when draining ends; not set: not stopping
    while (publisher_.ok()) {
        const bool is_idle = publisher_.under_way() == 0;
        const std::size_t count = step(stopping() ? 0 : is_idle ? idle_ms : 0);
        if (count < batch_max && publisher_.ok()) enter(carrier_state::live);
        // With nothing to send, an answer is waited for, but not so long that a change would wait.
        if (!publisher_.collect(count == 0 && !is_idle ? busy_ms : 0)) break;
        show_progress(count == 0 && publisher_.under_way() == 0);
        if (count == 0 && is_idle && !is_still_ours()) break;
        // The servers drop a channel's oldest messages: before that comes to the owner record, there is a new one.
        if (spec_.kind == kind::channel && publisher_.carried_bytes() - owner_record_at_ > options_.keep_bytes / 4) {
            const std::string text = record().text();
            if (!publisher_.drain() || !publisher_.publish(names_.owner, std::as_bytes(std::span(text)), {}, 0) ||
                !publisher_.drain())
                break;
            owner_record_at_ = publisher_.carried_bytes();
        }
        if (!stopping()) continue;
        if (until == clock::time_point{}) until = clock::now() + drain_time;
        if ((count == 0 && is_idle) || clock::now() > until) break;
    }
    left_at_ = publisher_.acknowledged();
    show_progress(true);
    if (!publisher_.ok() && !publisher_.failed().overtaken() && !stopping())
        complain_of(publisher_.failed(), "publishing");
}

// Who publishes notices who has come in between; who has nothing to publish looks now and then.
bool origin::is_still_ours() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ < look_every) return true;
    looked_at_ = now;
    stream_state stream;
    const outcome o = look_at_stream(server_, names_.stream, stream);
    return o.unanswered() || (o && stream.last == publisher_.acknowledged());
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
