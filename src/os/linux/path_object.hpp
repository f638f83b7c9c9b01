// Objects at a path: files that stay.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "os/linux/held_state.hpp"

namespace samepage::os {

// A plain one is any file. A structured one appears whole: it is made without a name and linked to its path at the end.
result<std::unique_ptr<held_object::state>> acquire_path(const acquire_request& request);

// What a live object is instead, as an error. (held_object.cpp)
result<bool> wrong_kind(int descriptor, const place& where, bool asked_structured);

// Lets the caller write a new structured object's first bytes. (held_object.cpp)
result<void> initialise(int descriptor, const acquire_request& request);

}  // namespace samepage::os
