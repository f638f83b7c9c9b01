// The records of a DBF file, a table of dBase or FoxPro, as records for a table: as if it were CSV.
// SPDX-License-Identifier: MIT
#pragma once

#include "record_input.hpp"

namespace samepage::cli {

// As record_input::open. `encoding`: the code page of a file that doesn't say it, as iconv calls it. Where this program
// was built without shapelib, it fails.
std::unique_ptr<record_input> open_dbf(const std::string& path, const std::optional<std::string>& key,
                                       const std::optional<std::string>& encoding, record_part part);

}  // namespace samepage::cli
