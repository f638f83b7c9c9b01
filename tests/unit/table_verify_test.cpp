// Verifying tables, and counting in them, while others write: nothing is called wrong that isn't.
// SPDX-License-Identifier: MIT
//
// What verify() says of damage is in table_damage_test.cpp.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "table_inside.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::table_bytes;
namespace tables = samepage::tables;

constexpr auto long_enough = std::chrono::seconds(60);

table_bytes opened(const std::string& place, samepage::access access = samepage::access::read_write) {
    samepage::table_options options;
    options.access = access;
    auto t = access == samepage::access::read_write ? table_bytes::create(place, options)
                                                    : table_bytes::open(place, options);
    EXPECT_TRUE(t) << t.error().message();
    return t ? std::move(*t) : table_bytes();
}

std::string all_of(const std::vector<std::string>& sentences) {
    std::string all;
    for (const std::string& sentence : sentences) all += sentence + "\n";
    return all;
}

TEST(table_verify_test, an_empty_table_is_whole) {
    const table_bytes t = opened(fresh_name("empty"));
    const auto seen = t.verify();
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_TRUE(seen->is_whole()) << all_of(seen->wrong);
    EXPECT_EQ(seen->records, 0U);
    EXPECT_GT(seen->free_bytes, 0U);
    EXPECT_EQ(table_bytes().verify().error().code(), errc::closed);
}

TEST(table_verify_test, a_reader_verifies_all_sizes) {
    const std::string path = scratch::file(fresh_name("sizes"));
    const table_bytes t = opened(path);
    for (unsigned i = 0; i < 3000; ++i) {
        const auto put = t.put_text(std::to_string(i), std::string(i * 7 % 20000, 'v'));
        ASSERT_TRUE(put) << put.error().message();
    }
    for (unsigned i = 0; i < 3000; i += 3) ASSERT_TRUE(t.erase_text(std::to_string(i)));
    const auto seen = opened(path, samepage::access::read_only).verify();
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_TRUE(seen->is_whole()) << all_of(seen->wrong) << all_of(seen->unjudged);
    EXPECT_EQ(seen->records, 2000U);
}

// Claim: whatever others are doing, nothing is called wrong; and what is left in peace for a moment is judged.
// Small and large records, replaced, erased and put, growth, splits, lists refilled.
TEST(table_verify_test, beside_writers_nothing_is_wrong) {
    const std::string name = fresh_name("busy");
    const table_bytes t = opened(name);
    constexpr unsigned writers = 2, keys = 700, turns = 12000;
    std::atomic<unsigned> writing{writers};
    std::vector<std::thread> all;
    for (unsigned me = 0; me < writers; ++me) {
        all.emplace_back([&, me] {
            const table_bytes own = opened(name);
            std::minstd_rand dice(me + 1);
            for (unsigned turn = 0; turn < turns; ++turn) {
                const std::string key = std::to_string(me) + "." + std::to_string(dice() % (1 + turn * keys / turns));
                const unsigned kind = static_cast<unsigned>(dice() % 50);
                const std::size_t size = kind == 0 ? 17000 + dice() % 30000 : dice() % (kind < 5 ? 4000 : 200);
                const bool done = kind > 40 ? own.erase_text(key, long_enough).has_value()
                                            : own.put_text(key, std::string(size, 'v'), long_enough).has_value();
                EXPECT_TRUE(done);
            }
            --writing;
        });
    }
    const table_bytes reader = opened(name, samepage::access::read_only);
    unsigned looks = 0;
    for (; writing.load() != 0 || looks == 0; ++looks) {
        const auto seen = reader.verify(looks % 2 == 0 ? samepage::no_wait : std::chrono::milliseconds(20));
        ASSERT_TRUE(seen) << seen.error().message();
        EXPECT_EQ(all_of(seen->wrong), "");
    }
    for (auto& thread : all) thread.join();
    const auto seen = reader.verify(long_enough);
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_TRUE(seen->is_whole()) << all_of(seen->wrong) << all_of(seen->unjudged);
    EXPECT_EQ(seen->records, t.size());
}

// Claim: who compacts takes cells out of use for ever, also while others are judged; they aren't called lost, whether
// it comes to its end or gives up.
TEST(table_verify_test, beside_who_compacts_nothing_is_wrong) {
    const std::string name = fresh_name("shrinking");
    const table_bytes t = opened(name);
    constexpr unsigned keys = 1000, turns = 60;
    std::atomic<bool> compacting{true};
    std::thread compactor([&] {
        const table_bytes own = opened(name);
        for (unsigned turn = 0; turn < turns; ++turn) {
            for (unsigned i = 0; i < keys; ++i)
                EXPECT_TRUE(own.put_text(std::to_string(i), std::string(i % 300, 'v'), long_enough));
            for (unsigned i = 0; i < keys; ++i) {
                const bool stays = i % 8 == turn % 8;
                EXPECT_TRUE(stays || own.erase_text(std::to_string(i), long_enough));
            }
            // Where it gives up depends on what the writer has just then.
            for (unsigned tries = 0; tries < 20; ++tries) static_cast<void>(own.compact(samepage::no_wait));
        }
        compacting = false;
    });
    std::thread writer([&] {
        const table_bytes own = opened(name);
        for (unsigned turn = 0; compacting.load(); ++turn)
            EXPECT_TRUE(own.put_text("busy" + std::to_string(turn % 5), "v", long_enough));
    });
    const table_bytes reader = opened(name, samepage::access::read_only);
    while (compacting.load()) {
        const auto seen = reader.verify(std::chrono::milliseconds(20));
        EXPECT_TRUE(seen) << seen.error().message();
        if (seen) {
            EXPECT_EQ(all_of(seen->wrong), "");
        }
    }
    compactor.join();
    writer.join();
    EXPECT_TRUE(t.compact(long_enough));
    const auto seen = reader.verify(long_enough);
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_TRUE(seen->is_whole()) << all_of(seen->wrong) << all_of(seen->unjudged);
}

// Claim: each turn in a stripe that changes something leaves another next number than all before it, also where a
// supply of numbers ends: by that a verifier tells that there was a turn. An odd put, so that an erase skips the first
// number behind the supply's end.
TEST(table_verify_test, a_stripes_next_number_never_comes_again) {
    const std::string name = fresh_name("numbers");
    const table_bytes t = opened(name);
    const table_inside::view inside(name);
    const unsigned stripe = tables::stripe_of(table_inside::hash_of("key", inside.seed()));
    const auto next = [&] { return tables::read(inside.body().stripes[stripe].next_number); };
    ASSERT_TRUE(t.put_text("key", "x"));
    std::uint64_t latest = next();
    for (unsigned turn = 0; turn < 3000; ++turn) {
        ASSERT_TRUE(t.put_text("key", "x"));
        EXPECT_GT(next(), latest) << "after put " << turn;
        latest = next();
        ASSERT_TRUE(t.erase_text("key"));
        EXPECT_GT(next(), latest) << "after erase " << turn;
        latest = next();
    }
}

TEST(table_verify_test, info_says_how_full_it_is) {
    const table_bytes t = opened(fresh_name("load"));
    EXPECT_EQ(t.info()->load, 0);
    for (unsigned i = 0; i < 448; ++i) ASSERT_TRUE(t.put_text(std::to_string(i), "x"));
    const auto info = t.info();
    EXPECT_DOUBLE_EQ(info->load, 448.0 / (7.0 * static_cast<double>(info->buckets)));
    EXPECT_EQ(info->writers_active, 0U);
    EXPECT_EQ(info->deaths_pending, 0U);
    EXPECT_EQ(info->deaths_recovered, 0U);
}

}  // namespace
