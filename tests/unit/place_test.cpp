// Places: what is a name, what is a path, and what is neither.
// SPDX-License-Identifier: MIT
#include "samepage/place.hpp"

#include <gtest/gtest.h>

namespace {

using samepage::errc;
using samepage::place;
using samepage::scope;

void expect_name(std::string_view text, scope where, std::string_view name) {
    const auto p = place::parse(text);
    ASSERT_TRUE(p) << text << ": " << p.error().message();
    EXPECT_EQ(p->scope, where) << text;
    EXPECT_EQ(p->name, name) << text;
    const auto again = place::parse(p->text());
    ASSERT_TRUE(again) << p->text();
    EXPECT_EQ(again->scope, where) << text;
    EXPECT_EQ(again->name, name) << text;
}

void expect_refused(std::string_view text) {
    const auto p = place::parse(text);
    ASSERT_FALSE(p) << "'" << text << "' became a place";
    EXPECT_EQ(p.error().code(), errc::invalid_name) << text;
    EXPECT_FALSE(p.error().detail().empty()) << "no reason given for " << text;
}

TEST(place_test, names) {
    expect_name("hello", scope::local, "hello");
    expect_name("Local\\hello", scope::local, "hello");
    expect_name("LOCAL\\hello", scope::local, "hello");
    expect_name("local\\Hello", scope::local, "Hello");
    expect_name("Global\\hello", scope::global, "hello");
    expect_name("gLoBaL\\hello", scope::global, "hello");
    expect_name("Local", scope::local, "Local");
    expect_name("Globalhello", scope::local, "Globalhello");
    expect_name("two words", scope::local, "two words");
    expect_name("-f", scope::local, "-f");
    expect_name(".hidden", scope::local, ".hidden");
    expect_name("...", scope::local, "...");
    expect_name("gr\u00FC\u00DFe \U0001F600", scope::local, "gr\u00FC\u00DFe \U0001F600");
}

TEST(place_test, the_longest_name_has_200_bytes) {
    expect_name(std::string(200, 'x'), scope::local, std::string(200, 'x'));
    expect_name("Global\\" + std::string(200, 'x'), scope::global, std::string(200, 'x'));
    expect_refused(std::string(201, 'x'));
    expect_refused("Local\\" + std::string(201, 'x'));
    std::string umlauts;
    for (int i = 0; i < 100; ++i) umlauts += "\u00FC";
    expect_name(umlauts, scope::local, umlauts);
    expect_refused(umlauts + "x");
}

TEST(place_test, paths) {
    expect_name("./stock.page", scope::path, "./stock.page");
    expect_name("/dev/shm/x", scope::path, "/dev/shm/x");
    expect_name("a/b", scope::path, "a/b");
    expect_name("/", scope::path, "/");
    expect_name("../x", scope::path, "../x");
    EXPECT_TRUE(place::parse("./x")->is_path());
    EXPECT_FALSE(place::parse("x")->is_path());
}

TEST(place_test, a_path_may_have_bytes_that_are_no_utf8_but_no_zero) {
    expect_name("./\xFF\xFE", scope::path, "./\xFF\xFE");
    expect_refused(std::string_view("./a\0b", 5));
}

TEST(place_test, refused_names) {
    expect_refused("");
    expect_refused("Local\\");
    expect_refused("Global\\");
    expect_refused(".");
    expect_refused("..");
    expect_refused("Local\\..");
    expect_refused(std::string_view("a\0b", 3));
    expect_refused("new\nline");
    expect_refused("tab\t");
    expect_refused("delete\x7F");
    expect_refused("Local\\a/b");
    expect_refused("Global\\a/b");
    expect_refused("Global\\Local\\x");
    expect_refused("\xFF");
    expect_refused("\xC3");
    expect_refused("\xC0\xAF");  // an overlong slash
    expect_refused("\xED\xA0\x80");
}

}  // namespace
