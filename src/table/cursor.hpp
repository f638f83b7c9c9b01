// Where a cursor over a table is.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "samepage/table.hpp"
#include "table/scan.hpp"

namespace samepage {

struct table_bytes::cursor::state {
    state(const tables::arena& where, std::uint64_t seed, std::string_view wanted) : at(where, seed), prefix(wanted) {}

    tables::scan at;
    std::string prefix;
    std::size_t next = 0;  // of the records of the bucket that `at` has copied
};

}  // namespace samepage
