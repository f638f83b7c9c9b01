// A carrier's thread, its lock and its report.
// SPDX-License-Identifier: MIT
#include "carrier.hpp"

#include <fmt/format.h>

#include "failure.hpp"
#include "hash.hpp"
#include "log.hpp"

namespace samepage::bridge {

std::string_view name_of(carrier_state s) noexcept {
    switch (s) {
        case carrier_state::connecting: return "connecting";
        case carrier_state::resync: return "resync";
        case carrier_state::live: return "live";
        case carrier_state::refused: return "refused";
        case carrier_state::stopped: break;
    }
    return "stopped";
}

carrier::carrier(const bridge& b, object_spec spec)
    : server_(b.server),
      self_(b.self),
      options_(b.options),
      spec_(std::move(spec)),
      names_(spec_, b.options.server.group) {
    // An object of this host may be the origin of several at the servers; it is the mirror of one.
    const std::string to = spec_.direction == direction::origin ? options_.server.group + " " + spec_.name : "";
    const std::string what = spec_.text() + " " + to;
    lock_name_ = "samepage-bridge " + hash_of(what).substr(0, 32);
}

carrier::~carrier() { join(); }

void carrier::start() {
    lock_ = cli::need(lock::create(lock_name_));
    auto got = lock_.try_acquire();
    if (!got) {
        if (got.error().code() != errc::timed_out) throw cli::failure(got.error());
        throw cli::failure(cli::status_conflict, "conflict",
                           fmt::format("conflict: another bridge on this host carries {} already; stop it first, or "
                                       "leave the object to it",
                                       spec_.text()));
    }
    held_ = std::move(*got);
    held_.mark_repaired();  // it guards nothing that could be half-done
    thread_ = std::thread([this] { run(); });
}

void carrier::join() {
    if (thread_.joinable()) thread_.join();
    held_ = {};
}

carrier_report carrier::report() const {
    const std::lock_guard lock(mutex_);
    return report_;
}

void carrier::run() noexcept {
    try {
        carry();
    } catch (const std::exception& e) {
        refuse(e.what());
    }
    if (report().state != carrier_state::refused) enter(carrier_state::stopped);
    nats_ReleaseThreadMemory();
}

void carrier::pause(std::int64_t ms) const {
    for (; ms > 0 && !stopping_; ms -= 20) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

void carrier::enter(carrier_state s) {
    bool is_new = false;
    tell([&](carrier_report& r) {
        is_new = r.state != s;
        r.state = s;
        if (s == carrier_state::live) r.error.clear();
    });
    if (is_new) log(log_level::info, spec_.text(), name_of(s));
}

void carrier::complain(const std::string& text) {
    const std::string what = plain(text);
    bool is_new = false;
    tell([&](carrier_report& r) {
        is_new = r.error != what;
        r.error = what;
    });
    if (is_new) log(log_level::warn, spec_.text(), what);
}

void carrier::complain_of_object(const error& e) {
    std::string what;
    if (e.code() == errc::wrong_kind || e.code() == errc::wrong_version)
        what = "; remove it, or name another place";
    else if (e.code() == errc::corrupt)
        what = fmt::format("; {} is damaged: stop who uses it, and remove it; {}", spec_.place,
                           spec_.direction == direction::mirror ? "then it is made anew here"
                           : spec_.place.find('/') == std::string::npos
                               ? "this bridge uses it, too, so start it again then"
                               : "when it is made again, the bridge goes on");
    complain(e.message() + what);
}

std::string carrier::incarnation_of_opened(const result<void>& opened) {
    if (!opened) {
        complain_of_object(opened.error());
        return {};
    }
    const auto there = incarnation_of(spec_.place);
    if (!there) {
        complain(there.error().message());
        return {};
    }
    return *there;
}

bool carrier::is_replaced(const std::string& incarnation) {
    const auto now = std::chrono::steady_clock::now();
    if (now - place_looked_at_ < look_every) return false;
    place_looked_at_ = now;
    const auto there = incarnation_of(spec_.place);
    if (there) return *there != incarnation;
    return spec_.direction == direction::mirror && there.error().code() == errc::not_found;
}

void carrier::refuse(const std::string& text) {
    const std::string why = plain(text);
    tell([&](carrier_report& r) {
        r.state = carrier_state::refused;
        r.error = why;
    });
    log(log_level::error, spec_.text(), why);
}

}  // namespace samepage::bridge
