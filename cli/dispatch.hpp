// dispatch: finds the command that was typed, and runs it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace samepage::cli {

// Returns the exit status. `words` is the command line without the program's name.
int dispatch(const std::vector<std::string>& words);

}  // namespace samepage::cli
