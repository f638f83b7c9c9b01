// result<T>: either side, moving, and the exception for those who want one.
// SPDX-License-Identifier: MIT
#include "samepage/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace {

using samepage::bad_result;
using samepage::errc;
using samepage::result;

result<int> half(int n) {
    if (n % 2 != 0) return samepage::error(errc::invalid_argument, "half");
    return n / 2;
}

TEST(result_test, holds_a_value) {
    auto r = half(4);
    ASSERT_TRUE(r);
    EXPECT_TRUE(r.has_value());
    EXPECT_EQ(*r, 2);
    EXPECT_EQ(r.value(), 2);
    *r = 5;
    EXPECT_EQ(std::as_const(r).operator*(), 5);
    EXPECT_EQ(half(8).value_or(-1), 4);
}

TEST(result_test, holds_an_error) {
    const auto r = half(3);
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code(), errc::invalid_argument);
    EXPECT_EQ(half(3).value_or(-1), -1);
}

TEST(result_test, value_throws_the_error) {
    try {
        half(3).value();
        FAIL() << "nothing was thrown";
    } catch (const bad_result& thrown) {
        EXPECT_EQ(thrown.reason().code(), errc::invalid_argument);
        EXPECT_EQ(thrown.what(), half(3).error().message());
    }
}

TEST(result_test, value_of_what_is_const) {
    const auto good = half(4), bad = half(3);
    EXPECT_EQ(good.value(), 2);
    EXPECT_EQ(&good.value(), &*good);
    EXPECT_THROW(static_cast<void>(bad.value()), bad_result);
    const result<std::unique_ptr<int>> moves_only(std::make_unique<int>(3));
    EXPECT_EQ(*moves_only.value(), 3);
}

TEST(result_test, carries_what_only_moves) {
    result<std::unique_ptr<int>> r(std::make_unique<int>(3));
    result<std::unique_ptr<int>> moved(std::move(r));
    ASSERT_TRUE(moved);
    EXPECT_EQ(**moved, 3);
    const std::unique_ptr<int> out = *std::move(moved);
    EXPECT_EQ(*out, 3);
}

TEST(result_test, members_are_reached_by_arrow) {
    result<std::string> r(std::string("hello"));
    EXPECT_EQ(r->size(), 5U);
    EXPECT_EQ(std::as_const(r)->front(), 'h');
}

TEST(result_test, of_nothing) {
    const result<void> good;
    EXPECT_TRUE(good);
    EXPECT_NO_THROW(good.value());
    const result<void> bad = samepage::error(errc::closed);
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error().code(), errc::closed);
    EXPECT_THROW(bad.value(), bad_result);
}

}  // namespace
