// The arithmetic of tables: classes of cells, buckets, pieces and hashes.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <set>
#include <string>
#include <vector>

#include "table/hash.hpp"
#include "table/layout.hpp"

namespace {

namespace tables = samepage::tables;
using tables::bucket_of;
using tables::class_bytes;
using tables::class_of;

TEST(table_layout_test, each_size_gets_the_smallest_class_that_holds_it) {
    for (unsigned c = 1; c < tables::record_classes; ++c) {
        EXPECT_GT(class_bytes(c), class_bytes(c - 1));
        EXPECT_EQ(class_bytes(c) % 8, 0U);
    }
    const std::uint64_t largest = class_bytes(tables::record_classes - 1);
    EXPECT_EQ(largest, 16384U);
    for (std::uint64_t bytes = 1; bytes <= largest; ++bytes) {
        const unsigned c = class_of(bytes);
        ASSERT_LT(c, tables::record_classes) << bytes;
        ASSERT_GE(class_bytes(c), bytes);
        if (c > 0) {
            ASSERT_LT(class_bytes(c - 1), bytes) << "a smaller class would do";
        }
    }
    EXPECT_EQ(class_of(largest + 1), tables::large_class);
    EXPECT_EQ(class_of(std::uint64_t{1} << 31), tables::large_class);
}

// Claim: raising the number of buckets by one moves keys of one bucket only, and only to the new one.
TEST(table_layout_test, a_split_moves_keys_of_one_bucket_to_the_new_one) {
    std::uint64_t hash = 1;
    for (std::uint64_t buckets = tables::buckets_min; buckets < 5000; ++buckets) {
        for (unsigned i = 0; i < 200; ++i) {
            hash = hash * 0x5851f42d4c957f2dU + 0x14057b7ef767814fU;
            const std::uint64_t h = hash >> 16;
            const std::uint64_t before = bucket_of(h, buckets), after = bucket_of(h, buckets + 1);
            ASSERT_LT(before, buckets);
            ASSERT_EQ(before % tables::stripes_count, tables::stripe_of(h)) << "the stripe is the key's for ever";
            if (before == after) continue;
            ASSERT_EQ(after, buckets);
            ASSERT_EQ(before, buckets - std::bit_floor(buckets));
        }
    }
    EXPECT_EQ(bucket_of(0xffffffffU, tables::buckets_max), 0xffffffffU);
}

TEST(table_layout_test, pieces_follow_each_other_without_gap) {
    unsigned index = 0;
    std::uint64_t left = 0;
    std::set<unsigned> used;
    for (std::uint64_t bucket = tables::first_groups; bucket < 300000; ++bucket) {
        const tables::piece p = tables::piece_of(bucket);
        ASSERT_LT(p.within, p.groups);
        ASSERT_LT(p.index, tables::piece_levels * tables::pieces_per_level);
        if (left == 0) {
            ASSERT_EQ(p.within, 0U) << bucket;
            ASSERT_TRUE(used.insert(p.index).second);
            index = p.index;
            left = p.groups;
        }
        ASSERT_EQ(p.index, index);
        ASSERT_EQ(p.within, p.groups - left);
        --left;
    }
    const tables::piece last = tables::piece_of(tables::buckets_max - 1);
    EXPECT_LT(last.index, tables::piece_levels * tables::pieces_per_level);
    EXPECT_EQ(last.within, last.groups - 1);
}

TEST(table_layout_test, hashes_differ_with_every_byte_the_length_and_the_seed) {
    std::set<std::uint64_t> seen;
    std::size_t count = 0;
    for (std::size_t length = 0; length < 70; ++length) {
        std::vector<std::byte> key(length);
        seen.insert(tables::hash_of(key, 1));
        seen.insert(tables::hash_of(key, 2));
        count += 2;
        for (auto& byte : key) {
            byte = std::byte{1};
            seen.insert(tables::hash_of(key, 1));
            byte = std::byte{};
            ++count;
        }
    }
    EXPECT_EQ(seen.size(), count);
}

// Claim: hashes of counted keys spread: no bucket has far more than its share, in their low bits or in their tags.
TEST(table_layout_test, hashes_of_counted_keys_spread) {
    std::array<unsigned, 1024> low{}, high{};
    for (std::uint64_t i = 0; i < 102400; ++i) {
        std::array<std::byte, 8> key = std::bit_cast<std::array<std::byte, 8>>(i);
        const std::uint64_t h = tables::hash_of(key, 7);
        ++low[static_cast<std::size_t>(h % 1024)];
        ++high[static_cast<std::size_t>(h >> 54)];
    }
    for (unsigned i = 0; i < 1024; ++i) {
        EXPECT_GT(low[i], 50U);
        EXPECT_LT(low[i], 170U);
        EXPECT_GT(high[i], 50U);
        EXPECT_LT(high[i], 170U);
    }
}

// The same everywhere: a table made by one build is read by another.
TEST(table_layout_test, hashes_are_these_numbers) {
    const auto of = [](std::string_view text) { return tables::hash_of(std::as_bytes(std::span(text)), 42); };
    EXPECT_EQ(of("a"), 17708332605977748455U);
    EXPECT_EQ(of("bolt"), 9298812051131460743U);
    EXPECT_EQ(of("a key of 16 byte"), 3981327506171738306U);
    EXPECT_EQ(of("a key of more than sixteen bytes"), 14906188401104167595U);
}

}  // namespace
