// Opening an object as what it is.
// SPDX-License-Identifier: MIT
#include "keep.hpp"

#include "failure.hpp"
#include "samepage/region.hpp"
#include "transfer.hpp"

namespace samepage::cli {

namespace {

template <class T>
kept as_kept(T object) {
    auto owned = std::make_shared<const T>(std::move(object));
    return {owned, [owned] { return owned->check_name(); }};
}

}  // namespace

kept keep(const std::string& place) { return as_kept(need(region::open(place, windows_only(access::read_only)))); }

}  // namespace samepage::cli
