// Bells: a ring reaches every descriptor that was armed before, none is made for nobody, and marks are never lost.
// SPDX-License-Identifier: MIT
#include "shared/bell.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include "runner.hpp"

namespace {

using samepage::native_handle;
using samepage::os::held_object;
using samepage::shared::bell;

bool readable(native_handle descriptor) {
    pollfd one{static_cast<int>(descriptor), POLLIN, 0};
    return ::poll(&one, 1, 0) == 1;
}

struct bell_test : testing::Test {
    held_object object = make();
    samepage::os::mapping bytes = std::move(*object.map(0, 4096, samepage::access::read_write));
    std::atomic<std::uint32_t>& raw = *reinterpret_cast<std::atomic<std::uint32_t>*>(bytes.data());
    bell bell_{raw};

    static held_object make() {
        const auto where = samepage::place::parse(runner::fresh_name("bell"));
        samepage::os::acquire_request request;
        request.where = &*where;
        request.size_bytes = 4096;
        return std::move(held_object::acquire(request).value());
    }
};

TEST_F(bell_test, nobody_listens_nobody_rings) {
    const auto descriptor = object.listen();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    bell_.ring(object);
    EXPECT_EQ(raw, 0U);
    EXPECT_FALSE(readable(*descriptor));
}

TEST_F(bell_test, a_ring_is_heard_until_it_is_armed_again) {
    const auto descriptor = bell_.armed_descriptor(object);
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    EXPECT_FALSE(readable(*descriptor));
    bell_.ring(object);
    EXPECT_TRUE(readable(*descriptor));
    EXPECT_EQ(raw & 1, 0U) << "one ring is enough";
    ASSERT_TRUE(bell_.arm(object));
    EXPECT_FALSE(readable(*descriptor));
    EXPECT_EQ(raw, (2U << 1) | 1U) << "armed twice so far";
    EXPECT_EQ(bell_.armed_descriptor(object).value(), *descriptor) << "the same one always";
    bell_.ring(object);
    EXPECT_TRUE(readable(*descriptor));
}

TEST_F(bell_test, a_damaged_word_rings_or_is_armed_all_the_same) {
    const auto descriptor = bell_.armed_descriptor(object);
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    for (const std::uint32_t damaged : {0U, 1U, 0xfffffffeU, 0xffffffffU}) {
        raw = damaged;
        ASSERT_TRUE(bell_.arm(object));
        bell_.ring(object);
        EXPECT_TRUE(readable(*descriptor)) << damaged;
        EXPECT_EQ(raw & 1, 0U);
    }
}

TEST(bell_os_test, a_closed_object_gives_none) {
    const held_object none;
    EXPECT_EQ(none.listen().error().code(), samepage::errc::closed);
    none.hush();
    none.ring();
}

}  // namespace
