// Records that expire, by a clock of this test's own that stands until it is told to go. Linux.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runner.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "table_inside.hpp"

namespace {

constexpr std::uint64_t second = 1'000'000'000;
std::atomic<std::uint64_t> wall_ns{0};  // 0: the system's

}  // namespace

// In front of the C library's: whoever asks for a time in this program asks here. What it says that costs less is late.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const bool is_late = clock == CLOCK_REALTIME_COARSE;
    const std::uint64_t wall = wall_ns, now = is_late ? wall - 9 * second : wall;
    if (wall == 0 || (clock != CLOCK_REALTIME && !is_late))
        return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    time->tv_sec = static_cast<std::time_t>(now / second);
    time->tv_nsec = static_cast<long>(now % second);
    return 0;
}

namespace {

using namespace std::chrono_literals;
using samepage::errc;
using samepage::no_wait;
using samepage::put_options;
using samepage::table;
using samepage::table_bytes;
namespace tables = samepage::tables;

put_options in(samepage::duration time) {
    put_options how;
    how.expires_in = time;
    return how;
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

// At a name and at a path, where records carry check sums.
class table_expiry_test : public testing::TestWithParam<bool> {
   protected:
    table_expiry_test() { wall_ns = 1'700'000'000 * second; }
    ~table_expiry_test() override { wall_ns = 0; }

    static void passes(samepage::duration time) { wall_ns += static_cast<std::uint64_t>(time.count()); }
    void is_whole() const { EXPECT_EQ(table_inside::wrong_with(place_), ""); }
    // Keys of bucket 5, and how many records there are in it, seen or not.
    std::string key(unsigned nth) const {
        static table_inside::keys all(0);
        static std::string whose;
        if (std::exchange(whose, place_) != place_) all = table_inside::keys(table_inside::view(place_).seed());
        return all.in(5, nth);
    }

    std::string place_ = GetParam() ? scratch::file(runner::fresh_name("t")) : runner::fresh_name("t");
    table_bytes t_ = std::move(table_bytes::create(place_).value());
};

INSTANTIATE_TEST_SUITE_P(places, table_expiry_test, testing::Bool(),
                         [](const auto& is_path) { return is_path.param ? "path" : "name"; });

TEST_P(table_expiry_test, a_record_is_there_until_its_moment_and_no_longer) {
    const std::uint64_t begun = wall_ns;
    const std::uint64_t version = t_.put_text("soon", "gone", in(10s)).value();
    ASSERT_TRUE(t_.put_text("plain", "stays"));
    passes(10s - 1ns);
    EXPECT_EQ(t_.get_text("soon")->text, "gone");
    EXPECT_EQ(t_.version(bytes_of("soon")).value(), version);
    EXPECT_EQ(t_.expires_unix_ns(bytes_of("soon")).value(), begun + 10 * second);
    EXPECT_EQ(t_.expires_unix_ns(bytes_of("plain")).value(), 0U);
    std::vector<std::pair<std::string, std::uint64_t>> seen;
    const auto note = [&](const table_bytes::record& r) {
        seen.emplace_back(r.key_text(), r.expires_unix_ns);
        return true;
    };
    ASSERT_TRUE(t_.for_each(note));
    std::sort(seen.begin(), seen.end());
    const std::vector<std::pair<std::string, std::uint64_t>> both = {{"plain", 0}, {"soon", begun + 10 * second}};
    EXPECT_EQ(seen, both);
    is_whole();

    passes(1ns);
    std::array<std::byte, 16> into;
    EXPECT_EQ(code_of(t_.get_text("soon")), errc::no_key);
    EXPECT_EQ(code_of(t_.get(bytes_of("soon"))), errc::no_key);
    EXPECT_EQ(code_of(t_.get(bytes_of("soon"), into)), errc::no_key);
    EXPECT_EQ(code_of(t_.expires_unix_ns(bytes_of("soon"))), errc::no_key);
    EXPECT_EQ(t_.version(bytes_of("soon")).value(), 0U);
    EXPECT_FALSE(*t_.contains("soon"));
    std::array<std::uint64_t, 2> versions = {9, 9};
    EXPECT_EQ(t_.get_many(bytes_of("soonnone"), 4, std::span(into).first(8), 4, versions).value(), 0U);
    EXPECT_EQ(versions, (std::array<std::uint64_t, 2>{0, 0}));
    seen.clear();
    ASSERT_TRUE(t_.for_each(note));
    EXPECT_EQ(seen, (std::vector<std::pair<std::string, std::uint64_t>>{{"plain", 0}}));
    EXPECT_EQ(code_of(t_.scan("s")->next()), errc::no_key);
    EXPECT_EQ(t_.get_text("plain")->text, "stays");
    is_whole();
}

TEST_P(table_expiry_test, many_at_once_are_got_beside_plain_ones) {
    for (const char* const key : {"aa", "cc"}) ASSERT_TRUE(t_.put_text(key, key, in(10s)));
    ASSERT_TRUE(t_.put_text("bb", "bb"));
    std::array<std::byte, 6> values;
    std::array<std::uint64_t, 3> versions;
    EXPECT_EQ(t_.get_many(bytes_of("aabbcc"), 2, values, 2, versions).value(), 3U);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(values.data()), values.size()), "aabbcc");
    passes(10s);
    EXPECT_EQ(t_.get_many(bytes_of("aabbcc"), 2, values, 2, versions).value(), 1U);
    EXPECT_EQ(versions[0] + versions[2], 0U);
}

TEST_P(table_expiry_test, what_has_expired_is_none_to_writers) {
    const auto change = [](const std::span<const std::byte>* old) -> samepage::result<std::vector<std::byte>> {
        return std::vector<std::byte>(old == nullptr ? 1 : old->size() + 1);
    };
    std::vector<std::uint64_t> versions;
    for (const char* const key : {"insert", "exchange", "exchange0", "update", "erase", "add", "put"})
        versions.push_back(t_.put_text(key, "12345678", in(1s)).value());
    EXPECT_EQ(code_of(t_.insert(bytes_of("insert"), bytes_of("x"))), errc::already_exists);
    EXPECT_EQ(code_of(t_.compare_exchange(bytes_of("exchange0"), 0, bytes_of("x"))), errc::conflict);
    passes(1s);
    EXPECT_TRUE(t_.insert(bytes_of("insert"), bytes_of("x")));
    EXPECT_EQ(code_of(t_.compare_exchange(bytes_of("exchange"), versions[1], bytes_of("x"))), errc::conflict);
    EXPECT_TRUE(t_.compare_exchange(bytes_of("exchange0"), 0, bytes_of("x")));
    EXPECT_TRUE(t_.update(bytes_of("update"), change));
    EXPECT_EQ(t_.get_text("update")->text.size(), 1U);
    EXPECT_FALSE(*t_.erase_text("erase"));
    EXPECT_EQ(t_.add(bytes_of("add"), 3).value(), 3U);
    EXPECT_GT(t_.put_text("put", "x").value(), versions.back()) << "versions of a key go up";
    passes(std::chrono::hours(24 * 365));
    for (const char* const key : {"insert", "exchange0", "update", "add", "put"}) EXPECT_TRUE(*t_.contains(key)) << key;
    is_whole();
}

TEST_P(table_expiry_test, what_is_put_anew_expires_as_it_says_and_a_change_leaves_the_moment) {
    const auto same = [](const std::span<const std::byte>* old) -> samepage::result<std::vector<std::byte>> {
        return std::vector<std::byte>(old == nullptr ? 8 : old->size());
    };
    const auto left = [&](const char* key) { return t_.expires_unix_ns(bytes_of(key)).value(); };
    const std::uint64_t at = wall_ns + 10 * second;
    for (const char* const key : {"longer", "for ever", "updated", "added"})
        ASSERT_TRUE(t_.put_text(key, "12345678", in(10s)));
    passes(5s);
    ASSERT_TRUE(t_.put_text("longer", "x", in(10s)));
    ASSERT_TRUE(t_.put_text("for ever", "x"));
    ASSERT_TRUE(t_.update(bytes_of("updated"), same, in(1h)));
    ASSERT_TRUE(t_.add(bytes_of("added"), 1, in(1h)));
    EXPECT_EQ(left("longer"), at + 5 * second);
    EXPECT_EQ(left("for ever"), 0U);
    EXPECT_EQ(left("updated"), at);
    EXPECT_EQ(left("added"), at);
    ASSERT_TRUE(t_.update(bytes_of("new"), same, in(1s)));
    EXPECT_EQ(t_.add(bytes_of("new"), 7).value(), 7U);
    EXPECT_EQ(left("new"), wall_ns + second);
    ASSERT_TRUE(t_.insert(bytes_of("inserted"), bytes_of("x"), in(2s)));
    EXPECT_EQ(left("inserted"), wall_ns + 2 * second);
    const auto version = t_.version(bytes_of("inserted")).value();
    ASSERT_TRUE(t_.compare_exchange(bytes_of("inserted"), version, bytes_of("x"), in(3s)));
    EXPECT_EQ(left("inserted"), wall_ns + 3 * second);
    is_whole();
}

TEST_P(table_expiry_test, as_before_keeps_the_moment) {
    const put_options kept = in(samepage::as_before);
    const std::uint64_t at = wall_ns + 10 * second;
    for (const char* const key : {"put", "exchanged", "expired"}) ASSERT_TRUE(t_.put_text(key, "v", in(10s)));
    passes(5s);
    ASSERT_TRUE(t_.put_text("put", "w", kept));
    ASSERT_TRUE(t_.compare_exchange(bytes_of("exchanged"), *t_.version(bytes_of("exchanged")), bytes_of("w"), kept));
    for (const char* const key : {"put", "exchanged"}) EXPECT_EQ(t_.expires_unix_ns(bytes_of(key)).value(), at) << key;
    passes(5s);
    for (const char* const key : {"expired", "new"}) {
        ASSERT_TRUE(t_.put_text(key, "w", kept));
        EXPECT_EQ(t_.expires_unix_ns(bytes_of(key)).value(), 0U) << key;
    }
    is_whole();
}

TEST_P(table_expiry_test, a_moment_that_is_past_is_refused) {
    for (const auto time : {samepage::duration(-1), samepage::duration(samepage::duration::min())}) {
        EXPECT_EQ(code_of(t_.put_text("k", "v", in(time))), errc::invalid_argument);
        EXPECT_EQ(code_of(t_.insert(bytes_of("k"), bytes_of("v"), in(time))), errc::invalid_argument);
        EXPECT_EQ(code_of(t_.compare_exchange(bytes_of("k"), 0, bytes_of("v"), in(time))), errc::invalid_argument);
        EXPECT_EQ(code_of(t_.add(bytes_of("k"), 1, in(time))), errc::invalid_argument);
    }
    EXPECT_EQ(t_.size(), 0U);
}

TEST_P(table_expiry_test, the_longest_time_does_not_overflow) {
    ASSERT_TRUE(t_.put_text("k", "v", in(samepage::forever - 1ns)));
    passes(std::chrono::hours(24 * 365 * 100));
    EXPECT_TRUE(*t_.contains("k"));
}

// Small ones, a large one that has pages of its own, and more than a group has.
TEST_P(table_expiry_test, space_comes_back_when_a_writer_passes_by) {
    for (unsigned i = 0; i < 10; ++i) ASSERT_TRUE(t_.put_text(key(i), "small", in(1s)));
    ASSERT_TRUE(t_.put_text(key(10), std::string(30000, 'l'), in(1s)));
    ASSERT_TRUE(t_.put_text(key(11), "later", in(2s)));
    ASSERT_TRUE(t_.put_text(key(12), "plain"));
    const std::uint64_t changes = t_.changes();
    passes(1s);
    EXPECT_EQ(t_.size(), 13U) << "nobody has passed by";
    EXPECT_FALSE(*t_.erase_text(key(13)));
    EXPECT_EQ(t_.size(), 2U);
    EXPECT_EQ(t_.changes(), changes + 11);
    EXPECT_TRUE(*t_.contains(key(11)) && *t_.contains(key(12)));
    is_whole();
    passes(1s);
    ASSERT_TRUE(t_.put_text(key(14), "new"));
    EXPECT_EQ(t_.size(), 2U);
    is_whole();
}

// By an erase, once, as soon as a writer has passed by; and before what is put under the same key then.
TEST_P(table_expiry_test, a_history_tells_that_a_record_has_expired) {
    ASSERT_TRUE(t_.keep_history(std::uint64_t{1} << 20));
    auto feed = t_.subscribe();
    ASSERT_TRUE(feed);
    const auto next = [&]() -> std::string {
        const auto seen = feed->next(no_wait);
        if (!seen) return std::string(samepage::name_of(seen.error().code()));
        EXPECT_EQ(seen->missed, 0U);
        return (seen->erased ? "erased " : "put ") + std::string(seen->key_text()) + " " +
               std::to_string(seen->version);
    };
    std::vector<std::string> versions;
    for (unsigned i = 0; i < 3; ++i) {
        versions.push_back(std::to_string(t_.put_text(key(i), std::string(i * 10000, 'x'), in(1s)).value()));
        EXPECT_EQ(next(), "put " + key(i) + " " + versions.back());
    }
    ASSERT_TRUE(t_.put_text(key(3), "plain"));
    EXPECT_NE(next(), "timed_out");
    passes(1s);
    EXPECT_FALSE(*t_.contains(key(0)));
    EXPECT_EQ(next(), "timed_out") << "nobody has passed by";
    const std::string anew = std::to_string(t_.put_text(key(1), "anew").value());
    for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(next(), "erased " + key(i) + " " + versions[i]);
    EXPECT_EQ(next(), "put " + key(1) + " " + anew);
    EXPECT_FALSE(*t_.erase_text(key(4)));
    EXPECT_EQ(next(), "timed_out");
    is_whole();
}

// Claim: what expires while others are put takes no more and more space.
TEST_P(table_expiry_test, a_table_whose_records_all_expire_stays_small) {
    std::uint64_t bytes = 0;
    for (unsigned round = 0; round < 40; ++round) {
        for (unsigned i = 0; i < 100; ++i)
            ASSERT_TRUE(t_.put_text(std::to_string(round) + " " + std::to_string(i), std::string(100, 'x'), in(10s)));
        passes(5s);
        if (round == 20) bytes = t_.info()->size_bytes;
    }
    EXPECT_LE(t_.info()->size_bytes, 2 * bytes);
    EXPECT_LT(t_.size(), 100U * 40 / 4);
    is_whole();
}

TEST_P(table_expiry_test, who_waits_for_a_key_notices_that_it_expires) {
    for (const auto strategy : {samepage::wait_strategy::spin, samepage::wait_strategy::spin_then_sleep}) {
        samepage::table_options options;
        options.strategy = strategy;
        const table_bytes waiting = table_bytes::open(place_, options).value();
        const std::uint64_t version = t_.put_text("k", "v", in(1ms)).value();
        EXPECT_EQ(code_of(waiting.wait(bytes_of("k"), version, 3ms)), errc::timed_out) << "the clock stands";
        std::thread later([] { passes(1ms); });
        EXPECT_EQ(waiting.wait(bytes_of("k"), version, runner::patience).value(), 0U);
        later.join();
    }
}

TEST_P(table_expiry_test, a_file_keeps_the_moment_and_so_does_its_checkpoint) {
    if (!GetParam()) GTEST_SKIP() << "names have no checkpoints";
    ASSERT_TRUE(t_.put_text("k", "v", in(10s)));
    ASSERT_TRUE(t_.checkpoint());
    t_.close();
    const auto copy = table_bytes::open(place_ + ".checkpoint");
    const auto again = table_bytes::open(place_);
    ASSERT_TRUE(copy && again);
    for (const table_bytes* const t : {&*copy, &*again})
        EXPECT_EQ(t->expires_unix_ns(bytes_of("k")).value(), wall_ns + 10 * second);
    passes(10s);
    for (const table_bytes* const t : {&*copy, &*again}) EXPECT_FALSE(*t->contains("k"));
}

// Claim: a record that is always put anew before it expires is always there (table/expiry.hpp, I3).
TEST_P(table_expiry_test, a_record_that_is_renewed_is_there_for_all_readers_all_the_time) {
    ASSERT_TRUE(t_.put_text("k", "v", in(10ns)));
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!done) {
                ASSERT_EQ(code_of(t_.get_text("k")), errc{});
                ASSERT_NE(t_.version(bytes_of("k")).value(), 0U);
            }
        });
    }
    for (unsigned i = 0; i < 20000; ++i) {
        ASSERT_TRUE(t_.put_text("k", "v", in(10ns)));
        passes(6ns);
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
}

// Claim: a call that begins at or after the moment doesn't see the record; several put, erase and sweep meanwhile.
TEST_P(table_expiry_test, nobody_sees_a_record_that_had_expired_when_he_asked) {
    std::atomic<bool> done{false};
    std::vector<std::thread> all;
    for (unsigned i = 0; i < 2; ++i) {
        all.emplace_back([&, i] {
            for (unsigned turn = 0; turn < 4000; ++turn) {
                const std::string name = std::to_string((turn * 7 + i) % 40);
                ASSERT_TRUE(t_.put_text(name, std::string(turn % 300, 'v'), in(samepage::duration(1 + turn % 20))));
                passes(1ns);
            }
            done = true;
        });
    }
    all.emplace_back([&] {
        while (!done) {
            const std::uint64_t begun = wall_ns;
            ASSERT_TRUE(t_.for_each([&](const table_bytes::record& r) {
                EXPECT_GT(r.expires_unix_ns, begun);
                return true;
            }));
        }
    });
    for (std::thread& one : all) one.join();
    is_whole();
}

TEST_P(table_expiry_test, typed_records_expire_too) {
    const auto prices = table<std::uint64_t, double>::create(place_).value();
    ASSERT_TRUE(prices.put(1, 1.5, in(10s)));
    ASSERT_TRUE(prices.insert(2, 2.5, in(10s)));
    const auto version = prices.version(2).value();
    ASSERT_TRUE(prices.compare_exchange(2, version, 3.5, in(20s)));
    EXPECT_EQ(prices.get(1)->value, 1.5);
    passes(10s);
    EXPECT_EQ(code_of(prices.get(1)), errc::no_key);
    EXPECT_EQ(prices.get(2)->value, 3.5);
}

}  // namespace
