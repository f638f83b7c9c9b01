// What this system calls a path. Part of the specification in os.hpp; apart, because place.cpp needs only this.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace samepage::os {

// Linux: anything with a '/'. Windows: also anything with a '\' or that begins with a drive ("c:").
bool is_path(std::string_view text) noexcept;

}  // namespace samepage::os
