// Copies into and out of shared memory: of every length, exactly those bytes, and zeros to the end of the last word.
// SPDX-License-Identifier: MIT
#include "shared/words.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace {

using samepage::shared::copy_room;
using samepage::shared::copy_word;
using samepage::shared::load_bytes;
using samepage::shared::store_bytes;

constexpr std::size_t longest = 200;
constexpr std::byte guard{0xa5};

struct alignas(16) shared_bytes {
    std::byte bytes[longest + 48];
};

std::vector<std::byte> message(std::size_t size) {
    std::vector<std::byte> m(size);
    for (std::size_t i = 0; i < size; ++i) m[i] = static_cast<std::byte>(i * 7 + size + 1);
    return m;
}

TEST(words_test, a_copy_of_each_length_is_that_message_and_nothing_else) {
    // 8: what `to` is aligned to.
    for (const std::size_t begin : {std::size_t{0}, std::size_t{8}}) {
        for (std::size_t size = 0; size <= longest; ++size) {
            SCOPED_TRACE(size);
            shared_bytes there;
            std::ranges::fill(there.bytes, guard);
            const auto sent = message(size);
            store_bytes(there.bytes + begin, sent.data(), size);
            const std::size_t words = (size + copy_word::bytes - 1) / copy_word::bytes * copy_word::bytes;
            ASSERT_LE(words, copy_room(size));
            EXPECT_TRUE(std::equal(sent.begin(), sent.end(), there.bytes + begin));
            EXPECT_EQ(std::count(there.bytes + begin + size, there.bytes + begin + words, std::byte{0}),
                      static_cast<std::ptrdiff_t>(words - size));
            EXPECT_TRUE(std::all_of(there.bytes, there.bytes + begin, [](std::byte b) { return b == guard; }));
            EXPECT_TRUE(std::all_of(there.bytes + begin + words, std::end(there.bytes),
                                    [](std::byte b) { return b == guard; }));

            std::vector<std::byte> came(size + 2, guard);
            load_bytes(came.data() + 1, there.bytes + begin, size);
            EXPECT_EQ(came.front(), guard);
            EXPECT_EQ(came.back(), guard);
            EXPECT_TRUE(std::equal(sent.begin(), sent.end(), came.begin() + 1));
        }
    }
}

}  // namespace
