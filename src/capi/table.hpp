// What the handles of tables hold.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "capi/call.hpp"
#include "samepage/table.hpp"

namespace samepage::capi {

// What is made from a table keeps it.
using shared_table = std::shared_ptr<table_bytes>;

}  // namespace samepage::capi

struct samepage_table : samepage::capi::slot<samepage::capi::shared_table> {};
