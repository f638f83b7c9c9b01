// A table's changes in event loops, by its descriptor, and in forked children.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <vector>

#include "forked.hpp"
#include "runner.hpp"
#include "samepage/table.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::no_wait;
using samepage::table_bytes;

constexpr int forever_ms = 60'000;

bool readable(samepage::native_handle descriptor, int within_ms = 0) {
    pollfd one{static_cast<int>(descriptor), POLLIN, 0};
    return ::poll(&one, 1, within_ms) == 1;
}

table_bytes reader_of(const std::string& name) {
    samepage::table_options options;
    options.access = samepage::access::read_only;
    return std::move(table_bytes::open(name, options).value());
}

// The keys of all changes that are there, until there are no more.
std::vector<std::string> drained(table_bytes::feed& feed) {
    std::vector<std::string> keys;
    for (;;) {
        const auto seen = feed.next(no_wait);
        if (!seen) {
            EXPECT_EQ(seen.error().code(), errc::timed_out) << seen.error().message();
            return keys;
        }
        EXPECT_EQ(seen->missed, 0U);
        keys.emplace_back(seen->key_text());
    }
}

// Claim: a loop that arms and then reads on comes to every change.
TEST(table_feed_posix_test, a_loop_that_arms_and_then_reads_on_sleeps_through_no_change) {
    constexpr std::size_t count = 400;
    const std::string name = fresh_name("loop");
    const auto t = table_bytes::create(name);
    ASSERT_TRUE(t && t->keep_history(std::uint64_t{1} << 20));
    const table_bytes reader = reader_of(name);
    auto feed = reader.subscribe();
    const auto descriptor = reader.descriptor();
    ASSERT_TRUE(feed && descriptor);
    process writers[2] = {process::start("clerk"), process::start("clerk")};
    for (process& writer : writers) {
        ASSERT_EQ(writer.ask("table " + name), "opened");
        writer.send("fill " + std::to_string(&writer - writers) + " " + std::to_string(count) + " 50");
    }
    std::size_t told = 0;
    for (;;) {
        ASSERT_TRUE(reader.arm());
        told += drained(*feed).size();
        if (told == 2 * count) break;
        ASSERT_LT(told, 2 * count);
        ASSERT_TRUE(readable(*descriptor, forever_ms)) << told << " changes were told";
    }
    for (process& writer : writers) EXPECT_EQ(writer.line(), "done");
    ASSERT_TRUE(reader.arm());
    EXPECT_FALSE(readable(*descriptor)) << "nobody changes anything any more";
}

TEST(table_feed_posix_test, a_change_after_arming_makes_it_readable) {
    const std::string name = fresh_name("armed");
    const auto t = table_bytes::create(name);
    ASSERT_TRUE(t && t->keep_history(1));
    const table_bytes reader = reader_of(name);
    auto feed = reader.subscribe();
    const auto descriptor = reader.descriptor();
    ASSERT_TRUE(feed && descriptor);
    EXPECT_FALSE(readable(*descriptor));
    const auto happens = [&](bool is_erase) {
        EXPECT_TRUE(is_erase ? t->erase_text("k").has_value() : t->put_text("k", "v").has_value());
        EXPECT_TRUE(readable(*descriptor));
        ASSERT_TRUE(reader.arm());
        EXPECT_FALSE(readable(*descriptor));
        EXPECT_EQ(drained(*feed), std::vector<std::string>{"k"});
    };
    happens(false);
    happens(false);
    happens(true);
    // For who only counts changes, too.
    const std::uint64_t before = reader.changes();
    ASSERT_TRUE(t->put_text("k", "w"));
    EXPECT_TRUE(readable(*descriptor));
    EXPECT_EQ(reader.wait_any(before, no_wait).value(), before + 1);
}

TEST(table_feed_posix_test, a_forked_childs_copy_goes_on_by_itself) {
    const auto t = table_bytes::create(fresh_name("forked"));
    ASSERT_TRUE(t && t->keep_history(1));
    auto feed = t->subscribe();
    ASSERT_TRUE(feed && t->put_text("first", "x") && t->put_text("second", "x"));
    ASSERT_TRUE(feed->next(no_wait));
    forked::signal_pipe changed;
    const pid_t child = forked::run([&] {
        if (!changed.take()) return 1;
        return drained(*feed).size() == 2 && t->put_text("of the child", "x") ? 0 : 2;
    });
    ASSERT_TRUE(t->put_text("third", "x"));
    changed.give();
    EXPECT_EQ(forked::status_of(child), 0);
    EXPECT_EQ(drained(*feed).size(), 3U);
}

}  // namespace
