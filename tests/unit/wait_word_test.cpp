// Wait words: marks counted, cleared, taken back, and never worse than slow when they are damaged.
// SPDX-License-Identifier: MIT
#include "shared/wait_word.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace {

using samepage::os::deadline;
using samepage::os::held_object;
using samepage::shared::one_wake;
using samepage::shared::sleepers_mask;
using samepage::shared::wait_word;

struct wait_word_test : testing::Test {
    held_object object = std::move(*held_object::anonymous(4096));
    samepage::os::mapping bytes = std::move(*object.map(0, 4096, samepage::access::read_write));
    std::atomic<std::uint32_t>& raw = *reinterpret_cast<std::atomic<std::uint32_t>*>(bytes.data());
    wait_word word{raw, 0};
};

TEST_F(wait_word_test, a_wake_without_sleepers_changes_nothing) {
    word.wake_all(object);
    EXPECT_EQ(raw, 0U);
}

TEST_F(wait_word_test, who_times_out_takes_its_mark_back) {
    unsigned looks = 0;
    EXPECT_FALSE(word.wait(
        object, [&] { return ++looks, false; }, deadline::after(std::chrono::milliseconds(25))));
    EXPECT_GE(looks, 2U);
    EXPECT_EQ(raw, 0U);
}

TEST_F(wait_word_test, who_need_not_sleep_takes_its_mark_back) {
    EXPECT_TRUE(word.wait(
        object, [] { return true; }, deadline::forever()));
    EXPECT_EQ(raw, 0U);
}

TEST_F(wait_word_test, a_wake_clears_the_marks_of_the_killed) {
    raw = 5;  // five were killed in their sleep
    EXPECT_EQ(word.sleepers(), 5U);
    word.wake_all(object);
    EXPECT_EQ(word.sleepers(), 0U);
    EXPECT_EQ(raw, one_wake);
}

TEST_F(wait_word_test, a_sleeper_whose_mark_was_cleared_marks_again) {
    std::atomic<bool> changed{false};
    std::thread sleeper([&] {
        EXPECT_TRUE(word.wait(
            object, [&] { return changed.load(); }, deadline::forever()));
    });
    for (int i = 0; i < 100; ++i) {
        while (word.sleepers() == 0) std::this_thread::yield();
        word.wake_all(object);  // for nothing: it must be there again
    }
    while (word.sleepers() == 0) std::this_thread::yield();
    changed = true;
    word.wake_all(object);
    sleeper.join();
    EXPECT_EQ(word.sleepers(), 0U);
}

TEST_F(wait_word_test, a_full_count_stays_full_and_wakes) {
    raw = sleepers_mask;
    EXPECT_FALSE(word.wait(
        object, [] { return false; }, deadline::after(std::chrono::milliseconds(5))));
    EXPECT_EQ(raw, sleepers_mask);
    word.wake_all(object);
    EXPECT_EQ(raw, one_wake);
}

TEST_F(wait_word_test, the_sequence_wraps) {
    raw = ~std::uint32_t{0};
    word.wake_all(object);
    EXPECT_EQ(raw, 0U);
}

}  // namespace
