// Putting into a table, and erasing from it, what a bucket says.
// SPDX-License-Identifier: MIT
#include "table_mirror.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "large_value.hpp"
#include "log.hpp"

namespace samepage::bridge {

result<void> table_mirror::open_local(const owner&) {
    table_ = {};
    auto opened = table_bytes::create(spec_.place, as_sole_writer(table_options()));
    if (!opened) return opened.error();
    table_ = std::move(*opened);
    return {};
}

mirror::done table_mirror::begin(const stream_state& stream) {
    is_first_copy_ = !has_mark_ || mark_.local != local() || mark_.stream_sequence == 0;
    if (!is_first_copy_) {
        const past seen = look_back(stream);
        if (seen == past::unanswered) return done::again;
        is_first_copy_ = seen != past::same;
        if (is_first_copy_) log(log_level::info, spec_.text(), "the stream isn't surely what it was: all is compared");
    }
    if (is_first_copy_) mark_.stream_sequence = copied_ = 0;
    seen_.clear();
    return done::yes;
}

bool table_mirror::is_there(std::span<const std::byte> key, std::span<const std::byte> value, std::uint64_t expires) {
    buffer_.resize(std::max(buffer_.size(), value.size()));
    const auto got = table_.get(key, buffer_);
    if (!got || got->size_bytes != value.size() || !std::equal(value.begin(), value.end(), buffer_.begin()))
        return false;
    const auto goes = table_.expires_unix_ns(key);
    // The time was put as a duration from this host's clock: it comes out within moments of what was meant.
    constexpr std::uint64_t moments_ns = 1'000'000'000;
    if (!goes || (*goes == 0) != (expires == 0)) return false;
    return expires == 0 || (*goes < expires ? expires - *goes : *goes - expires) < moments_ns;
}

mirror::done table_mirror::put(std::span<const std::byte> key, std::span<const std::byte> value,
                               std::uint64_t expires) {
    put_options how;
    if (expires != 0) {
        const std::uint64_t now = now_unix_ns();
        if (expires <= now) return erase(key);
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        how.expires_in = duration(static_cast<std::int64_t>(std::min(expires - now, most)));
    }
    if (is_there(key, value, expires)) return done::yes;
    const auto version = table_.put(key, value, how);
    return version ? done::yes : fail(version.error());
}

mirror::done table_mirror::erase(std::span<const std::byte> key) {
    const auto was = table_.erase(key);
    return was ? done::yes : fail(was.error());
}

mirror::done table_mirror::apply(stream_message&& m) {
    const auto key = key_in(m, names_.data.size());
    if (!key) {
        complain(fmt::format("somebody who is no bridge has put {} into the bucket; it is left out",
                             m.subject().substr(0, 100)));
        return done::yes;
    }
    if (!is_ours(m)) {  // its origin will put its own over it
        if (is_first_copy_) seen_.add(*key);
        return done::yes;
    }
    done applied = done::yes;
    std::size_t size_bytes = 0;
    if (is_erased(m)) {
        applied = erase(*key);
    } else {
        std::span<const std::byte> value = m.bytes();
        outcome fetched;
        if (is_in_parts(m)) {
            fetched = fetch_value(server_, names_, m, fetched_);
            value = fetched_;
        }
        size_bytes = value.size();
        if (fetched.foreign()) {
            complain(fmt::format("{} in the stream {} is damaged: {}; it is left out", m.subject().substr(0, 100),
                                 names_.stream, fetched.text));
        } else if (!fetched && !fetched.not_found()) {
            complain_of(fetched, "fetching a large value");
            return done::again;
        }
        if (is_first_copy_) seen_.add(*key);
        if (fetched) applied = put(*key, value, expires_unix_ns(m));  // else a newer one is on its way
    }
    if (applied != done::yes) return applied;
    count(1, size_bytes);
    (is_first_copy_ ? copied_ : mark_.stream_sequence) = m.sequence;
    mark_.origin = at::parse(m.header(at_header));
    remember(m);
    return done::yes;
}

mirror::done table_mirror::caught_up() {
    if (!is_first_copy_) return done::yes;
    seen_.seal();
    std::vector<std::vector<std::byte>> others;
    const auto scanned = table_.for_each([&](const table_bytes::record& r) {
        if (!seen_.has(r.key)) others.emplace_back(r.key.begin(), r.key.end());
        return true;
    });
    if (!scanned) return fail(scanned.error());
    for (const auto& key : others) {
        if (const done erased = erase(key); erased != done::yes) return erased;
    }
    is_first_copy_ = false;
    seen_.clear();
    mark_.stream_sequence = copied_;
    return done::yes;
}

}  // namespace samepage::bridge
