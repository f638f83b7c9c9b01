// Cells between threads: no torn value, no lost update, no lost wake. Payloads check themselves.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/cell.hpp"

namespace {

using runner::fresh_name;
using samepage::access;
using samepage::cell;
using samepage::cell_bytes;
using samepage::cell_options;
using samepage::errc;
using samepage::wait_strategy;

// Every word follows from the first.
struct block {
    std::array<std::uint64_t, 16> words;
    static block of(std::uint64_t seed) {
        block b;
        for (std::size_t i = 0; i < b.words.size(); ++i) b.words[i] = seed * (i + 1);
        return b;
    }
    bool whole() const {
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (words[i] != words[0] * (i + 1)) return false;
        }
        return true;
    }
};

// Claim: with two writers storing flat out, every load is whole, and versions never go back. SAMEPAGE_LOADS: how many,
// if not 100,000.
TEST(cell_thread_test, loads_are_whole_while_writers_store) {
    const std::string name = fresh_name("whole");
    const auto c = cell<block>::create(name);
    ASSERT_TRUE(c) << c.error().message();
    ASSERT_TRUE(c->store(block::of(1)));
    std::atomic<bool> stop{false};
    const auto write = [&](std::uint64_t seed) {
        const auto own = cell<block>::open(name);
        if (!own) return ADD_FAILURE() << own.error().message(), void();
        for (; !stop; seed += 2) {
            const auto stored = own->store(block::of(seed), samepage::forever);
            if (!stored) return ADD_FAILURE() << stored.error().message(), void();
        }
    };
    std::thread a(write, 2), b(write, 3);
    std::uint64_t last = 0, busy = 0;
    const char* const wished = std::getenv("SAMEPAGE_LOADS");
    const std::uint64_t loads = wished ? std::strtoull(wished, nullptr, 10) : 100'000;
    for (std::uint64_t i = 0; i < loads; ++i) {
        const auto seen = c->load();
        if (!seen) {
            EXPECT_EQ(seen.error().code(), errc::busy);
            ++busy;
            continue;
        }
        if (!seen->value.whole() || seen->version < last) {
            ADD_FAILURE() << "version " << seen->version << " after " << last;
            break;
        }
        last = seen->version;
    }
    stop = true;
    a.join();
    b.join();
    EXPECT_LT(busy, loads / 100) << "nearly all loads succeed";
}

// Claim: a value as large as 1 MiB is loaded, whole, in the bounded tries of a load while a writer stores flat out.
TEST(cell_thread_test, a_large_value_is_loaded_while_a_writer_stores) {
    cell_options options;
    options.capacity_bytes = 1U << 20;
    const std::string name = fresh_name("large");
    const auto c = cell_bytes::create(name, options);
    ASSERT_TRUE(c) << c.error().message();
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        std::vector<std::uint64_t> value(static_cast<std::size_t>(options.capacity_bytes / 8));
        for (std::uint64_t i = 1; !stop; ++i) {
            std::fill(value.begin(), value.end(), i);
            ASSERT_TRUE(c->store(std::as_bytes(std::span(value))));
        }
    });
    ASSERT_TRUE(c->wait(0));
    std::vector<std::uint64_t> into(static_cast<std::size_t>(options.capacity_bytes / 8));
    int whole = 0;
    for (int i = 0; i < 50; ++i) {
        const auto seen = c->load(std::as_writable_bytes(std::span(into)));
        if (!seen) {
            EXPECT_EQ(seen.error().code(), errc::busy);
            continue;
        }
        ++whole;
        EXPECT_EQ(std::count(into.begin(), into.end(), into[0]), static_cast<std::ptrdiff_t>(into.size()));
    }
    stop = true;
    writer.join();
    EXPECT_GT(whole, 40);
}

// Claim: no update is lost, whichever handle makes it.
TEST(cell_thread_test, updates_and_compare_exchanges_count_right) {
    const std::string name = fresh_name("sum");
    const auto c = cell<std::uint64_t>::create(name);
    ASSERT_TRUE(c) << c.error().message();
    ASSERT_TRUE(c->store(0));
    constexpr int turns = 3000;
    const auto own = cell<std::uint64_t>::open(name);
    ASSERT_TRUE(own) << own.error().message();
    std::thread updater([&] {
        for (int i = 0; i < turns; ++i)
            ASSERT_TRUE(c->update([](std::uint64_t n) { return n + 1; }, samepage::forever));
    });
    std::thread exchanger([&] {
        for (int done = 0; done < turns;) {
            const auto seen = own->load();
            ASSERT_TRUE(seen || seen.error().code() == errc::busy);
            if (!seen) continue;
            const auto stored = own->compare_exchange(seen->version, seen->value + 1, samepage::forever);
            ASSERT_TRUE(stored || stored.error().code() == errc::conflict);
            if (stored) ++done;
        }
    });
    updater.join();
    exchanger.join();
    const auto seen = c->load();
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_EQ(seen->value, 2U * turns);
    EXPECT_EQ(seen->version, 1 + 2U * turns);
}

// Claim: a lost wake would stop this game of ball for half a second each; here no ball may be lost for ever.
TEST(cell_thread_test, waiters_see_every_change_in_time) {
    for (const auto strategy : {wait_strategy::sleep, wait_strategy::spin_then_sleep, wait_strategy::spin}) {
        cell_options options;
        options.strategy = strategy;
        const std::string name = fresh_name("ball");
        const auto ball = cell<std::uint64_t>::create(name, options);
        ASSERT_TRUE(ball) << ball.error().message();
        constexpr std::uint64_t throws = 3000;
        const auto play = [&](std::uint64_t mine) {
            const auto own = cell<std::uint64_t>::open(name, options);
            ASSERT_TRUE(own) << own.error().message();
            for (std::uint64_t version = 0; version < throws;) {
                if (version % 2 == mine) {
                    const auto stored = own->store(version);
                    ASSERT_TRUE(stored) << stored.error().message();
                    version = *stored;
                } else {
                    const auto seen = own->wait(version);
                    ASSERT_TRUE(seen) << seen.error().message();
                    ASSERT_EQ(*seen, version + 1);
                    version = *seen;
                }
            }
        };
        std::thread a(play, 0), b(play, 1);
        a.join();
        b.join();
        EXPECT_EQ(ball->version(), throws);
    }
}

TEST(cell_thread_test, one_store_wakes_all_who_wait) {
    const std::string name = fresh_name("many");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    cell_options options;
    options.access = access::read_only;
    options.strategy = wait_strategy::sleep;
    const auto reader = cell_bytes::open(name, options);
    ASSERT_TRUE(reader) << reader.error().message();
    constexpr unsigned count = 50;
    std::vector<std::thread> sleepers;
    std::atomic<unsigned> woken{0};
    for (unsigned i = 0; i < count; ++i) {
        sleepers.emplace_back([&] {
            const auto seen = reader->wait(0);
            if (seen && *seen == 1) ++woken;
        });
    }
    while (c->info()->waiters < count) std::this_thread::yield();
    ASSERT_TRUE(c->store_text("x"));
    for (auto& sleeper : sleepers) sleeper.join();
    EXPECT_EQ(woken, count);
    EXPECT_EQ(c->info()->waiters, 0U);
}

}  // namespace
