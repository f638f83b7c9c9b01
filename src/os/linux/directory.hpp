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

// A directory of names and whose it is.
struct names_directory {
    std::string path;
    uid_t user = 0;  // the effective user for whom it was looked at
};

// The directory of a scope's names, without looking at it.
names_directory directory_of(scope where);

// The directory, looked at: denied when it is a link, somebody else's, or open to others than it should be; not_found
// when it isn't there, or made first if `make` (local only; a global one is an administrator's).
//
// A local one that was found good once isn't looked at again (until forget_directory): every file opened in it is
// checked to be the user's own, so another directory in its place can only deny. Nobody else can put one there anyway
// where the base is sticky or the user's own; `doctor` says where it isn't.
result<names_directory> checked_directory(scope where, bool make);

// The directory that was good is gone.
void forget_directory() noexcept;

// Permissions of a new object's file.
mode_t file_mode(scope where) noexcept;

}  // namespace samepage::os
