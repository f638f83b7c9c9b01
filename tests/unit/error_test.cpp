// Errors: their sentences, the cutting of details, the numbers of the ABI.
// SPDX-License-Identifier: MIT
#include "samepage/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace {

using samepage::errc;
using samepage::error;

TEST(error_test, a_detail_is_the_sentence) {
    const error e(errc::no_space, "create hello", "/dev/shm is full; make it larger");
    EXPECT_EQ(e.message(), "no_space: create hello: /dev/shm is full; make it larger");
}

TEST(error_test, without_detail_the_list_says_what_to_do) {
    const std::string text = error(errc::not_found, "open").message();
    EXPECT_EQ(text, "not_found: open: nothing of that name is held; start the process that creates it, or create it");
}

TEST(error_test, the_systems_word_is_in_it) {
    const error e(errc::system, "open", "", EACCES);
    EXPECT_EQ(e.system_code(), EACCES);
    EXPECT_NE(e.message().find(", " + std::to_string(EACCES) + ")"), std::string::npos) << e.message();
}

TEST(error_test, keeps_what_it_was_given) {
    const error e(errc::timed_out, "wait", "process 12 holds it", 7);
    const error copy = e;
    EXPECT_EQ(copy.code(), errc::timed_out);
    EXPECT_STREQ(copy.operation(), "wait");
    EXPECT_EQ(copy.detail(), "process 12 holds it");
    EXPECT_EQ(copy.system_code(), 7);
}

TEST(error_test, a_long_detail_is_cut_between_characters) {
    std::string text(error::detail_bytes_max - 1, 'x');
    text += "\u20AC";  // three bytes, of which one would fit
    EXPECT_EQ(error(errc::system, "", text).detail(), std::string(error::detail_bytes_max - 1, 'x'));
    text.assign(error::detail_bytes_max, 'y');
    EXPECT_EQ(error(errc::system, "", text).detail(), text);
    EXPECT_EQ(error(errc::system, "", text + "z").detail(), text);
    const std::string only_continuations(error::detail_bytes_max + 1, '\x80');
    EXPECT_EQ(error(errc::system, "", only_continuations).detail(), "");
}

TEST(error_test, every_code_has_a_name_and_a_sentence_of_its_own) {
    std::set<std::string> names;
    std::set<unsigned> numbers;
    unsigned count = 0;
#define SAMEPAGE_X(number, name, meaning, advice)                           \
    EXPECT_EQ(samepage::name_of(errc::name), #name);                        \
    EXPECT_NE(error(errc::name).message().find(advice), std::string::npos); \
    names.insert(#name);                                                    \
    numbers.insert(number);                                                 \
    ++count;
    SAMEPAGE_ERRORS(SAMEPAGE_X)
#undef SAMEPAGE_X
    EXPECT_EQ(names.size(), count);
    EXPECT_EQ(numbers.size(), count);
    EXPECT_EQ(*numbers.begin(), 1U);  // 0 is success in the C interface
}

TEST(error_test, an_unknown_number_still_has_a_text) {
    EXPECT_FALSE(error(static_cast<errc>(12345)).message().empty());
}

}  // namespace
