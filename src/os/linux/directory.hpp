// Where the names of a scope are files: BASE/samepage-UID and BASE/samepage-global.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>

#include "samepage/place.hpp"
#include "samepage/result.hpp"

namespace samepage::os {

// $SAMEPAGE_DIR, or /dev/shm.
std::string base_directory();

// The directory of a scope's names, without looking at it.
std::string directory_of(scope where);

// The directory, looked at: denied when it is a link, somebody else's, or open to others than it should be; not_found
// when it isn't there, or made first if `make` (local only; a global one is an administrator's).
//
// The check is by path. Nobody else can put another directory in its place afterwards, because the base is sticky or
// the user's own; `doctor` says where it isn't.
result<std::string> checked_directory(scope where, bool make);

// Permissions of a new object's file.
mode_t file_mode(scope where) noexcept;

}  // namespace samepage::os
