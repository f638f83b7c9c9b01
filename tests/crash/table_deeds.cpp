// What actors of crash tests do with a table.
// SPDX-License-Identifier: MIT
#include "table_deeds.hpp"

#include <dlfcn.h>

#include <utility>

#include "table_inside.hpp"

namespace {

std::time_t behind_s = 0;

}  // namespace

// In front of the C library's: whoever asks for a time in this program asks here.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    static const auto real = reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
    const int done = real(clock, time);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) time->tv_sec -= behind_s;
    return done;
}

namespace crash::deeds {

using samepage::errc;
using samepage::table_bytes;
using samepage::table_options;

void set_behind(std::time_t seconds) { behind_s = seconds; }

std::string key_of(const scene& s, std::uint64_t bucket, unsigned nth, std::uint64_t buckets) {
    static table_inside::keys all(
        s.of(actor::keeper).note);  // the seed, which the keeper notes; a process has one table
    return all.in(bucket, nth, buckets);
}

std::string key_of(const scene& s, const plot& p, const deed& d) {
    if (d.bucket != 0) return key_of(s, d.bucket, d.nth);
    return key_of(s, d.nth % p.moving_each == 0 ? 64 : 0, d.nth, 128);
}

std::string value_of(const std::string& key, const deed& d) {
    const std::string stamp = key + d.stamp;
    std::string value(d.bytes, '\0');
    for (std::size_t at = 0; at + stamp.size() <= value.size(); at += value.size() / 3)
        value.replace(at, stamp.size(), stamp);
    return value;
}

table_bytes open(const scene& s, samepage::access access) {
    table_options options;
    options.access = access;
    options.timeout = s.victim != 0 ? samepage::duration(short_wait) : samepage::duration(patience);
    auto t = table_bytes::open(s.place, options);
    require(s, t.has_value(), "can't open: " + (t ? "" : t.error().message()));
    return std::move(*t);
}

bool is_lock(const deed& d) { return d.bytes == locks || d.bytes == locks_all || d.bytes == locks_two; }
bool is_of_a_record(const deed& d) { return !is_lock(d) && d.bytes != keeps_history && d.bytes != compacts; }

namespace {

samepage::result<void> lock(const scene& s, const table_bytes& t, const deed& d, const std::string& key,
                            samepage::duration timeout) {
    auto held = d.bytes == locks_all ? t.lock_all(timeout) : t.lock_text(key, timeout);
    if (!held) return held.error();
    const bool dies = s.me == actor::victim || s.me == actor::recoverer;
    if (dies) s.mine().note = 1;  // from here on its death is to be told
    s.stop_here();
    held->mark_repaired();
    if (d.bytes == locks_two) {
        auto second = t.lock_text(key_of(s, d.bucket, d.nth + 1), timeout);
        if (!second) return second.error();
        second->mark_repaired();
        if (auto done = held->release(); !done) return done;
        held = std::move(second);
    }
    if (dies) s.mine().note = 0;  // from here on it may be
    return held->release();
}

// An error that a call may give: a system call failed, or a stopped one is in the way, and named.
bool is_explained(const scene& s, const samepage::error& why) {
    if (why.code() == errc::system || why.code() == errc::not_supported || why.code() == errc::no_space) return true;
    return s.victim != 0 && why.code() == errc::timed_out &&
           why.detail().find(std::to_string(s.victim)) != std::string_view::npos;
}

}  // namespace

samepage::result<void> perform(const scene& s, const plot& p, const table_bytes& t, const deed& d,
                               samepage::duration timeout) {
    const std::string key = key_of(s, p, d);
    if (is_lock(d)) return lock(s, t, d, key, timeout);
    if (d.bytes == keeps_history) {
        const auto kept = t.keep_history(1, timeout);
        if (!kept) return kept.error();
        return {};
    }
    if (d.bytes == compacts) {
        const auto done = t.compact(timeout);
        if (!done) return done.error();
        return {};
    }
    if (d.bytes == 0) {
        const auto done = t.erase_text(key, timeout);
        if (!done) return done.error();
        return {};
    }
    const auto done = t.put_text(key, value_of(key, d), samepage::put_options{d.expires_in, timeout});
    if (!done) return done.error();
    return {};
}

void play(const scene& s, const plot& p, const table_bytes& t, samepage::duration timeout) {
    for (const deed& d : p.of(s.me)) {
        const bool done = s.act([&] {
            const auto how = perform(s, p, t, d, timeout);
            require(s, how || is_explained(s, how.error()), "a deed: " + (how ? "" : how.error().message()));
            return how;
        });
        if (!done) return;
    }
}

}  // namespace crash::deeds
