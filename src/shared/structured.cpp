// Opens structured objects.
// SPDX-License-Identifier: MIT
#include "shared/structured.hpp"

#include <algorithm>
#include <limits>

namespace samepage::shared {

result<os::held_object> structured::acquire(const structured_request& request) {
    const auto where = place::parse(request.place);
    if (!where) return where.error();
    os::acquire_request wanted;
    wanted.where = &*where;
    wanted.disposition = request.disposition;
    wanted.access = samepage::access::read_write;
    wanted.size_bytes = request.spec.object_bytes;
    wanted.structured = true;
    wanted.holes_stay = request.reserve_bytes != 0;
    wanted.timeout = request.timeout;
    wanted.initialise = [&](std::span<std::byte> object) {
        write_header(object, request.spec);
        if (request.initialise) request.initialise(object);
    };
    if (request.access == samepage::access::read_write) return os::held_object::acquire(wanted);
    // A reader asks for the right to write too, for the wait page alone.
    wanted.disposition = os::disposition::open_existing;
    auto opened = os::held_object::acquire(wanted);
    if (opened || opened.error().code() != errc::denied) return opened;
    wanted.access = samepage::access::read_only;
    return os::held_object::acquire(wanted);
}

result<void> structured::open(const structured_request& request) {
    auto opened = acquire(request);
    if (!opened) return opened.error();
    object_ = std::move(*opened);
    place_ = request.place;
    const std::uint64_t size = object_.size_bytes();
    if (size < sizeof(object_header)) {
        return error(errc::corrupt, request.operation, place_ + " is shorter than a header; make it anew");
    }
    {
        const auto first = object_.map(0, sizeof(object_header), samepage::access::read_only);
        if (!first) return first.error();
        auto header = read_header({first->data(), first->size()}, size, request.spec, request.operation, place_);
        if (!header) return header.error();
        header_ = *header;
    }
    if (request.reserve_bytes != 0 && size < request.spec.object_bytes) {
        return error(errc::corrupt, request.operation, place_ + " is shorter than one is from the start; make it anew");
    }
    if (size > std::numeric_limits<std::size_t>::max() / 2) {
        return error(errc::too_large, request.operation, place_ + " is larger than this process has addresses for");
    }
    // A growing object may be larger by now than it was made.
    const std::uint64_t mapped = request.reserve_bytes != 0 ? size : header_.object_bytes;
    const auto reserve = static_cast<std::size_t>(
        std::min<std::uint64_t>(request.reserve_bytes, std::numeric_limits<std::size_t>::max() / 4));
    auto whole = object_.map(0, static_cast<std::size_t>(mapped), request.access, reserve);
    if (!whole && reserve > mapped) whole = object_.map(0, static_cast<std::size_t>(mapped), request.access);
    if (!whole) return whole.error();
    whole_ = std::move(*whole);
    may_write_ = request.access == samepage::access::read_write;
    if (!may_write_ && object_.access() == samepage::access::read_write) {
        auto page = object_.map(wait_page_offset, page_bytes, samepage::access::read_write);
        if (page) wait_page_ = std::move(*page);
    }
    return {};
}

}  // namespace samepage::shared
