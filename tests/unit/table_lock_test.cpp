// Locked keys and tables between handles of one process: who waits, who writes through, what is left.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/table.hpp"
#include "table_inside.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::no_wait;
using samepage::table_bytes;
using samepage::table_options;

constexpr auto soon = std::chrono::milliseconds(20);
constexpr auto long_enough = std::chrono::seconds(60);

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

table_bytes made(const std::string& place, const std::string& permits = {}) {
    table_options options;
    options.permits = permits;
    auto t = table_bytes::create(place, options);
    EXPECT_TRUE(t) << t.error().message();
    return t ? std::move(*t) : table_bytes();
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// Nodes in all lists.
unsigned nodes_of(const std::string& name) {
    namespace tables = samepage::tables;
    const table_inside::view inside(name);
    unsigned count = 0;
    for (const tables::stripe& s : inside.body().stripes) {
        for (std::uint64_t at = tables::read(s.locks); at != 0;
             at = tables::read(inside.bytes().at<tables::lock_node>(at).next))
            ++count;
    }
    return count;
}

// What a dead handle owned: it is never released, and outlives everything.
void bury(table_bytes::held held) {
    static auto* const graves = new std::vector<table_bytes::held>;
    graves->push_back(std::move(held));
}

TEST(table_lock_test, others_wait_and_the_holder_writes_through) {
    const std::string name = fresh_name("lock");
    const table_bytes mine = made(name), other = made(name);
    ASSERT_TRUE(mine.put_text("a", "1") && mine.put_text("b", "1"));
    auto held = mine.lock_text("a");
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_TRUE(held->owns());
    EXPECT_FALSE(held->owner_died());

    const auto refused = other.put_text("a", "x", soon);
    ASSERT_EQ(code_of(refused), errc::timed_out);
    EXPECT_NE(refused.error().message().find("has locked the record"), std::string::npos) << refused.error().message();
    EXPECT_EQ(code_of(other.erase_text("a", no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(other.add(bytes_of("a"), 1, no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(other.insert(bytes_of("a"), bytes_of("x"), no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(other.compare_exchange(bytes_of("a"), 0, bytes_of("x"), no_wait)), errc::timed_out);
    bool ran = false;
    EXPECT_EQ(code_of(other.update(
                  bytes_of("a"),
                  [&](const std::span<const std::byte>*) -> samepage::result<std::vector<std::byte>> {
                      ran = true;
                      return std::vector<std::byte>(1);
                  },
                  no_wait)),
              errc::timed_out);
    EXPECT_FALSE(ran);
    EXPECT_EQ(code_of(other.lock_text("a", soon)), errc::timed_out);
    EXPECT_EQ(code_of(mine.lock_text("a", no_wait)), errc::timed_out) << "as samepage::lock: a handle waits for itself";

    EXPECT_EQ(other.get_text("a")->text, "1") << "readers never mind";
    EXPECT_TRUE(other.put_text("b", "2", no_wait)) << "nor does another key";
    EXPECT_TRUE(mine.put_text("a", "2", no_wait));
    EXPECT_TRUE(mine.erase_text("a", no_wait));
    EXPECT_TRUE(mine.put_text("a", "3", no_wait));

    EXPECT_TRUE(held->release());
    EXPECT_EQ(code_of(held->release()), errc::not_owner);
    EXPECT_TRUE(other.put_text("a", "4", no_wait));
    EXPECT_EQ(nodes_of(name), 0U);
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

TEST(table_lock_test, a_key_needs_no_record) {
    const std::string name = fresh_name("absent");
    const table_bytes mine = made(name), other = made(name);
    {
        const auto held = mine.lock_text("a", no_wait);
        ASSERT_TRUE(held) << held.error().message();
        EXPECT_EQ(code_of(other.put_text("a", "x", no_wait)), errc::timed_out);
        EXPECT_FALSE(*other.contains("a"));
        EXPECT_EQ(mine.size(), 0U);
    }
    EXPECT_TRUE(other.put_text("a", "x", no_wait)) << "the guard's end releases";
    table_options reading;
    reading.access = samepage::access::read_only;
    const auto reader = table_bytes::open(name, reading);
    EXPECT_EQ(code_of(reader->lock_text("a")), errc::denied);
    EXPECT_EQ(code_of(reader->lock_all()), errc::denied);
    EXPECT_EQ(code_of(mine.lock_text("")), errc::invalid_argument);
    EXPECT_EQ(code_of(table_bytes().lock_text("a")), errc::closed);
    EXPECT_EQ(code_of(table_bytes().lock_all()), errc::closed);
}

TEST(table_lock_test, locks_are_moved_and_many) {
    const std::string name = fresh_name("many");
    const table_bytes mine = made(name), other = made(name);
    std::vector<table_bytes::held> all;
    for (unsigned i = 0; i < 1000; ++i) {
        auto held = mine.lock_text("key " + std::to_string(i), no_wait);
        ASSERT_TRUE(held) << held.error().message();
        all.push_back(std::move(*held));
    }
    EXPECT_EQ(nodes_of(name), 1000U);
    EXPECT_EQ(table_inside::wrong_with(name), "");
    for (unsigned i = 0; i < 1000; i += 100) {  // who has it takes long to find out
        ASSERT_EQ(code_of(other.put_text("key " + std::to_string(i), "x", no_wait)), errc::timed_out);
        ASSERT_TRUE(mine.put_text("key " + std::to_string(i), "y", no_wait));
    }
    // From the middle, the beginning and the end of their lists.
    for (unsigned i = 1; i < 1000; i += 2) ASSERT_TRUE(all[i].release());
    EXPECT_EQ(nodes_of(name), 500U);
    for (unsigned i = 1; i < 1000; i += i < 900 ? 2 : 11)
        ASSERT_EQ(other.put_text("key " + std::to_string(i), "x", no_wait).has_value(), i % 2 == 1) << i;
    all.clear();
    EXPECT_EQ(nodes_of(name), 0U);
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

TEST(table_lock_test, all_excludes_writers_and_lockers) {
    const std::string name = fresh_name("all");
    const table_bytes mine = made(name), other = made(name);
    ASSERT_TRUE(mine.put_text("a", "1"));
    auto one = other.lock_text("a");
    const auto refused = mine.lock_all(soon);
    ASSERT_EQ(code_of(refused), errc::timed_out);
    EXPECT_NE(refused.error().message().find("has locked the record"), std::string::npos) << refused.error().message();
    EXPECT_TRUE(other.put_text("b", "1", no_wait)) << "who couldn't lock all is in nobody's way";
    ASSERT_TRUE(one->release());

    auto all = mine.lock_all(no_wait);
    ASSERT_TRUE(all) << all.error().message();
    const auto later = other.put_text("a", "x", soon);
    ASSERT_EQ(code_of(later), errc::timed_out);
    EXPECT_NE(later.error().message().find("has locked the table"), std::string::npos) << later.error().message();
    EXPECT_EQ(code_of(other.erase_text("b", no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(other.lock_text("c", no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(other.lock_all(no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(mine.lock_all(no_wait)), errc::timed_out);
    EXPECT_EQ(other.get_text("a")->text, "1");
    EXPECT_TRUE(mine.put_text("a", "2", no_wait));
    EXPECT_TRUE(mine.lock_text("c", no_wait)) << "its own handle locks keys, too";
    ASSERT_TRUE(all->release());
    EXPECT_TRUE(other.put_text("a", "3", no_wait));
    EXPECT_TRUE(other.lock_all(no_wait));
    EXPECT_EQ(nodes_of(name), 0U);
}

TEST(table_lock_test, a_permit_lets_another_handle_write) {
    const std::string name = fresh_name("permit"), strange = fresh_name("strange");
    const table_bytes mine = made(name), elsewhere = made(strange);
    auto held = mine.lock_text("a");
    auto foreign = elsewhere.lock_text("a");
    const table_bytes helper = made(name, foreign->permit() + ",nonsense,12-zz,-," + held->permit());
    const table_bytes other = made(name, foreign->permit());
    EXPECT_TRUE(helper.put_text("a", "1", no_wait));
    EXPECT_EQ(code_of(helper.lock_text("a", no_wait)), errc::timed_out) << "it may write; the lock is another's";
    EXPECT_EQ(code_of(other.put_text("a", "1", no_wait)), errc::timed_out) << "a permit is of one table";
    ASSERT_TRUE(held->release());
    EXPECT_EQ(held->permit(), "");
    held = mine.lock_all();
    EXPECT_TRUE(helper.put_text("b", "1", no_wait));
    EXPECT_TRUE(helper.lock_text("b", no_wait));
    EXPECT_EQ(code_of(other.put_text("b", "1", no_wait)), errc::timed_out);
    ASSERT_TRUE(held->release());
    auto others = other.lock_text("a");
    EXPECT_EQ(code_of(helper.put_text("a", "2", no_wait)), errc::timed_out) << "and of one handle";
}

// As when its process dies: the handle's identity is.
TEST(table_lock_test, a_death_is_told_until_somebody_repairs) {
    const std::string name = fresh_name("died");
    const table_bytes mine = made(name);
    for (const bool all : {false, true}) {
        const auto lock = [all](const table_bytes& t) { return all ? t.lock_all(no_wait) : t.lock_text("a", no_wait); };
        {
            table_bytes dying = made(name);
            auto left = lock(dying);
            ASSERT_TRUE(left) << left.error().message();
            bury(std::move(*left));
            ASSERT_EQ(code_of(mine.put_text("a", "x", no_wait)), errc::timed_out);
            dying.close();
        }
        ASSERT_TRUE(mine.put_text("a", "x", no_wait)) << "nobody waits for the dead";
        ASSERT_TRUE(mine.put_text("a", "y", no_wait));
        if (all) {
            auto one = mine.lock_text("b");
            EXPECT_TRUE(one->owner_died()) << "who died with all may have left any key half-done";
            one->mark_repaired();
        }
        for (const bool repairs : {false, true}) {
            auto held = lock(mine);
            ASSERT_TRUE(held) << held.error().message();
            EXPECT_TRUE(held->owner_died());
            if (repairs) held->mark_repaired();
        }
        EXPECT_FALSE(lock(mine)->owner_died());
        EXPECT_FALSE(mine.lock_text("b")->owner_died());
        EXPECT_EQ(nodes_of(name), 0U);
    }
}

TEST(table_lock_test, who_repairs_all_repairs_each) {
    const std::string name = fresh_name("repair");
    const table_bytes mine = made(name);
    table_bytes dying = made(name);
    for (unsigned i = 0; i < 50; ++i) bury(std::move(dying.lock_text("key " + std::to_string(i)).value()));
    dying.close();
    auto all = mine.lock_all();
    ASSERT_TRUE(all) << all.error().message();
    EXPECT_TRUE(all->owner_died());
    ASSERT_TRUE(all->release());
    EXPECT_TRUE(mine.lock_text("key 7")->owner_died()) << "it was not repaired";
    all = mine.lock_all();
    EXPECT_TRUE(all->owner_died());
    all->mark_repaired();
    ASSERT_TRUE(all->release());
    EXPECT_EQ(nodes_of(name), 0U);
    EXPECT_FALSE(mine.lock_text("key 7")->owner_died());
    EXPECT_FALSE(mine.lock_all()->owner_died());
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

TEST(table_lock_test, typed_tables_lock_too) {
    const std::string name = fresh_name("typed");
    const auto mine = samepage::table<std::uint64_t, double>::create(name).value();
    const auto other = samepage::table<std::uint64_t, double>::create(name).value();
    const auto held = mine.lock(4711);
    ASSERT_TRUE(held);
    EXPECT_TRUE(mine.put(4711, 1.25, no_wait));
    EXPECT_EQ(code_of(other.put(4711, 1.5, no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(other.lock_all(no_wait)), errc::timed_out);
}

// Claim: between lock and release nobody else has the key or writes it; between those of all, nobody anything.
TEST(table_lock_test, threads_exclude_each_other) {
    constexpr unsigned threads_count = 4, rounds = 150, keys = 3;
    const std::string name = fresh_name("threads");
    const table_bytes base = made(name);
    std::array<std::atomic<int>, keys> inside{};
    std::atomic<int> inside_all{0};
    std::vector<std::thread> threads;
    std::array<std::atomic<std::uint64_t>, keys> counted{};
    for (unsigned me = 0; me < threads_count; ++me) {
        threads.emplace_back([&, me] {
            const table_bytes t = made(name);
            for (unsigned i = 0; i < rounds && !testing::Test::HasFailure(); ++i) {
                const unsigned which = (i + me) % keys;
                const std::string key = "key " + std::to_string(which);
                if (i % 10 == me) {
                    const auto all = t.lock_all(long_enough);
                    ASSERT_TRUE(all) << all.error().message();
                    EXPECT_EQ(inside_all.fetch_add(1), 0);
                    for (const auto& one : inside) EXPECT_EQ(one.load(), 0);
                    inside_all.fetch_sub(1);
                    continue;
                }
                if (i % 5 == 0) {  // a writer that locks nothing
                    ASSERT_TRUE(t.add(bytes_of(key), 1, long_enough));
                    ++counted[which];
                    continue;
                }
                const auto held = t.lock_text(key, long_enough);
                ASSERT_TRUE(held) << held.error().message();
                EXPECT_FALSE(held->owner_died());
                EXPECT_EQ(inside[which].fetch_add(1), 0);
                EXPECT_EQ(inside_all.load(), 0);
                // Read, then write: nobody else writes in between.
                std::uint64_t number = 0;
                std::array<std::byte, 8> value{};
                if (t.get(bytes_of(key), value)) std::memcpy(&number, value.data(), 8);
                number += 1;
                std::memcpy(value.data(), &number, 8);
                ASSERT_TRUE(t.put(bytes_of(key), value, long_enough));
                ++counted[which];
                inside[which].fetch_sub(1);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (unsigned which = 0; which < keys; ++which)
        EXPECT_EQ(base.add(bytes_of("key " + std::to_string(which)), 0).value(), counted[which].load());
    EXPECT_EQ(table_inside::wrong_with(name), "");
    EXPECT_TRUE(base.lock_all());
    EXPECT_EQ(nodes_of(name), 0U);
}

TEST(table_lock_test, a_sleeper_is_woken) {
    const std::string name = fresh_name("sleeper");
    const table_bytes mine = made(name);
    for (const bool all : {false, true}) {
        auto held = all ? mine.lock_all() : mine.lock_text("a");
        std::atomic<int> done{0};
        std::vector<std::thread> sleepers;
        for (int i = 0; i < 3; ++i) {
            sleepers.emplace_back([&, i] {
                const table_bytes t = made(name);
                const bool well = i == 0   ? t.put_text("a", "x", long_enough).has_value()
                                  : i == 1 ? t.lock_text("a", long_enough).has_value()
                                           : t.lock_all(long_enough).has_value();
                EXPECT_TRUE(well) << i;
                ++done;
            });
        }
        std::this_thread::sleep_for(soon);
        EXPECT_EQ(done.load(), 0);
        EXPECT_TRUE(held->release());
        for (auto& sleeper : sleepers) sleeper.join();
        EXPECT_EQ(done.load(), 3);
    }
}

}  // namespace
