// Deadlines: none overflows, none comes early, the ones for ever never come.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <thread>

#include "os/os.hpp"

namespace {

using namespace std::chrono_literals;
using samepage::os::deadline;

TEST(deadline_test, zero_and_less_have_passed) {
    EXPECT_TRUE(deadline::after(samepage::no_wait).passed());
    EXPECT_TRUE(deadline::after(-1ns).passed());
    EXPECT_TRUE(deadline::after(samepage::duration::min()).passed());
    EXPECT_EQ(deadline::after(-1s).left(), samepage::no_wait);
}

TEST(deadline_test, for_ever_never_passes) {
    for (const auto& d :
         {deadline::forever(), deadline::after(samepage::forever), deadline::after(samepage::duration::max() - 1ns)}) {
        EXPECT_TRUE(d.is_forever());
        EXPECT_FALSE(d.passed());
        EXPECT_EQ(d.left(), samepage::forever);
    }
}

TEST(deadline_test, comes_not_before_its_time) {
    const auto begin = std::chrono::steady_clock::now();
    const auto soon = deadline::after(20ms);
    EXPECT_FALSE(soon.is_forever());
    while (!soon.passed()) {
        EXPECT_LE(soon.left(), 20ms);
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
    EXPECT_EQ(soon.left(), samepage::no_wait);
}

TEST(deadline_test, one_hour_is_not_over_yet) {
    const auto later = deadline::after(1h);
    EXPECT_FALSE(later.passed());
    EXPECT_FALSE(later.is_forever());
    EXPECT_LE(later.left(), 1h);
    EXPECT_GT(later.left(), 0ns);
}

}  // namespace
