// What there is: the live objects, who holds them, what leftovers cost, and whether this machine suits.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "samepage/export.hpp"
#include "samepage/kind.hpp"
#include "samepage/place.hpp"
#include "samepage/result.hpp"

namespace samepage {

// A process that holds an object.
struct holder {
    std::uint32_t process = 0;  // the system's process number, as seen from here
    std::string command;        // the program's name; empty where it can't be read
};

// One live object.
struct catalog_entry {
    samepage::place place;
    samepage::kind kind = samepage::kind::region;
    std::uint64_t size_bytes = 0;
    std::vector<holder> holders;   // those that can be seen from here
    bool holders_complete = true;  // whether these are all
    std::string location;          // where the system keeps it, for people
};

// The live objects of a scope.
struct catalog {
    std::vector<catalog_entry> entries;  // by name
    bool complete = true;                // false where the system can't list names (`why` says so)
    std::string why;
    std::uint64_t freed_bytes = 0;  // of leftovers of killed processes, met and freed on the way
    std::uint64_t freed_entries = 0;
};

// Every live object of `where` (local or global; path is invalid_argument). Frees leftovers on the way. Any thread;
// costs some microseconds an object, and more with `with_holders`, which reads what the system shows of processes.
SAMEPAGE_API result<catalog> list(scope where, bool with_holders = false);

// One object, by name or path, with its holders. not_found as region::open.
SAMEPAGE_API result<catalog_entry> look_up(std::string_view place);

// One thing that `samepage doctor` looked at.
struct finding {
    enum class level : std::uint8_t { good, note, bad };
    finding::level severity = finding::level::good;
    std::string subject;
    std::string text;  // what is so
    std::string fix;   // what to do; empty when good
};

// Looks at the directory, its owner and mode, the free memory, limits and the kernel's features.
SAMEPAGE_API std::vector<finding> diagnose();

}  // namespace samepage
