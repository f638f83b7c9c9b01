// Tables between threads: readers see only whole records while others put, erase, replace and the table grows.
// SPDX-License-Identifier: MIT
//
// Each value says which key and which turn it belongs to, all its bytes follow from those two. A key has one writer,
// whose turns only go up: no reader may see an earlier one after a later one.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/table.hpp"
#include "table_inside.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::table_bytes;

constexpr auto long_enough = std::chrono::seconds(60);

class dice {
   public:
    explicit dice(unsigned seed) : random_(seed) {}
    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

   private:
    std::minstd_rand random_;
};

std::string key_of(unsigned number) { return "key " + std::to_string(number); }

// Bytes 0–7: the key's number and the turn; the rest follows.
std::string value_of(unsigned number, unsigned turn, std::size_t size) {
    const std::uint64_t stamp = std::uint64_t{number} << 32 | turn;
    std::string value(std::max<std::size_t>(size, 8), '\0');
    std::memcpy(value.data(), &stamp, 8);
    for (std::size_t at = 8; at < value.size(); at += 8) {
        const std::uint64_t word = (stamp + at) * 0x9e3779b97f4a7c15U;
        std::memcpy(value.data() + at, &word, std::min<std::size_t>(8, value.size() - at));
    }
    return value;
}

// The turn of a whole value of that key; fails where it is none.
unsigned turn_of(unsigned number, std::string_view value) {
    std::uint64_t stamp = 0;
    if (value.size() >= 8) std::memcpy(&stamp, value.data(), 8);
    const auto turn = static_cast<unsigned>(stamp);
    EXPECT_EQ(stamp >> 32, number) << "another key's value";
    EXPECT_TRUE(value == value_of(number, turn, value.size())) << "a torn value of key " << number;
    return turn;
}

table_bytes opened(const std::string& name, samepage::access access = samepage::access::read_write) {
    samepage::table_options options;
    options.access = access;
    auto t =
        access == samepage::access::read_write ? table_bytes::create(name, options) : table_bytes::open(name, options);
    EXPECT_TRUE(t) << t.error().message();
    return t ? std::move(*t) : table_bytes();
}

// Writers with keys of their own, and readers of all, each with a handle of its own or all with one.
struct game {
    static constexpr unsigned writers = 2, readers = 2, keys = 400, turns = 6000;
    bool one_handle = false;
    std::string name = fresh_name("table");
    table_bytes shared = opened(name);
    std::atomic<unsigned> writing{writers};
    std::map<unsigned, unsigned> last[writers];  // turns that are there at the end

    void write(unsigned me) {
        table_bytes own;
        if (!one_handle) own = opened(name);
        const table_bytes& t = one_handle ? shared : own;
        dice random(me + 1);
        for (unsigned turn = 1; turn <= turns && !testing::Test::HasFailure(); ++turn) {
            // Every second is a fresh key: the table grows all the time.
            const unsigned number = (turn % 2 == 0 ? keys + turn : random.below(keys)) / writers * writers + me;
            if (turn % 7 == 0) {
                const auto gone = t.erase_text(key_of(number), long_enough);
                ASSERT_TRUE(gone) << gone.error().message();
                ASSERT_EQ(*gone, last[me].erase(number) == 1);
                continue;
            }
            const std::size_t size = random.below(50) == 0 ? random.below(40000) : random.below(300);
            const auto done = t.put_text(key_of(number), value_of(number, turn, size), long_enough);
            ASSERT_TRUE(done) << done.error().message();
            last[me][number] = turn;
        }
        writing -= 1;
    }

    void read() {
        table_bytes own;
        if (!one_handle) own = opened(name, samepage::access::read_only);
        const table_bytes& t = one_handle ? shared : own;
        dice random(7);
        std::map<unsigned, unsigned> seen;
        while (writing > 0 && !testing::Test::HasFailure()) {
            const unsigned number = random.below(keys);
            const auto got = t.get_text(key_of(number));
            if (!got) {
                ASSERT_EQ(got.error().code(), errc::no_key) << got.error().message();
                continue;
            }
            const unsigned turn = turn_of(number, got->text);
            ASSERT_GE(turn, seen[number]) << "an older value came after a newer one";
            seen[number] = turn;
        }
    }

    void play() {
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < readers; ++i) threads.emplace_back([this] { read(); });
        for (unsigned i = 0; i < writers; ++i) {
            threads.emplace_back([this, i] {
                write(i);
                if (testing::Test::HasFailure()) writing = 0;
            });
        }
        for (auto& thread : threads) thread.join();
        std::size_t count = 0;
        for (const auto& mine : last) {
            count += mine.size();
            for (const auto& [number, turn] : mine) {
                const auto got = shared.get_text(key_of(number));
                ASSERT_TRUE(got) << key_of(number) << ": " << got.error().message();
                ASSERT_EQ(turn_of(number, got->text), turn);
            }
        }
        EXPECT_EQ(shared.size(), count);
        EXPECT_GT(shared.info()->buckets, 1000U) << "it was to grow meanwhile";
        EXPECT_EQ(table_inside::wrong_with(name), "");
    }
};

// Claim: every record that is read is whole and not older than what was read before; at the end all is as it was put.
TEST(table_thread_test, readers_see_whole_records_while_it_grows) { game().play(); }

TEST(table_thread_test, threads_may_share_a_handle) {
    game g;
    g.one_handle = true;
    g.play();
}

// Claim: so is a record that is replaced all the time, whose two or three cells are used again at once.
TEST(table_thread_test, a_busy_record_is_whole) {
    for (const std::size_t size : {std::size_t{40}, std::size_t{3000}, std::size_t{16000}}) {
        const std::string name = fresh_name("busy");
        const table_bytes t = opened(name);
        std::vector<std::string> values;
        for (unsigned turn = 0; turn < 50; ++turn) values.push_back(value_of(0, turn, size));
        ASSERT_TRUE(t.put_text("busy", values[0]));
        std::atomic<bool> writing{true};
        std::atomic<unsigned> whole{0};
        std::thread reader([&] {
            std::vector<std::byte> into(size);
            const auto key = std::as_bytes(std::span("busy", 4));
            while (writing || whole == 0) {
                const auto got = t.get(key, into);
                if (!got) {
                    ASSERT_EQ(got.error().code(), errc::busy) << got.error().message();
                    continue;
                }
                std::uint64_t stamp = 0;
                std::memcpy(&stamp, into.data(), 8);
                ASSERT_LT(stamp, values.size()) << "a torn value";
                ASSERT_EQ(std::memcmp(into.data(), values[static_cast<std::size_t>(stamp)].data(), size), 0)
                    << "a torn value of " << size << " bytes";
                whole += 1;
            }
        });
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(150);
        for (std::size_t turn = 0; turn < 1000 || std::chrono::steady_clock::now() < end; ++turn) {
            const auto done = t.put_text("busy", values[turn % values.size()]);
            EXPECT_TRUE(done) << done.error().message();
            if (!done) break;
        }
        writing = false;
        reader.join();
        if (HasFailure()) return;
    }
}

// Claim: so are values of one type, got one by one or many at once, while their few cells are used again all the time.
TEST(table_thread_test, values_of_a_type_are_whole) {
    struct stamped {
        std::uint64_t key, turn, words[1900];  // a copy takes long enough for a change in the middle
    };
    using stamps = samepage::table<std::uint64_t, stamped>;
    constexpr std::uint64_t keys = 2, turns = 4'000;
    const std::string name = fresh_name("typed");
    const auto t = stamps::create(name).value();
    std::atomic<bool> writing{true};
    const auto check = [](std::uint64_t key, const stamped& value, std::uint64_t& seen) {
        ASSERT_EQ(value.key, key) << "another key's value";
        for (const std::uint64_t word : value.words) ASSERT_EQ(word, value.turn * keys + key) << "a torn value";
        ASSERT_GE(value.turn, seen) << "an older value came after a newer one";
        seen = value.turn;
    };
    std::thread one_by_one([&] {
        std::vector<std::uint64_t> seen(keys);
        for (std::uint64_t round = 0; writing || round % keys != 0; ++round) {
            const auto got = t.get(round % keys);
            if (got)
                check(round % keys, got->value, seen[round % keys]);
            else
                ASSERT_TRUE(got.error().code() == errc::no_key || got.error().code() == errc::busy);
        }
    });
    std::thread many_at_once([&] {
        std::vector<std::uint64_t> seen(keys), asked, versions(keys);
        for (std::uint64_t key = 0; key < keys; ++key) asked.push_back(key);
        std::vector<stamped> values(keys);
        for (bool more = true; more && !HasFailure();) {
            more = writing;
            const auto got = t.get_many(asked, values, versions);
            if (!got) {
                ASSERT_EQ(got.error().code(), errc::busy) << got.error().message();
                continue;
            }
            for (std::size_t key = 0; key < keys; ++key) {
                if (versions[key] != 0) check(key, values[key], seen[key]);
            }
        }
    });
    for (std::uint64_t turn = 1; turn <= turns && !HasFailure(); ++turn) {
        const std::uint64_t key = turn * 7 % keys;
        stamped value{};
        value.key = key, value.turn = turn;
        for (std::uint64_t& word : value.words) word = turn * keys + key;
        EXPECT_TRUE(t.put(key, value));
        if (turn % 5 == 0) {
            EXPECT_TRUE(t.erase(turn % keys));
        }
    }
    writing = false;
    one_by_one.join();
    many_at_once.join();
}

// Claim: a large value is whole or busy, whatever is done with its pages meanwhile.
TEST(table_thread_test, large_values_are_whole) {
    constexpr unsigned keys = 3, turns = 150;
    const std::string name = fresh_name("large");
    const table_bytes t = opened(name);
    std::atomic<bool> writing{true};
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            std::vector<unsigned> seen(keys);
            for (unsigned round = 0; writing || round % keys != 0; ++round) {
                const auto got = t.get_text(key_of(round % keys));
                if (!got) {
                    ASSERT_TRUE(got.error().code() == errc::no_key || got.error().code() == errc::busy)
                        << got.error().message();
                    continue;
                }
                const unsigned turn = turn_of(round % keys, got->text);
                ASSERT_GE(turn, seen[round % keys]);
                seen[round % keys] = turn;
            }
        });
    }
    dice random(1);
    for (unsigned turn = 1; turn <= turns && !HasFailure(); ++turn) {
        const unsigned number = random.below(keys);
        const std::size_t size = (std::size_t{64} << 10) + random.below(200 << 10);
        const auto done = t.put_text(key_of(number), value_of(number, turn, turn % 30 == 0 ? 1 << 20 : size));
        EXPECT_TRUE(done) << done.error().message();
        // Small records in the same pages, now and then.
        if (turn % 5 == 0) {
            EXPECT_TRUE(t.erase_text(key_of(number)));
        }
        const auto small = t.put_text("small " + std::to_string(turn), std::string(turn * 37 % 3000, 's'));
        EXPECT_TRUE(small) << small.error().message();
    }
    writing = false;
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

// Claim: what is there throughout a scan comes once, what is put or erased meanwhile at most once, however much the
// table grows meanwhile.
TEST(table_thread_test, a_scan_shows_each_record_once) {
    constexpr unsigned rounds = 6, keys = 3000;
    for (unsigned round = 0; round < rounds && !HasFailure(); ++round) {
        const std::string name = fresh_name("scan");
        const table_bytes t = opened(name);
        std::atomic<unsigned> there{0};  // so many keys are, and stay
        std::thread writer([&] {
            for (unsigned i = 0; i < keys && !HasFailure(); ++i) {
                const unsigned replaced = i / 2, passing = keys + i;
                EXPECT_TRUE(t.put_text(key_of(i), value_of(i, 1, i % 50)));
                there = i + 1;
                EXPECT_TRUE(t.put_text(key_of(replaced), value_of(replaced, i + 2, i % 200)));
                if (i % 4 == 0) {
                    EXPECT_TRUE(t.put_text(key_of(passing), value_of(passing, 1, 8)));
                    EXPECT_TRUE(t.erase_text(key_of(passing)));
                }
            }
            there = keys;
        });
        std::thread reader([&] {
            dice random(round + 1);
            while (there < keys && !HasFailure()) {
                if (there == 0) continue;
                const unsigned number = random.below(there);
                const auto got = t.contains(key_of(number));
                EXPECT_TRUE(got && *got) << key_of(number) << " isn't found";
            }
        });
        for (unsigned before = 0; before < keys && !HasFailure();) {
            before = there;
            std::vector<bool> seen(2 * keys);
            const auto done = t.for_each([&](const table_bytes::record& r) {
                const auto number = static_cast<unsigned>(std::stoul(std::string(r.key_text().substr(4))));
                EXPECT_FALSE(seen.at(number)) << r.key_text() << " came twice";
                seen[number] = true;
                static_cast<void>(turn_of(number, r.text()));
                return !HasFailure();
            });
            EXPECT_TRUE(done) << done.error().message();
            for (unsigned i = 0; i < before && !HasFailure(); ++i) EXPECT_TRUE(seen[i]) << key_of(i) << " was left out";
        }
        writer.join();
        reader.join();
        EXPECT_EQ(t.size(), keys);
        EXPECT_EQ(table_inside::wrong_with(name), "");
    }
}

// Claim: no change is lost, neither by update nor by compare_exchange.
TEST(table_thread_test, counters_count) {
    constexpr unsigned threads_count = 3, rounds = 700;
    const std::string name = fresh_name("count");
    const table_bytes t = opened(name);
    const auto count_of = [](std::span<const std::byte> value) {
        std::uint64_t count = 0;
        if (value.size() == 8) std::memcpy(&count, value.data(), 8);
        return count;
    };
    const auto key = std::as_bytes(std::span("counter", 7));
    std::vector<std::thread> threads;
    for (unsigned me = 0; me < threads_count; ++me) {
        threads.emplace_back([&, me] {
            const auto one_more = [&](std::uint64_t count) {
                std::vector<std::byte> value(8);
                count += 1;
                std::memcpy(value.data(), &count, 8);
                return value;
            };
            for (unsigned i = 0; i < rounds; ++i) {
                if (me % 2 == 0) {
                    const auto done = t.update(
                        key,
                        [&](const std::span<const std::byte>* old) -> samepage::result<std::vector<std::byte>> {
                            return one_more(old == nullptr ? 0 : count_of(*old));
                        },
                        long_enough);
                    ASSERT_TRUE(done) << done.error().message();
                    continue;
                }
                for (;;) {
                    std::array<std::byte, 8> value{};
                    const auto seen = t.get(key, value);
                    ASSERT_TRUE(seen || seen.error().code() == errc::no_key || seen.error().code() == errc::busy);
                    const auto done = t.compare_exchange(key, seen ? seen->version : 0,
                                                         one_more(seen ? count_of(value) : 0), long_enough);
                    if (done) break;
                    ASSERT_EQ(done.error().code(), errc::conflict) << done.error().message();
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(count_of(t.get(key).value()), threads_count * rounds);
    EXPECT_EQ(t.size(), 1U);
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

}  // namespace
