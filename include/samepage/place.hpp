// Where an object is: a name (memory that lives while it is held) or a path (a file that stays).
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "samepage/result.hpp"

namespace samepage {

// One user's names on Linux, one session's on Windows (local); the machine's (global); or a file (path).
enum class scope : std::uint8_t { local, global, path };

// A parsed place. A value; any thread.
//
// "hello" and "Local\hello" are local names, "Global\hello" is a global one; what has a '/' in it (on Windows also a
// '\' or a drive) is a path. A name is 1 to 200 bytes of UTF-8 without '/', '\' and control bytes, and is not "." or
// "..". The prefixes are matched in any case, as Windows does.
struct place {
    samepage::scope scope = scope::local;
    std::string name;  // without prefix; for a path: the path as given

    bool is_path() const noexcept { return scope == scope::path; }

    // invalid_name, with the reason in its detail.
    SAMEPAGE_API static result<place> parse(std::string_view text);

    // As parse() takes it: "hello", "Global\hello", "./stock.page".
    SAMEPAGE_API std::string text() const;
};

}  // namespace samepage
