// The kinds' names.
// SPDX-License-Identifier: MIT
#include "samepage/kind.hpp"

namespace samepage {

std::string_view name_of(kind k) noexcept {
    switch (k) {
        case kind::region: return "region";
        case kind::cell: return "cell";
        case kind::lock: return "lock";
        case kind::channel: return "channel";
        case kind::queue: return "queue";
        case kind::table: return "table";
        case kind::unknown: break;
    }
    return "unknown";
}

}  // namespace samepage
