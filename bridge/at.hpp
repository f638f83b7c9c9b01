// at: where in its origin's object something stands: which object, and the number there.
// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace samepage::bridge {

inline constexpr const char* at_header = "Sp-At";

// Numbers of one incarnation only grow. Another one says nothing about them: the object was made anew.
struct at {
    std::string incarnation;  // incarnation_of(): 16 hexadecimal digits
    std::uint64_t number = 0;

    std::string text() const { return incarnation + "-" + std::to_string(number); }
    // An empty one for what isn't of ours.
    static at parse(std::string_view text) {
        at seen;
        const std::size_t dash = text.rfind('-');
        if (dash != 16 || text.find_first_not_of("0123456789abcdef") != dash) return seen;
        const auto end = text.data() + text.size();
        const auto [stopped, wrong] = std::from_chars(text.data() + dash + 1, end, seen.number);
        if (wrong == std::errc() && stopped == end) {
            seen.incarnation = text.substr(0, dash);
        } else {
            seen.number = 0;
        }
        return seen;
    }
    bool operator==(const at&) const = default;
};

}  // namespace samepage::bridge
