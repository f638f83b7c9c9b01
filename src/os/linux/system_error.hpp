// From errno to an error.
// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <string_view>

#include "samepage/error.hpp"

namespace samepage::os {

errc code_of(int system_code) noexcept;

// The error for `system_code`, with a sentence of ours if there is one.
error from_system(const char* operation, int system_code, std::string_view detail = {}) noexcept;

}  // namespace samepage::os
