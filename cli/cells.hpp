// Cells as commands open them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arguments.hpp"
#include "content.hpp"
#include "json.hpp"
#include "samepage/cell.hpp"

namespace samepage::cli {

// What a new cell is made with, as --capacity says.
class cell_shape {
   public:
    void declare(arguments& a, const std::string& usual = "4096");
    cell_options options() const;
    void fit(std::uint64_t value_bytes);  // where nothing was said, room for such a value, too

   private:
    std::optional<std::uint64_t> capacity_bytes_;
};

// Opens a cell to write. `create`: makes it where there is none; else only at a path, and on a name that nobody holds
// the failure says what to do. Throws failure.
cell_bytes cell_to_write(const std::string& place, bool create, const cell_shape& shape = {});

cell_bytes cell_to_read(const std::string& place);

// A value from the command line or a file, whole in memory. Throws failure when it is larger than any cell's.
std::string value_of(const content_source& source);

// A value with its version, as --json prints it.
json_object value_as_json(const std::string& place, const cell_bytes::text_value& value);

}  // namespace samepage::cli
