// Cells as commands open them.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "content.hpp"
#include "json.hpp"
#include "samepage/cell.hpp"

namespace samepage::cli {

// Opens a cell to write. `create`: makes it where there is none; else only at a path, and on a name that nobody holds
// the failure says what to do. Throws failure.
cell_bytes cell_to_write(const std::string& place, bool create, std::optional<std::uint64_t> capacity_bytes = {});

cell_bytes cell_to_read(const std::string& place);

// A value from the command line or a file, whole in memory. Throws failure when it is larger than any cell's.
std::string value_of(const content_source& source);

// A value with its version, as --json prints it.
json_object value_as_json(const std::string& place, const cell_bytes::text_value& value);

}  // namespace samepage::cli
