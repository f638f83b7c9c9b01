// Whether bytes are well-formed UTF-8.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace samepage {

// RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

}  // namespace samepage
