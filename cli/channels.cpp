// Channels as commands open them.
// SPDX-License-Identifier: MIT
#include "channels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "awaiting.hpp"
#include "failure.hpp"
#include "samepage/place.hpp"
#include "units.hpp"

namespace samepage::cli {

namespace {

bool has_listener(const channel_bytes& channel) {
    const auto registered = need(channel.info()).registered;
    return std::any_of(registered.begin(), registered.end(), [](const auto& one) { return one.live; });
}

}  // namespace

void channel_shape::declare(arguments& a) {
    a.size("--capacity", capacity_bytes_, "Bytes of the largest message, for a new channel; default 256K");
}

void channel_shape::declare_loans(arguments& a) {
    a.number("--loans", loans_, "N", "Messages that programs can fill in place at once, for a new channel; default 4");
}

channel_options channel_shape::options() const {
    channel_options options;
    if (capacity_bytes_) options.capacity_bytes = *capacity_bytes_;
    if (loans_) options.loans = static_cast<std::uint32_t>(std::min<std::uint64_t>(*loans_, UINT32_MAX));
    return options;
}

channel_bytes channel_to_send(const std::string& place, bool create, const channel_shape& shape) {
    if (create || need(place::parse(place)).is_path()) return need(channel_bytes::create(place, shape.options()));
    auto opened = channel_bytes::open(place, shape.options());
    if (opened) return *std::move(opened);
    if (opened.error().code() != errc::not_found) throw failure(opened.error());
    throw failure(status_not_found, "not_found",
                  fmt::format("not_found: nobody holds {0}: run \"samepage channel listen {0}\" or \"samepage channel "
                              "hold {0}\", add --wait, \"-- CMD\" or \"--for 5s\", or use the file ./{0}",
                              place));
}

channel_bytes channel_to_listen(const std::string& place, bool create, bool read_only_too, const channel_shape& shape) {
    channel_options options = shape.options();
    auto opened = create ? channel_bytes::create(place, options) : channel_bytes::open(place, options);
    if (opened || !read_only_too || opened.error().code() != errc::denied) return need(std::move(opened));
    options.access = access::read_only;
    return need(channel_bytes::open(place, options));
}

channel_bytes channel_with_listener(channel_bytes mine, const std::string& place, duration timeout) {
    for (awaiting listener("a listener of " + place, timeout);; listener.pause()) {
        if (!mine.is_open()) {
            auto opened = channel_bytes::open(place);
            if (!opened && opened.error().code() != errc::not_found) throw failure(opened.error());
            if (opened) mine = *std::move(opened);
        }
        if (mine.is_open() && has_listener(mine)) return mine;
        if (listener.over())
            throw failure(
                status_timed_out, "timed_out",
                fmt::format("timed_out: nobody listens to {} after {}; run \"samepage channel listen {}\" (with "
                            "--lossy it does not count)",
                            place, duration_text(timeout), place));
    }
}

}  // namespace samepage::cli
