// Storing what comes into the cell.
// SPDX-License-Identifier: MIT
#include "cell_mirror.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "large_value.hpp"

namespace samepage::bridge {

result<void> cell_mirror::open_local(const owner& of) {
    cell_ = {};
    cell_options options;
    options.capacity_bytes = std::max<std::uint64_t>(of.capacity_bytes, 1);
    auto opened = cell_bytes::create(spec_.place, as_sole_writer(options));
    if (!opened) return opened.error();
    cell_ = std::move(*opened);
    buffer_.resize(cell_.capacity_bytes());
    return {};
}

mirror::done cell_mirror::begin(const stream_state&) {
    mark_.stream_sequence = 0;  // there is one message, and it is compared with what is here
    is_first_ = true;
    return done::yes;
}

bool cell_mirror::is_there(std::span<const std::byte> value) {
    const auto loaded = cell_.load(buffer_);
    return loaded && loaded->size_bytes == value.size() && std::equal(value.begin(), value.end(), buffer_.begin());
}

mirror::done cell_mirror::apply(stream_message&& m) {
    if (!is_ours(m)) return done::yes;  // its origin will put its own over it
    std::span<const std::byte> value = m.bytes();
    if (is_in_parts(m)) {
        const outcome o = fetch_value(server_, names_, m, fetched_);
        if (o.not_found()) return done::yes;  // a newer one is on its way
        if (o.foreign()) {
            complain(fmt::format("the value in the stream {} is damaged: {}; it is left out", names_.stream, o.text));
            return done::yes;
        }
        if (!o) {
            complain_of(o, "fetching a large value");
            return done::again;
        }
        value = fetched_;
    }
    if (!(is_first_ && is_there(value))) {
        if (const auto stored = cell_.store(value); !stored) {
            if (stored.error().code() == errc::too_large) {
                refuse(
                    fmt::format("too_large: the cell {} was made for smaller values than its origin has; remove it, "
                                "and start this bridge again",
                                spec_.place));
                return done::refused;
            }
            return fail(stored.error());
        }
    }
    count(1, value.size());
    is_first_ = false;
    mark_.stream_sequence = m.sequence;
    mark_.origin = at::parse(m.header(at_header));
    remember(m);
    return done::yes;
}

}  // namespace samepage::bridge
