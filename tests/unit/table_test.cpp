// Tables in one process: every call, its answers and its refusals.
// SPDX-License-Identifier: MIT
#include "samepage/table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "runner.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::table;
using samepage::table_bytes;
using samepage::table_options;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

table_bytes made(const std::string& place) {
    auto t = table_bytes::create(place);
    EXPECT_TRUE(t) << t.error().message();
    return t ? std::move(*t) : table_bytes();
}

std::string text_of(const table_bytes& t, std::string_view key) {
    const auto seen = t.get_text(key);
    return seen ? seen->text : std::string(samepage::name_of(seen.error().code()));
}

std::map<std::string, std::string> all_of(const table_bytes& t, std::string_view prefix = {}) {
    std::map<std::string, std::string> all;
    const auto done = t.for_each(
        [&](const table_bytes::record& r) {
            EXPECT_TRUE(all.emplace(r.key_text(), r.text()).second) << "twice: " << r.key_text();
            return true;
        },
        prefix);
    EXPECT_TRUE(done) << done.error().message();
    return all;
}

TEST(table_test, what_one_puts_another_gets) {
    const std::string name = fresh_name("stock");
    const table_bytes one = made(name);
    EXPECT_TRUE(one.created());
    const auto two = table_bytes::open(name);
    ASSERT_TRUE(two) << two.error().message();
    EXPECT_FALSE(two->created());
    EXPECT_EQ(code_of(two->get_text("bolt")), errc::no_key);
    const auto first = one.put_text("bolt", "12");
    ASSERT_TRUE(first) << first.error().message();
    const auto seen = two->get_text("bolt");
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_EQ(seen->text, "12");
    EXPECT_EQ(seen->version, *first);
    const auto second = two->put_text("bolt", "");
    ASSERT_TRUE(second);
    EXPECT_GT(*second, *first);
    EXPECT_EQ(text_of(one, "bolt"), "");
    EXPECT_EQ(one.version(bytes_of("bolt")).value(), *second);
    EXPECT_TRUE(one.contains("bolt").value());
    EXPECT_FALSE(one.contains("nut").value());
    EXPECT_EQ(one.version(bytes_of("nut")).value(), 0U);
    EXPECT_EQ(one.size(), 1U);
    EXPECT_TRUE(two->erase_text("bolt").value());
    EXPECT_FALSE(two->erase_text("bolt").value());
    EXPECT_EQ(code_of(one.get_text("bolt")), errc::no_key);
    EXPECT_EQ(one.size(), 0U);
    EXPECT_GT(one.put_text("bolt", "again").value(), *second) << "a version came twice";
}

TEST(table_test, conditions_are_kept) {
    const table_bytes t = made(fresh_name("conditions"));
    const auto one = t.insert(bytes_of("k"), bytes_of("1"));
    ASSERT_TRUE(one) << one.error().message();
    EXPECT_EQ(code_of(t.insert(bytes_of("k"), bytes_of("2"))), errc::already_exists);
    EXPECT_EQ(code_of(t.compare_exchange(bytes_of("k"), *one + 1, bytes_of("2"))), errc::conflict);
    EXPECT_EQ(code_of(t.compare_exchange(bytes_of("k"), 0, bytes_of("2"))), errc::conflict);
    EXPECT_EQ(text_of(t, "k"), "1");
    EXPECT_TRUE(t.compare_exchange(bytes_of("k"), *one, bytes_of("2")));
    EXPECT_EQ(code_of(t.compare_exchange(bytes_of("k"), *one, bytes_of("3"))), errc::conflict);
    EXPECT_EQ(text_of(t, "k"), "2");
    EXPECT_TRUE(t.compare_exchange(bytes_of("new"), 0, bytes_of("4")));
    EXPECT_EQ(text_of(t, "new"), "4");
}

TEST(table_test, update_changes_what_is_there_or_nothing) {
    const table_bytes t = made(fresh_name("update"));
    const auto longer = [](const std::span<const std::byte>* old) -> samepage::result<std::vector<std::byte>> {
        std::vector<std::byte> next(old == nullptr ? 0 : old->size());
        if (old != nullptr) std::copy(old->begin(), old->end(), next.begin());
        next.push_back(std::byte{'x'});
        return next;
    };
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(t.update(bytes_of("k"), longer));
    EXPECT_EQ(text_of(t, "k"), std::string(100, 'x'));
    const auto refuse = [](const std::span<const std::byte>*) -> samepage::result<std::vector<std::byte>> {
        return samepage::error(errc::conflict, "decide");
    };
    EXPECT_EQ(code_of(t.update(bytes_of("k"), refuse)), errc::conflict);
    EXPECT_EQ(text_of(t, "k"), std::string(100, 'x'));
    EXPECT_EQ(code_of(t.update(bytes_of("none"), refuse)), errc::conflict);
    EXPECT_FALSE(t.contains("none").value());
}

TEST(table_test, keys_and_values_of_every_length) {
    const table_bytes t = made(fresh_name("lengths"));
    std::map<std::string, std::string> expected;
    for (std::size_t bytes = 1; bytes < 100; ++bytes) {
        const std::string key(bytes, 'k');
        ASSERT_TRUE(t.put_text(key, std::string(bytes - 1, 'v')));
        expected[key] = std::string(bytes - 1, 'v');
    }
    for (const std::size_t bytes : {4096U, 16000U, 16384U, 17000U, 65535U, 65536U}) {
        const std::string key(bytes, 'K');
        const auto put = t.put_text(key, std::string(bytes, 'V'));
        ASSERT_TRUE(put) << put.error().message();
        expected[key] = std::string(bytes, 'V');
    }
    for (const std::size_t bytes : {1U << 17, 3U << 19, 1U << 24}) {
        const std::string key = "large " + std::to_string(bytes);
        ASSERT_TRUE(t.put_text(key, std::string(bytes, 'L')));
        expected[key] = std::string(bytes, 'L');
    }
    EXPECT_EQ(all_of(t), expected);
    EXPECT_EQ(code_of(t.put_text("", "v")), errc::invalid_argument);
    EXPECT_EQ(code_of(t.put_text(std::string(65537, 'k'), "v")), errc::invalid_argument);
    EXPECT_EQ(code_of(t.get_text("")), errc::invalid_argument);
    EXPECT_EQ(t.size(), expected.size());
}

TEST(table_test, a_buffer_that_is_too_small_is_told_what_would_do) {
    const table_bytes t = made(fresh_name("small"));
    ASSERT_TRUE(t.put_text("k", "four"));
    std::array<std::byte, 3> three{};
    const auto seen = t.get(bytes_of("k"), three);
    ASSERT_EQ(code_of(seen), errc::too_large);
    EXPECT_NE(seen.error().message().find("4 bytes"), std::string::npos) << seen.error().message();
    std::array<std::byte, 4> four{};
    EXPECT_EQ(t.get(bytes_of("k"), four).value().size_bytes, 4U);
    EXPECT_EQ(t.get(bytes_of("k"))->size(), 4U);
}

// Claim: whatever is put, replaced and erased, of whatever length, the table says what a map says.
TEST(table_test, says_what_a_map_says) {
    const std::string name = fresh_name("map");
    const table_bytes one = made(name);
    const table_bytes two = made(name);
    std::map<std::string, std::string> expected;
    std::mt19937 random(1);
    for (int i = 0; i < 30000; ++i) {
        const table_bytes& t = i % 2 == 0 ? one : two;
        const std::string key = "key " + std::to_string(random() % 4000);
        const auto what = random() % 10;
        if (what < 7) {
            const std::size_t bytes = i % 500 == 0 ? random() % 60000 : random() % 200;
            std::string value(bytes, static_cast<char>('a' + random() % 26));
            const auto put = t.put_text(key, value);
            ASSERT_TRUE(put) << put.error().message();
            expected[key] = std::move(value);
        } else if (what < 9) {
            const auto erased = t.erase_text(key);
            ASSERT_TRUE(erased) << erased.error().message();
            ASSERT_EQ(*erased, expected.erase(key) > 0);
        } else {
            const auto found = expected.find(key);
            ASSERT_EQ(text_of(t, key), found == expected.end() ? "no_key" : found->second);
        }
    }
    EXPECT_EQ(all_of(one), expected);
    EXPECT_EQ(two.size(), expected.size());
    EXPECT_GT(two.info()->buckets, 500U) << "it didn't grow";
    for (const auto& [key, value] : expected) ASSERT_TRUE(one.erase_text(key).value());
    EXPECT_EQ(all_of(two).size(), 0U);
}

TEST(table_test, space_is_used_again) {
    const table_bytes t = made(fresh_name("again"));
    const auto round = [&] {
        for (int i = 0; i < 300; ++i) {
            ASSERT_TRUE(t.put_text(std::to_string(i), std::string(static_cast<std::size_t>(i) * 100, 'v')));
        }
        for (int i = 0; i < 300; ++i) ASSERT_TRUE(t.erase_text(std::to_string(i)).value());
    };
    for (int i = 0; i < 3; ++i) round();
    const std::uint64_t before = t.info()->size_bytes;
    for (int i = 0; i < 10; ++i) round();
    EXPECT_LE(t.info()->size_bytes, before + before / 4);
}

TEST(table_test, a_prefix_leaves_the_others_out) {
    const table_bytes t = made(fresh_name("prefix"));
    for (const char* key : {"a", "ab", "abc", "b", "ba"}) ASSERT_TRUE(t.put_text(key, key));
    EXPECT_EQ(all_of(t, "ab").size(), 2U);
    EXPECT_EQ(all_of(t, "b").size(), 2U);
    EXPECT_EQ(all_of(t, "c").size(), 0U);
    int calls = 0;
    ASSERT_TRUE(t.for_each([&](const table_bytes::record&) { return ++calls < 2; }));
    EXPECT_EQ(calls, 2) << "false ends it";
}

TEST(table_test, a_file_keeps_its_records) {
    const std::string path = scratch::file("stock.page");
    {
        const table_bytes t = made(path);
        for (int i = 0; i < 5000; ++i) ASSERT_TRUE(t.put_text("key " + std::to_string(i), std::to_string(i * i)));
    }
    const auto again = table_bytes::open(path);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->size(), 5000U);
    EXPECT_EQ(text_of(*again, "key 70"), "4900");
    EXPECT_EQ(all_of(*again).size(), 5000U);
    const std::uint64_t before = again->version(bytes_of("key 70")).value();
    const auto version = again->put_text("key 70", "new");
    ASSERT_TRUE(version) << version.error().message();
    EXPECT_GT(*version, before);
}

TEST(table_test, a_reader_reads_and_is_refused_the_rest) {
    const std::string name = fresh_name("reader");
    const table_bytes writer = made(name);
    table_options reading;
    reading.access = samepage::access::read_only;
    const auto reader = table_bytes::open(name, reading);
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_EQ(reader->access(), samepage::access::read_only);
    for (int i = 0; i < 20000; ++i) ASSERT_TRUE(writer.put_text(std::to_string(i), "value"));
    EXPECT_EQ(text_of(*reader, "19999"), "value") << "what came after it was opened";
    EXPECT_EQ(all_of(*reader).size(), 20000U);
    EXPECT_EQ(code_of(reader->put_text("k", "v")), errc::denied);
    EXPECT_EQ(code_of(reader->erase_text("1")), errc::denied);
}

TEST(table_test, other_kinds_and_closed_handles_are_refused) {
    const std::string name = fresh_name("kind");
    const table_bytes t = made(name);
    EXPECT_EQ(code_of(samepage::region::open(name)), errc::wrong_kind);
    const std::string region = fresh_name("region");
    const auto plain = samepage::region::create(region, 4096);
    ASSERT_TRUE(plain);
    EXPECT_EQ(code_of(table_bytes::open(region)), errc::wrong_kind);
    EXPECT_EQ(code_of(table_bytes::open(fresh_name("none"))), errc::not_found);
    EXPECT_EQ(code_of(table_bytes::create_new(name)), errc::already_exists);
    table_bytes closed = made(fresh_name("closed"));
    closed.close();
    EXPECT_FALSE(closed.is_open());
    EXPECT_EQ(code_of(closed.get_text("k")), errc::closed);
    EXPECT_EQ(code_of(closed.put_text("k", "v")), errc::closed);
    EXPECT_EQ(code_of(closed.erase_text("k")), errc::closed);
    EXPECT_EQ(code_of(closed.info()), errc::closed);
    EXPECT_EQ(code_of(closed.for_each([](const table_bytes::record&) { return true; })), errc::closed);
    EXPECT_EQ(closed.size(), 0U);
}

TEST(table_test, counters_count) {
    const table_bytes t = made(fresh_name("count"));
    EXPECT_EQ(t.add(bytes_of("hits"), 5).value(), 5U);
    EXPECT_EQ(t.add(bytes_of("hits"), ~std::uint64_t{0}).value(), 4U) << "one less, modulo 2^64";
    EXPECT_EQ(t.get(bytes_of("hits"))->size(), 8U);
    ASSERT_TRUE(t.put_text("text", "no number"));
    EXPECT_EQ(code_of(t.add(bytes_of("text"), 1)), errc::wrong_kind);
    EXPECT_EQ(text_of(t, "text"), "no number");
}

TEST(table_test, waiting_ends_with_the_next_change_and_with_time) {
    const std::string name = fresh_name("wait");
    const table_bytes t = made(name);
    EXPECT_EQ(code_of(t.wait(bytes_of("k"), 0, samepage::no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(t.wait(bytes_of("k"), 0, std::chrono::milliseconds(20))), errc::timed_out);
    EXPECT_EQ(code_of(t.wait_any(t.changes(), std::chrono::milliseconds(20))), errc::timed_out);
    const std::uint64_t before = t.changes();
    const std::uint64_t version = t.put_text("k", "1").value();
    EXPECT_EQ(t.wait(bytes_of("k"), 0, samepage::no_wait).value(), version);
    EXPECT_EQ(t.wait_any(before, samepage::no_wait).value(), before + 1);
    for (const auto strategy : {samepage::wait_strategy::sleep, samepage::wait_strategy::spin_then_sleep}) {
        table_options options;
        options.strategy = strategy;
        options.access = samepage::access::read_only;
        const auto reader = table_bytes::open(name, options);
        ASSERT_TRUE(reader) << reader.error().message();
        std::uint64_t seen = t.version(bytes_of("k")).value(), count = t.changes();
        std::thread other([&, seen]() mutable {
            for (int i = 0; i < 200; ++i) {
                const auto next = reader->wait(bytes_of("k"), seen, std::chrono::seconds(60));
                ASSERT_TRUE(next) << next.error().message();
                seen = *next;
                ASSERT_TRUE(t.put_text("answer", std::to_string(seen)));
            }
        });
        for (int i = 0; i < 200; ++i) {
            count = t.changes();
            const bool erases = i % 3 == 2;
            if (erases) {
                ASSERT_TRUE(t.erase_text("k").value());
            }
            const std::uint64_t put = erases ? 0 : t.put_text("k", "x").value();
            while (text_of(t, "answer") != std::to_string(put)) {
                const auto more = t.wait_any(count, std::chrono::seconds(60));
                ASSERT_TRUE(more) << more.error().message();
                count = *more;
            }
        }
        other.join();
    }
}

TEST(table_test, many_are_got_at_once) {
    const auto t = table<std::uint32_t, std::uint64_t>::create(fresh_name("many"));
    ASSERT_TRUE(t) << t.error().message();
    for (std::uint32_t i = 0; i < 3000; i += 3) ASSERT_TRUE(t->put(i, i * 7));
    std::vector<std::uint32_t> keys(3000);
    for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = 2999 - i;
    std::vector<std::uint64_t> values(keys.size(), 1), versions(keys.size(), 1);
    const auto got = t->get_many(keys, values, versions);
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(*got, 1000U);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        ASSERT_EQ(versions[i] != 0, keys[i] % 3 == 0) << keys[i];
        ASSERT_EQ(values[i], keys[i] % 3 == 0 ? std::uint64_t{keys[i]} * 7 : 1U);
        if (versions[i] == 0) continue;
        ASSERT_EQ(versions[i], t->get(keys[i])->version);
    }
    EXPECT_EQ(t->get_many({}, {}, {}).value(), 0U);
    EXPECT_EQ(code_of(t->get_many(keys, values, std::span(versions).first(2999))), errc::invalid_argument);
    EXPECT_EQ(code_of(t->get_many(keys, std::span(values).first(2999), versions)), errc::invalid_argument);
    EXPECT_EQ(code_of(t->bytes().get_many(std::as_bytes(std::span(keys)), 0, {}, 8, versions)), errc::invalid_argument);
    ASSERT_TRUE(t->bytes().put(std::as_bytes(std::span(keys).first(1)), bytes_of("short")));
    EXPECT_EQ(code_of(t->get_many(keys, values, versions)), errc::wrong_kind);
}

TEST(table_test, many_are_put_at_once) {
    const std::string name = fresh_name("many");
    const auto t = table<std::uint32_t, std::uint64_t>::create(name);
    ASSERT_TRUE(t) << t.error().message();
    std::vector<std::uint32_t> keys(3000);
    std::vector<std::uint64_t> values(keys.size()), versions(keys.size());
    for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = i, values[i] = std::uint64_t{i} * 7;
    const auto put = t->put_many(keys, values, versions);
    ASSERT_TRUE(put) << put.error().message();
    EXPECT_EQ(*put, keys.size());
    EXPECT_EQ(t->size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto seen = t->get(keys[i]);
        ASSERT_TRUE(seen) << seen.error().message();
        ASSERT_EQ(seen->value, values[i]);
        ASSERT_EQ(seen->version, versions[i]);
    }
    // They replace, and may expire.
    for (auto& value : values) ++value;
    ASSERT_EQ(t->put_many(keys, values, versions, {.expires_in = std::chrono::hours(1)}).value(), keys.size());
    EXPECT_EQ(t->get(7)->value, 50U);
    EXPECT_NE(t->bytes().expires_unix_ns(std::as_bytes(std::span(keys).first(1))).value(), 0U);
    EXPECT_EQ(t->put_many({}, {}, {}).value(), 0U);
    EXPECT_EQ(code_of(t->put_many(keys, values, std::span(versions).first(2999))), errc::invalid_argument);
    EXPECT_EQ(code_of(t->put_many(keys, std::span(values).first(2999), versions)), errc::invalid_argument);
    // One that is refused ends it.
    const auto held = t->lock(1000).value();
    const auto other = table<std::uint32_t, std::uint64_t>::open(name).value();
    EXPECT_EQ(other.put_many(keys, values, versions, {.timeout = samepage::no_wait}).value(), 1000U);
    EXPECT_NE(versions[999], 0U);
    EXPECT_EQ(versions[1000], 0U);
    EXPECT_EQ(code_of(other.put_many(std::span(keys).subspan(1000), std::span(values).subspan(1000),
                                     std::span(versions).subspan(1000), {.timeout = samepage::no_wait})),
              errc::timed_out);
}

struct price {
    double amount;
    std::uint32_t currency, unused;
};

TEST(table_test, typed_tables_give_values) {
    const std::string name = fresh_name("typed");
    const auto prices = table<std::uint64_t, price>::create(name);
    ASSERT_TRUE(prices) << prices.error().message();
    const auto put = prices->put(4711, {1.25, 978, 0});
    ASSERT_TRUE(put) << put.error().message();
    const auto seen = prices->get(4711);
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_EQ(seen->value.amount, 1.25);
    EXPECT_EQ(seen->version, *put);
    EXPECT_EQ(code_of(prices->get(4712)), errc::no_key);
    EXPECT_EQ(code_of(prices->insert(4711, {})), errc::already_exists);
    EXPECT_EQ(code_of(prices->compare_exchange(4711, *put + 1, {})), errc::conflict);
    EXPECT_TRUE(prices->erase(4711).value());
    const auto other = table<std::uint64_t, std::uint32_t>::open(name);
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->put(1, 2));
    EXPECT_EQ(code_of(prices->get(1)), errc::wrong_kind);
    EXPECT_EQ(code_of(table<std::uint64_t, char>::open(name)->get(1)), errc::wrong_kind);
}

}  // namespace
