// Names that lead to files: create(name, backing).
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "os/linux/held_state.hpp"

namespace samepage::os {

// What the entry of such a name says. The entry is a file of the names' directory, with the structured mark.
struct file_link {
    std::string path;  // absolute
    std::uint64_t device = 0, inode = 0;
    std::uint64_t size_bytes = 0;
};

inline bool leads_to_file(const acquire_request& request) noexcept {
    return request.backing.has_value() || !request.backing_path.empty();
}

// Opens the request's backing file as what `s` maps and writes the link into its (new, empty) entry.
result<void> make_link(const acquire_request& request, held_object::state& s);

// The link that an entry holds; nothing when it is another structured object.
result<std::optional<file_link>> read_link(int descriptor);

// Opens the file that a link leads to as what `s` maps. lost_name when another file is there now.
result<void> follow(const file_link& link, samepage::access wanted, held_object::state& s);

}  // namespace samepage::os
