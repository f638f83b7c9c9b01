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
#include <set>
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

// Claim: what is there throughout comes once in each scan; what is put once, at most once.
TEST(table_thread_test, a_scan_shows_each_record_once) {
    constexpr unsigned stable = 300, fresh = 3000;
    const std::string name = fresh_name("scan");
    const table_bytes t = opened(name);
    for (unsigned i = 0; i < stable; ++i) ASSERT_TRUE(t.put_text(key_of(i), value_of(i, 1, 20)));
    std::atomic<bool> writing{true};
    std::thread writer([&] {
        for (unsigned i = 0; i < fresh && !HasFailure(); ++i) {
            const auto put = t.put_text(key_of(stable + i), value_of(stable + i, 1, i % 50));
            EXPECT_TRUE(put) << put.error().message();
            const auto replaced = t.put_text(key_of(i % stable), value_of(i % stable, i + 2, i % 200));
            EXPECT_TRUE(replaced) << replaced.error().message();
            if (i >= 100) {
                EXPECT_TRUE(t.erase_text(key_of(stable + i - 100)));
            }
        }
        writing = false;
    });
    for (unsigned scans = 0; writing || scans < 3; ++scans) {
        std::set<std::string> seen;
        unsigned stable_seen = 0;
        const auto done = t.for_each([&](const table_bytes::record& r) {
            EXPECT_TRUE(seen.emplace(r.key_text()).second) << r.key_text() << " came twice";
            const auto number = static_cast<unsigned>(std::stoul(std::string(r.key_text().substr(4))));
            static_cast<void>(turn_of(number, r.text()));
            stable_seen += number < stable ? 1 : 0;
            return !HasFailure();
        });
        EXPECT_TRUE(done) << done.error().message();
        EXPECT_EQ(stable_seen, stable) << "one was left out";
        if (HasFailure()) break;
    }
    writer.join();
    EXPECT_EQ(table_inside::wrong_with(name), "");
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
