// Following a table's history, and comparing a table with its bucket.
// SPDX-License-Identifier: MIT
#include "table_origin.hpp"

#include <fmt/format.h>

#include <chrono>

#include "hash.hpp"
#include "log.hpp"

namespace samepage::bridge {

namespace {

constexpr auto behind_max = std::chrono::seconds(3);
constexpr int tries_max = 1000;
constexpr std::uint64_t history_bytes = std::uint64_t{4} << 20;  // about 100,000 changes

}  // namespace

result<void> table_origin::open_local() {
    auto opened = table_bytes::create(spec_.place);
    if (!opened) return opened.error();
    if (const auto kept = opened->keep_history(history_bytes); !kept) return kept.error();
    auto subscribed = opened->subscribe();
    if (!subscribed) return subscribed.error();
    feed_ = std::move(*subscribed);  // before its table goes
    table_ = std::move(*opened);
    is_unsure_ = true;
    return {};
}

bool table_origin::resume(bool is_as_left) {
    if (is_as_left && !is_unsure_) return true;
    return resync();
}

bool table_origin::resync() {
    enter(carrier_state::resync);
    is_unsure_ = true;
    changed_.clear();
    in_parts_.clear();
    key_set seen;
    if (!compare_with_stream(seen)) return false;
    seen.seal();
    if (!send_others(seen)) return false;
    log(log_level::debug, spec_.text(), "compared");
    return true;
}

bool table_origin::compare_with_stream(key_set& seen) {
    // In a cluster the server that is read from may be behind the others: what it has is all when the last message that
    // was acknowledged comes, be it one of the fence.
    if (!publisher_.drain()) return false;
    const std::uint64_t last = publisher_.acknowledged();
    reader there(server_);
    if (const outcome o = there.open(names_.stream, "", 1, true); !o) {
        complain_of(o, "reading the stream " + names_.stream);
        return false;
    }
    auto heard_at = std::chrono::steady_clock::now();
    for (std::uint64_t read = 0; read < last;) {
        if (stopping()) return false;
        stream_message m;
        const reader::got got = there.next(m, 100);
        if (got == reader::got::nothing && std::chrono::steady_clock::now() - heard_at < behind_max) continue;
        if (got != reader::got::message) {
            complain(got == reader::got::broken
                         ? "the connection broke while the table was compared; it is begun again"
                         : "the server that the table was compared with lacks messages that others have stored; it is "
                           "begun again");
            return false;
        }
        heard_at = std::chrono::steady_clock::now();
        read = m.sequence;
        if (!m.subject().starts_with(names_.data)) continue;
        const auto key = key_in(m, names_.data.size());
        if (!key) {
            complain(fmt::format("somebody who is no bridge has put {} into the bucket", m.subject().substr(0, 100)));
            continue;
        }
        seen.add(*key);
        if (is_in_parts(m)) in_parts_.insert(key_token(*key));
        const auto version = table_.version(*key);
        if (!version) {
            fail(version.error());
            return false;
        }
        const at newest{incarnation(), *version};
        const bool is_equal = *version == 0 ? is_erased(m) : !is_erased(m) && at::parse(m.header(at_header)) == newest;
        if (!is_equal && !send(*key)) return false;
        tell([&](carrier_report& r) { r.lag = there.pending(); });
    }
    return true;
}

bool table_origin::send_others(const key_set& seen) {
    bool is_sent = true;
    const auto scanned = table_.for_each([&](const table_bytes::record& r) {
        if (!seen.has(r.key)) is_sent = send_value(r.key, r.version, r.expires_unix_ns, r.value);
        return is_sent && !stopping() && publisher_.collect(0);
    });
    if (!scanned) fail(scanned.error());
    return scanned && is_sent && publisher_.ok() && !stopping();
}

bool table_origin::send(std::span<const std::byte> key) {
    for (int tries = 0; tries < tries_max; ++tries) {
        const auto got = table_.get(key, buffer_);
        if (!got) {
            switch (got.error().code()) {
                case errc::no_key: return send_erasure(key);
                case errc::busy: continue;
                case errc::too_large: buffer_.resize(got.error().needed_bytes()); continue;
                default: fail(got.error()); return false;
            }
        }
        // The time of expiry is this value's if the version is still the same behind it.
        const auto expires = table_.expires_unix_ns(key);
        const auto version = table_.version(key);
        if (!version || *version != got->version || !expires) continue;
        return send_value(key, got->version, *expires, std::span<const std::byte>(buffer_).first(got->size_bytes));
    }
    complain("a record changes faster than it can be read; it is tried again");
    pause(20);
    return false;
}

bool table_origin::send_value(std::span<const std::byte> key, std::uint64_t version, std::uint64_t expires,
                              std::span<const std::byte> value) {
    const std::string token = key_token(key);
    std::vector<header> headers;
    if (expires != 0) headers.push_back({expires_header, std::to_string(expires)});
    if (is_hashed(token)) headers.push_back({key_header, hex_of(key)});
    const std::uint64_t first = publisher_.next_sequence();
    if (!publish_value(publisher_, server_, names_, names_.data + token, {incarnation(), version}, value,
                       std::move(headers)))
        return false;
    const bool has_parts = publisher_.next_sequence() > first + 1;
    if (!has_parts && (in_parts_.empty() || !in_parts_.contains(token))) return true;
    if (!remove_parts_of(token, first)) return false;
    if (has_parts) in_parts_.insert(token);
    return true;
}

bool table_origin::send_erasure(std::span<const std::byte> key) {
    const std::string token = key_token(key);
    std::vector<header> headers = {{operation_header, "DEL"}, {at_header, at{incarnation(), 0}.text()}};
    if (is_hashed(token)) headers.push_back({key_header, hex_of(key)});
    const std::uint64_t first = publisher_.next_sequence();
    if (!publisher_.wait_for_room() || !publisher_.publish(names_.data + token, {}, headers)) return false;
    return in_parts_.empty() || !in_parts_.contains(token) || remove_parts_of(token, first);
}

bool table_origin::remove_parts_of(const std::string& token, std::uint64_t first) {
    if (!publisher_.drain()) return false;  // the new value stands first
    const outcome o = remove_older_parts(names_.data + token, first);
    if (o) {
        in_parts_.erase(token);
    } else {
        complain_of(o, "removing an older value's parts");
    }
    return true;
}

std::size_t table_origin::step(std::int64_t timeout_ms) {
    if (publisher_.under_way() == 0 && changed_.empty() && publisher_.ok()) is_unsure_ = false;
    // A key that changes often is sent as often as there is room, not as it changes.
    std::size_t count = 0;
    while (count < batch_max) {
        const auto entry = feed_.next(std::chrono::milliseconds(count == 0 && changed_.empty() ? timeout_ms : 0));
        if (!entry) {
            if (entry.error().code() == errc::timed_out || entry.error().code() == errc::busy) break;
            fail(entry.error());
            return 0;
        }
        is_unsure_ = true;
        ++count;
        if (entry->missed != 0) {
            log(log_level::info, spec_.text(),
                fmt::format("{} changes were faster than could be followed: all is compared", entry->missed));
            return resync() ? count : 0;
        }
        changed_.emplace(entry->key_text());
    }
    while (!changed_.empty()) {
        const std::string key = *changed_.begin();
        if (!send(std::as_bytes(std::span(key)))) return count;
        changed_.erase(changed_.begin());
    }
    return count;
}

}  // namespace samepage::bridge
