// UTF-8: every border of RFC 3629's table, from both sides.
// SPDX-License-Identifier: MIT
#include "utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using samepage::is_utf8;

// The bytes of a code point by the general scheme, also for those that UTF-8 forbids.
std::string encoded(unsigned point, int length) {
    const auto byte = [](unsigned b) { return static_cast<char>(static_cast<unsigned char>(b)); };
    switch (length) {
        case 1: return {byte(point)};
        case 2: return {byte(0xC0U | point >> 6U), byte(0x80U | (point & 0x3FU))};
        case 3: return {byte(0xE0U | point >> 12U), byte(0x80U | (point >> 6U & 0x3FU)), byte(0x80U | (point & 0x3FU))};
        default:
            return {byte(0xF0U | point >> 18U), byte(0x80U | (point >> 12U & 0x3FU)),
                    byte(0x80U | (point >> 6U & 0x3FU)), byte(0x80U | (point & 0x3FU))};
    }
}

TEST(utf8_test, every_code_point_in_its_shortest_form_only) {
    for (unsigned point = 0; point < 0x200000; point += point < 0x11000 ? 1 : 97) {
        const int shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        const bool allowed = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
        for (int length = shortest; length <= 4; ++length) {
            ASSERT_EQ(is_utf8(encoded(point, length)), allowed && length == shortest)
                << "point " << point << " in " << length << " bytes";
        }
    }
}

TEST(utf8_test, the_last_code_points) {
    EXPECT_TRUE(is_utf8(encoded(0x10FFFF, 4)));
    EXPECT_FALSE(is_utf8(encoded(0x110000, 4)));
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8(std::string("\0", 1)));
}

TEST(utf8_test, nothing_cut_and_nothing_alone) {
    for (const unsigned point : {0x80U, 0x800U, 0x10000U}) {
        const std::string whole = encoded(point, point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);
        for (std::size_t length = 1; length < whole.size(); ++length) {
            EXPECT_FALSE(is_utf8(whole.substr(0, length)));
            EXPECT_FALSE(is_utf8(whole.substr(0, length) + "x"));
            EXPECT_FALSE(is_utf8(whole.substr(length)));
        }
        EXPECT_TRUE(is_utf8("a" + whole + whole + "z"));
    }
    for (unsigned byte = 0x80; byte <= 0xFF; ++byte) EXPECT_FALSE(is_utf8(std::string(1, static_cast<char>(byte))));
}

}  // namespace
