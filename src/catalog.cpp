// The catalogue's public face: places read, the operating system asked.
// SPDX-License-Identifier: MIT
#include "samepage/catalog.hpp"

#include "os/os.hpp"

namespace samepage {

result<catalog> list(scope where, bool with_holders) { return os::list(where, with_holders); }

result<catalog_entry> look_up(std::string_view text) {
    const auto where = place::parse(text);
    if (!where) return where.error();
    return os::look_up(*where);
}

std::vector<finding> diagnose() { return os::diagnose(); }

}  // namespace samepage
