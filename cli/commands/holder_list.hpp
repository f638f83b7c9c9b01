// The holders of an object as JSON, the same for info and holders.
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "../json.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

// [{"pid": 4711, "command": "samepage"}, …]; the command is null where it can't be read.
std::vector<json_object> holders_as_json(const catalog_entry& entry);

}  // namespace samepage::cli
