// The kinds of objects, as they stand in the header of a structured object.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "samepage/export.hpp"

namespace samepage {

// The numbers are part of the format: never reused, only added.
enum class kind : std::uint32_t {
    region = 0,
    cell = 1,
    lock = 2,
    channel = 3,
    queue = 4,
    table = 5,
    unknown = 0xffffffff,  // in lists: something with a header, which is damaged
};

// "region", "cell", …; "unknown" for a number that this version doesn't know.
SAMEPAGE_API std::string_view name_of(kind k) noexcept;

}  // namespace samepage
