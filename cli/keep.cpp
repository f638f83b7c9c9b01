// Opening an object as what it is.
// SPDX-License-Identifier: MIT
#include "keep.hpp"

#include "failure.hpp"
#include "samepage/catalog.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/lock.hpp"
#include "samepage/queue.hpp"
#include "samepage/region.hpp"
#include "tables.hpp"
#include "transfer.hpp"

namespace samepage::cli {

namespace {

template <class T>
kept as_kept(T object) {
    auto owned = std::make_shared<const T>(std::move(object));
    return {owned, [owned] { return owned->check_name(); }};
}

}  // namespace

kept keep(const std::string& place) {
    auto plain = region::open(place, windows_only(access::read_only));
    if (plain || plain.error().code() != errc::wrong_kind) return as_kept(need(std::move(plain)));
    cell_options reading;
    reading.access = access::read_only;
    channel_options listening;
    listening.access = access::read_only;
    switch (need(look_up(place)).kind) {
        case kind::cell: return as_kept(need(cell_bytes::open(place, reading)));
        case kind::channel: return as_kept(need(channel_bytes::open(place, listening)));
        case kind::lock: return as_kept(need(lock::open(place)));
        case kind::table: return as_kept(table_to_read(place));
        case kind::queue: return as_kept(need(queue_bytes::open(place)));
        default: break;
    }
    throw failure(plain.error());
}

}  // namespace samepage::cli
