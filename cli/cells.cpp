// Cells as commands open them.
// SPDX-License-Identifier: MIT
#include "cells.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "failure.hpp"
#include "samepage/place.hpp"
#include "units.hpp"

namespace samepage::cli {

void cell_shape::declare(arguments& a, const std::string& usual) {
    a.size("--capacity", capacity_bytes_, "Bytes of the largest value, for a new cell; default " + usual);
}

cell_options cell_shape::options() const {
    cell_options options;
    if (capacity_bytes_) options.capacity_bytes = *capacity_bytes_;
    return options;
}

void cell_shape::fit(std::uint64_t value_bytes) {
    if (!capacity_bytes_) capacity_bytes_ = std::max(options().capacity_bytes, value_bytes);
}

cell_bytes cell_to_write(const std::string& place, bool create, const cell_shape& shape) {
    if (create || need(place::parse(place)).is_path()) return need(cell_bytes::create(place, shape.options()));
    auto opened = cell_bytes::open(place, shape.options());
    if (opened) return *std::move(opened);
    if (opened.error().code() != errc::not_found) throw failure(opened.error());
    throw failure(
        status_not_found, "not_found",
        fmt::format("not_found: nobody holds {0}: run \"samepage cell hold {0}\", add \"-- CMD\" or \"--for 5s\", "
                    "or use the file ./{0}",
                    place));
}

cell_bytes cell_to_read(const std::string& place) {
    cell_options options;
    options.access = access::read_only;
    return need(cell_bytes::open(place, options));
}

std::string value_of(const content_source& source) {
    constexpr std::uint64_t largest_bytes = std::uint64_t{1} << 30;
    content value(source);
    if (value.size_bytes() <= largest_bytes) return value.bytes();
    throw failure(status_full, "too_large",
                  fmt::format("too_large: the value has {}; a cell holds at most {}", size_text(value.size_bytes()),
                              size_text(largest_bytes)));
}

json_object value_as_json(const std::string& place, const cell_bytes::text_value& value) {
    json_object answer;
    answer.set("place", place).set("version", value.version).bytes("value", value.text);
    return answer;
}

}  // namespace samepage::cli
