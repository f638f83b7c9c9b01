// What the kernel lists of its named objects.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "os/windows/held_state.hpp"

namespace samepage::os {

struct named_object {
    std::wstring name, type;
};

// The kernel's own folder of a scope's names: L"\\Sessions\\1\\BaseNamedObjects".
std::wstring directory_of(scope where);

// What is in it, unsorted. system, with the system's code, where this user may not look.
result<std::vector<named_object>> list_directory(scope where);

}  // namespace samepage::os
