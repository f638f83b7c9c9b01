// A table's history and those who read it along: what they are given, what they miss, and what a power failure leaves.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
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
using samepage::no_wait;
using samepage::table_bytes;
namespace tables = samepage::tables;

const samepage::feed_options from_oldest{{}, true};

constexpr auto patience = std::chrono::seconds(60);
constexpr std::uint64_t smallest = 32 * 1024;  // 1 KiB a stripe

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

table_bytes made(const std::string& place, std::uint64_t history_bytes = smallest) {
    table_bytes t = std::move(table_bytes::create(place).value());
    EXPECT_EQ(t.keep_history(history_bytes).value(), history_bytes);
    return t;
}

samepage::table_options reading(samepage::wait_strategy strategy = samepage::wait_strategy::sleep) {
    samepage::table_options options;
    options.access = samepage::access::read_only;
    options.strategy = strategy;
    return options;
}

std::uint64_t word_at(const std::string& path, std::uint64_t offset) {
    std::uint64_t word = 0;
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    EXPECT_TRUE(file.read(reinterpret_cast<char*>(&word), sizeof word));
    return word;
}

void set_word(const std::string& path, std::uint64_t offset, std::uint64_t word) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    EXPECT_TRUE(file.write(reinterpret_cast<const char*>(&word), sizeof word).flush());
}

// "put KEY VERSION", "erased KEY VERSION", "missed N"; each of what is there now.
std::vector<std::string> drained(table_bytes::feed& from) {
    std::vector<std::string> all;
    for (;;) {
        const auto seen = from.next(no_wait);
        if (!seen) {
            EXPECT_EQ(code_of(seen), errc::timed_out) << seen.error().message();
            return all;
        }
        if (seen->missed != 0) all.push_back("missed " + std::to_string(seen->missed));
        if (!seen->key.empty())
            all.push_back((seen->erased ? "erased " : "put ") + std::string(seen->key_text()) + " " +
                          std::to_string(seen->version));
    }
}

TEST(table_feed_test, a_table_without_a_history_says_so) {
    const table_bytes t = std::move(table_bytes::create(fresh_name("none")).value());
    EXPECT_EQ(code_of(t.subscribe()), errc::not_supported);
    EXPECT_EQ(t.info()->history_bytes, 0U);
    EXPECT_EQ(code_of(t.keep_history(0)), errc::invalid_argument);
    EXPECT_EQ(code_of(t.keep_history(std::uint64_t{3} << 30)), errc::invalid_argument);
    EXPECT_EQ(code_of(table_bytes().keep_history(1)), errc::closed);
    EXPECT_EQ(code_of(table_bytes().subscribe()), errc::closed);
    EXPECT_EQ(code_of(table_bytes::feed().next()), errc::closed);
}

TEST(table_feed_test, changes_come_as_they_were_made) {
    const std::string name = fresh_name("feed");
    const table_bytes t = made(name);
    ASSERT_TRUE(t.put_text("before", "x"));
    auto feed = t.subscribe();
    ASSERT_TRUE(feed);
    EXPECT_TRUE(drained(*feed).empty());
    const std::string first = std::to_string(t.put_text("bolt", "12").value());
    const std::string second = std::to_string(t.put_text("bolt", "11").value());
    ASSERT_TRUE(t.erase_text("bolt").value());
    ASSERT_FALSE(t.erase_text("bolt").value());  // no change
    const std::string third = std::to_string(t.put_text("bolt", "10").value());
    const std::vector<std::string> expected{"put bolt " + first, "put bolt " + second, "erased bolt " + second,
                                            "put bolt " + third};
    EXPECT_EQ(drained(*feed), expected);
    EXPECT_TRUE(drained(*feed).empty());
    auto again = t.subscribe({.prefix = "bo", .from_oldest = true});
    EXPECT_EQ(drained(*again), expected);
    auto none = t.subscribe({.prefix = "bolts", .from_oldest = true});
    EXPECT_TRUE(drained(*none).empty());
    EXPECT_EQ(t.info()->history_bytes, smallest);
    EXPECT_EQ(t.info()->history_changes, 5U);
    EXPECT_TRUE(t.verify()->is_whole());
}

TEST(table_feed_test, what_all_writing_calls_do_is_told) {
    const table_bytes t = made(fresh_name("calls"));
    auto feed = t.subscribe({.prefix = "k", .from_oldest = false});
    const auto key = std::as_bytes(std::span("k", 1));
    std::vector<std::string> expected;
    const auto told = [&](std::uint64_t version) { expected.push_back("put k " + std::to_string(version)); };
    told(t.insert(key, key).value());
    told(t.compare_exchange(key, t.version(key).value(), key).value());
    told(t.update(key, [](auto) { return std::vector<std::byte>(8); }).value());
    ASSERT_EQ(t.add(key, 3).value(), 3U);
    told(t.version(key).value());
    ASSERT_FALSE(t.insert(key, key));
    ASSERT_FALSE(t.compare_exchange(key, 1, key));
    ASSERT_TRUE(t.lock(key).value().release());  // changes no record
    EXPECT_EQ(drained(*feed), expected);
    EXPECT_TRUE(t.verify()->is_whole());
}

// Splits, further groups and large records are steps of the same stripes.
TEST(table_feed_test, growing_changes_nothing_of_it) {
    const table_bytes t = made(fresh_name("growth"), std::uint64_t{4} << 20);
    auto feed = t.subscribe();
    std::map<std::string, std::uint64_t> versions;
    for (int i = 0; i < 3000; ++i) {
        const std::string key = "key " + std::to_string(i);
        versions[key] = t.put_text(key, std::string(i % 500 == 0 ? 20000 : 20, 'x')).value();
    }
    EXPECT_GT(t.info()->buckets, 256U);
    std::map<std::string, std::uint64_t> told;
    for (auto seen = feed->next(no_wait); seen; seen = feed->next(no_wait)) {
        EXPECT_EQ(seen->missed, 0U);
        EXPECT_TRUE(told.emplace(seen->key_text(), seen->version).second);
    }
    EXPECT_EQ(told, versions);
    EXPECT_TRUE(t.verify()->is_whole());
}

TEST(table_feed_test, what_was_overrun_is_counted) {
    const table_bytes t = made(fresh_name("overrun"));
    auto feed = t.subscribe();
    std::uint64_t version = 0;
    for (const unsigned count : {10U, 31U, 32U, 33U, 500U}) {  // 32 entries of 32 bytes are 1 KiB
        for (unsigned i = 0; i < count; ++i) version = t.put_text("key", "x").value();
        std::uint64_t seen_count = 0, missed = 0, last = 0;
        for (auto seen = feed->next(no_wait); seen; seen = feed->next(no_wait)) {
            missed += seen->missed;
            ++seen_count;
            EXPECT_GT(seen->version, last);
            last = seen->version;
        }
        EXPECT_EQ(seen_count + missed, count);
        EXPECT_EQ(last, version);
        EXPECT_EQ(missed == 0, count <= 31);
    }
    EXPECT_EQ(t.info()->history_changes, 31U);
    EXPECT_TRUE(t.verify()->is_whole());
}

// Also where none of those that are left is wanted.
TEST(table_feed_test, who_wants_others_is_told_that_some_were_missed) {
    const table_bytes t = made(fresh_name("others"));
    auto feed = t.subscribe({.prefix = "other", .from_oldest = false});
    for (unsigned i = 0; i < 100; ++i) ASSERT_TRUE(t.put_text("key", "x"));
    const auto seen = feed->next(no_wait);
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->key.empty());
    EXPECT_EQ(seen->missed, 69U);
    EXPECT_EQ(code_of(feed->next(no_wait)), errc::timed_out);
}

TEST(table_feed_test, a_key_that_is_too_long_counts_as_missed) {
    const table_bytes t = made(fresh_name("long"));
    auto feed = t.subscribe();
    const std::string fits(488, 'f'), longer(489, 'l'), longest(65536, 'm');
    ASSERT_TRUE(t.put_text(longer, "x"));
    EXPECT_EQ(drained(*feed), std::vector<std::string>{"missed 1"});
    ASSERT_TRUE(t.put_text(longest, "x"));
    ASSERT_TRUE(t.erase_text(longest));
    EXPECT_EQ(drained(*feed), std::vector<std::string>{"missed 2"});
    const std::string version = std::to_string(t.put_text(fits, "x").value());
    EXPECT_EQ(drained(*feed), std::vector<std::string>{"put " + fits + " " + version});
    for (unsigned i = 0; i < 50; ++i) ASSERT_TRUE(t.put_text(fits.substr(0, i * 9 + 1), "x"));
    EXPECT_FALSE(drained(*feed).empty());
    EXPECT_TRUE(t.verify()->is_whole());
}

TEST(table_feed_test, a_history_is_made_once) {
    const std::string path = scratch::file(fresh_name("once"));
    {
        const table_bytes t = std::move(table_bytes::create(path).value());
        ASSERT_TRUE(t.put_text("before", "x"));
        EXPECT_EQ(t.keep_history(1).value(), smallest);
        EXPECT_EQ(t.keep_history(1 << 20).value(), smallest);
        ASSERT_TRUE(t.put_text("key", "x"));
    }
    const table_bytes t = std::move(table_bytes::open(path, reading()).value());
    EXPECT_EQ(code_of(t.keep_history(1)), errc::denied);
    auto feed = t.subscribe(from_oldest);
    EXPECT_EQ(drained(*feed), std::vector<std::string>{"put key " + std::to_string(t.get_text("key")->version)});
    EXPECT_TRUE(t.verify()->is_whole());
}

// Going back takes the history back, too: what was changed since never was.
TEST(table_feed_test, a_checkpoint_has_its_history) {
    const std::string path = scratch::file(fresh_name("checkpoint"));
    std::string version;
    {
        const table_bytes t = made(path);
        version = std::to_string(t.put_text("kept", "x").value());
        ASSERT_TRUE(t.checkpoint());
        ASSERT_TRUE(t.put_text("lost", "x"));
        ASSERT_TRUE(t.put_text("kept", "lost"));
    }
    set_word(path, tables::table_offset + offsetof(tables::body, mark), 4711 << 1);  // of another boot
    const table_bytes t = std::move(table_bytes::open(path).value());
    ASSERT_TRUE(t.went_back());
    auto feed = t.subscribe(from_oldest);
    EXPECT_EQ(drained(*feed), std::vector<std::string>{"put kept " + version});
    const std::string next = std::to_string(t.put_text("kept", "next").value());
    EXPECT_EQ(drained(*feed), std::vector<std::string>{"put kept " + next});
    EXPECT_TRUE(t.verify()->is_whole());
}

TEST(table_feed_test, who_waits_is_woken) {
    const std::string name = fresh_name("waiting");
    const table_bytes t = made(name);
    for (const auto strategy : {samepage::wait_strategy::spin_then_sleep, samepage::wait_strategy::sleep}) {
        const table_bytes reader = std::move(table_bytes::open(name, reading(strategy)).value());
        auto feed = reader.subscribe({.prefix = "wanted", .from_oldest = false});
        EXPECT_EQ(code_of(feed->next(std::chrono::milliseconds(1))), errc::timed_out);
        std::thread writer([&] {
            for (int i = 0; i < 10; ++i) EXPECT_TRUE(t.put_text("key " + std::to_string(i), "x"));
            EXPECT_TRUE(t.put_text("wanted", "x"));
        });
        const auto seen = feed->next(patience);
        writer.join();
        ASSERT_TRUE(seen) << seen.error().message();
        EXPECT_EQ(seen->key_text(), "wanted");
    }
}

TEST(table_feed_test, verify_finds_damage_in_it) {
    const std::string path = scratch::file(fresh_name("damage"));
    {
        const table_bytes t = made(path);
        for (int i = 0; i < 50; ++i) ASSERT_TRUE(t.put_text("key", "x"));
    }
    ASSERT_EQ(table_inside::wrong_with(path), "");
    std::uint64_t offset = 0;
    {
        const table_inside::view inside(path);
        offset = tables::read(inside.body().history);
        for (unsigned stripe = 0; stripe < tables::stripes_count; ++stripe) {
            if (tables::read(inside.body().stripes[stripe].changes) != 0)
                offset += stripe * sizeof(tables::history_head);
        }
    }
    for (const std::uint64_t word : {0U, 8U}) {  // oldest, tail
        const std::uint64_t before = word_at(path, offset + word);
        set_word(path, offset + word, before + 8);
        EXPECT_NE(table_inside::wrong_with(path).find("history"), std::string::npos);
        set_word(path, offset + word, before);
    }
    EXPECT_EQ(table_inside::wrong_with(path), "");
}

// ---- Threads -------------------------------------------------------------------------------------------------------

// Claim: whoever reads along while others put and erase is given each change once, each key's in order, or is told how
// many it missed; and when it has read a key's change, the key is as that left it, or newer.
void read_along(std::uint64_t history_bytes) {
    const std::string name = fresh_name("along");
    const table_bytes t = made(name, history_bytes);
    constexpr unsigned writers = 3, rounds = 3000;
    std::atomic<unsigned> done{0};
    std::vector<std::thread> threads;
    auto feed = t.subscribe();
    for (unsigned w = 0; w < writers; ++w) {
        threads.emplace_back([&t, &done, w] {
            for (unsigned i = 0; i < rounds; ++i) {
                const std::string key = std::to_string(i * 7 % 11) + " of all";
                const bool erases = (i + w) % 5 == 0;
                if (erases) {
                    EXPECT_TRUE(t.erase_text(key, patience));
                } else {
                    EXPECT_TRUE(t.put_text(key, "x", patience));
                }
            }
            done.fetch_add(1);
        });
    }
    std::map<std::string, std::uint64_t> latest;
    std::uint64_t told = 0, missed = 0;
    for (bool is_last = false;;) {
        const auto seen = feed->next(no_wait);
        if (!seen) {
            ASSERT_TRUE(code_of(seen) == errc::timed_out || code_of(seen) == errc::busy) << seen.error().message();
            if (is_last && code_of(seen) == errc::timed_out) break;
            is_last = done.load() == writers;
            continue;
        }
        missed += seen->missed;
        if (seen->key.empty()) continue;
        ++told;
        std::uint64_t& last = latest[std::string(seen->key_text())];
        // An erased record's version is the one it had.
        EXPECT_TRUE(seen->erased ? seen->version >= last : seen->version > last);
        last = seen->version;
        const auto now = t.version(seen->key);
        EXPECT_TRUE(!now || *now == 0 || *now > seen->version || (*now == seen->version && !seen->erased));
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(told + missed, t.changes());
    for (const auto& [key, version] : latest) {
        const auto now = t.get_text(key);
        EXPECT_TRUE(!now || now->version == version) << key << " has changed, and nobody was told";
    }
    EXPECT_TRUE(t.verify()->is_whole());
}

TEST(table_feed_test, reading_along_from_a_short_history) { read_along(smallest); }
TEST(table_feed_test, reading_along_from_a_long_history) { read_along(std::uint64_t{16} << 20); }

}  // namespace
