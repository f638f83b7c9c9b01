// Objects at a path, and names that lead to a file.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "os/windows/held_state.hpp"

namespace samepage::os {

// A plain one is any file. A structured one appears whole: it is made beside its path and renamed at the end.
result<std::unique_ptr<held_object::state>> acquire_path(const acquire_request& request);

// The request's backing file, opened (or duplicated) as the file of `s`, at least as long as the request wants it.
result<void> open_backing(const acquire_request& request, held_object::state& s);

// A section of so many bytes over the file of `s`, into `s`; what is too short is made longer. Else `s` stays.
result<void> section_over_file(const char* operation, held_object::state& s, std::uint64_t size_bytes);

inline bool leads_to_file(const acquire_request& request) noexcept {
    return request.backing.has_value() || !request.backing_path.empty();
}

}  // namespace samepage::os
