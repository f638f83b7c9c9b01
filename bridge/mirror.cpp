// The circle that every mirror goes round.
// SPDX-License-Identifier: MIT
#include "mirror.hpp"

#include <fmt/format.h>

#include "hash.hpp"
#include "log.hpp"

namespace samepage::bridge {

namespace {

constexpr auto save_every = std::chrono::milliseconds(200);
constexpr std::int64_t idle_ms = 100;
constexpr std::size_t witnesses_max = 8;

std::string digest_of_message(std::string_view at, std::string_view subject) {
    return hash_of(fmt::format("{} {}", at, subject)).substr(0, 32);
}

}  // namespace

void mirror::carry() {
    while (!stopping()) {
        if (!server_.is_up()) {
            enter(carrier_state::connecting);
            complain(server_.trouble());
            pause(100);
            continue;
        }
        const bool is_well = open() && read();
        if (report().state == carrier_state::refused) return;
        pause(is_well ? 20 : 200);
    }
    static_cast<void>(flush());
    save(true);
}

// True: the reader is open where it goes on.
bool mirror::open() {
    stream_state stream;
    if (const outcome o = look_at_stream(server_, names_.stream, stream); !o) {
        if (!o.not_found()) enter(carrier_state::connecting);
        complain(o.not_found()
                     ? fmt::format("no host is the origin of {} '{}' yet", samepage::name_of(spec_.kind), spec_.name)
                     : server_.sentence(o, "looking at the stream " + names_.stream));
        return false;
    }
    if (local_.empty()) {
        owner of;
        if (const outcome o = read_owner(server_, names_, of); !o) {
            complain_of(o, "reading who owns " + names_.stream);
            return false;
        }
        if (of.host == self_.id()) {
            refuse(fmt::format("conflict: this host is the origin of {} '{}' itself: it can't mirror it, too",
                               samepage::name_of(spec_.kind), spec_.name));
            return false;
        }
        const auto opened = open_local(of);
        if (!opened) enter(carrier_state::connecting);
        local_ = incarnation_of_opened(opened);
        if (local_.empty()) return false;
        if (const auto known = read_mark(self_, spec_, options_.server.group); known && !has_mark_) {
            mark_ = saved_ = *known;
            has_mark_ = true;
        }
    }
    enter(carrier_state::resync);
    switch (begin(stream)) {
        case done::yes: break;
        case done::again: return false;
        case done::refused: return false;
    }
    mark_.local = local_;
    mark_.stream_created = stream.created_unix_ns;
    has_mark_ = true;
    if (!save(true)) return false;  // of a new object before anything is put into it
    heard_ = mark_.stream_sequence;
    expected_ = looked_last_ = 0;
    const outcome o = reader_.open(names_.stream, names_.filter, mark_.stream_sequence + 1);
    if (!o) complain_of(o, "reading the stream " + names_.stream);
    return static_cast<bool>(o);
}

mirror::done mirror::fail(const error& e) {
    complain_of_object(e);
    if (e.code() == errc::corrupt) local_.clear();
    return done::again;
}

bool mirror::is_ours(const stream_message& m) {
    if (!at::parse(m.header(at_header)).incarnation.empty()) return true;
    complain(fmt::format("somebody who is no bridge publishes to {}; it is left out", m.subject().substr(0, 100)));
    return false;
}

void mirror::count(std::uint64_t messages, std::size_t size_bytes) {
    tell([&](carrier_report& r) {
        r.messages += messages;
        r.bytes += size_bytes;
    });
}

// Of what was applied, the last.
void mirror::add_witness() {
    auto& all = mark_.witnesses;
    if (mark_.stream_sequence == 0) return all.clear();
    // The stream was begun again.
    while (!all.empty() && all.back().sequence > mark_.stream_sequence) all.pop_back();
    if (!all.empty() && all.back().sequence == mark_.stream_sequence) return;
    if (all.size() == witnesses_max) all.erase(all.begin());
    all.push_back({mark_.stream_sequence, hash_of(last_).substr(0, 32)});
}

mirror::past mirror::look_back(const stream_state& stream) {
    if (mark_.stream_created != stream.created_unix_ns || mark_.stream_sequence > stream.last) return past::other;
    for (auto w = mark_.witnesses.rbegin(); w != mark_.witnesses.rend(); ++w) {
        natsMsg* got = nullptr;
        jsErrCode code{};
        const natsStatus status =
            js_GetMsg(&got, server_.jetstream(), names_.stream.c_str(), w->sequence, nullptr, &code);
        const stream_message message{nats_message(got), w->sequence};
        const outcome o = outcome_of(status, code);
        if (o.not_found()) continue;
        if (!o) {
            complain_of(o, "looking for what was read of " + names_.stream);
            return past::unanswered;
        }
        const std::string digest = digest_of_message(message.header(at_header), message.subject());
        return digest == w->digest ? past::same : past::other;
    }
    return past::unknown;
}

// Whether the stream has had a message for some time that the reader doesn't bring.
bool mirror::is_behind() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ < look_every) return false;
    looked_at_ = now;
    if (expected_ > heard_) {
        complain("the server that this is read from lacks messages that the stream has; it is begun again");
        return true;
    }
    stream_state stream;
    if (!look_at_stream(server_, names_.stream, stream) || stream.last == looked_last_) return false;
    natsMsg* last = nullptr;
    jsErrCode code{};
    const natsStatus status =
        js_GetLastMsg(&last, server_.jetstream(), names_.stream.c_str(), names_.filter.c_str(), nullptr, &code);
    const nats_message owned(last);
    if (status != NATS_OK) return false;
    expected_ = natsMsg_GetSequence(last);
    looked_last_ = stream.last;
    return false;
}

// Applies what comes until the reader breaks, or something has to be tried again.
bool mirror::read() {
    bool is_live = false;
    while (!stopping()) {
        if (is_replaced(local_)) {
            log(log_level::info, spec_.text(), "it no longer stands at its place: it is made anew");
            local_.clear();
            return false;
        }
        if (reader_.caught_up() && !is_live) {
            if (flush() != done::yes || caught_up() != done::yes) return false;
            enter(carrier_state::live);
            is_live = true;
        }
        stream_message m;
        switch (reader_.next(m, 0)) {
            case reader::got::message: break;
            case reader::got::broken: return flush() == done::yes;
            case reader::got::nothing:
                // Nothing is waiting: now what was put off is done.
                if (flush() != done::yes) return false;
                save(false);
                switch (reader_.next(m, idle_ms)) {
                    case reader::got::message: break;
                    case reader::got::broken: return true;
                    case reader::got::nothing:
                        if (is_behind()) return false;
                        continue;
                }
                break;
        }
        const std::uint64_t sequence = m.sequence;
        heard_ = sequence;
        if (apply(std::move(m)) != done::yes) return false;
        tell([&](carrier_report& r) {
            r.lag = reader_.pending();
            r.revision = sequence;
        });
        if (std::chrono::steady_clock::now() - saved_at_ > save_every) {
            if (flush() != done::yes) return false;
            save(false);
        }
    }
    return true;
}

// False: it couldn't be written.
bool mirror::save(bool at_once) {
    if (!has_mark_ || local_.empty()) return true;
    if (!at_once && std::chrono::steady_clock::now() - saved_at_ < save_every) return true;
    add_witness();
    mark now = mark_;
    now.exact = stopping() && is_exact();
    if (now == saved_) return true;
    if (const auto written = write_mark(self_, spec_, options_.server.group, now); !written) {
        complain(self_.trouble(written.error()));
        return false;
    }
    saved_ = now;
    saved_at_ = std::chrono::steady_clock::now();
    return true;
}

}  // namespace samepage::bridge
