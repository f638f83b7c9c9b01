// From GetLastError to an error.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "samepage/error.hpp"

namespace samepage::os {

errc code_of(std::uint32_t system_code) noexcept;

// The error for `system_code` (GetLastError()), with a sentence of ours if there is one.
error from_system(const char* operation, std::uint32_t system_code, std::string_view detail = {}) noexcept;

}  // namespace samepage::os
