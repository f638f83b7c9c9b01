// For builds without shapelib: DBF isn't read.
// SPDX-License-Identifier: MIT
#include "dbf_input.hpp"
#include "failure.hpp"

namespace samepage::cli {

std::unique_ptr<record_input> open_dbf(const std::string&, const std::optional<std::string>&,
                                       const std::optional<std::string>&, record_part) {
    throw failure(status_error, "not_supported",
                  "not_supported: this samepage was built without shapelib, which reads DBF; build it with that "
                  "(Debian: libshp-dev), or convert the file to CSV");
}

}  // namespace samepage::cli
