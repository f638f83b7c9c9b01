// Checkpoints of tables: made beside writers, gone back to when the mark in the file is that of another boot.
// SPDX-License-Identifier: MIT
//
// Which pages a power failure may leave is tests/power; here it is the mark that makes one.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "os/os.hpp"
#include "runner.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "table_inside.hpp"

namespace {

using namespace samepage;
namespace fs = std::filesystem;

constexpr std::uint64_t another_boot = 4711;
constexpr std::uint64_t mark_at = tables::table_offset + offsetof(tables::body, mark);

std::uint64_t word_at(const std::string& path, std::uint64_t offset) {
    std::uint64_t value = 0;
    std::ifstream file(path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(&value), sizeof value);
    return value;
}

void set_word(const std::string& path, std::uint64_t offset, std::uint64_t value) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(reinterpret_cast<const char*>(&value), sizeof value);
}

table_bytes opened(const std::string& place, const table_options& options = {}) {
    auto t = table_bytes::open(place, options);
    EXPECT_TRUE(t) << t.error().message();
    return t ? std::move(*t) : table_bytes();
}

table_options as_it_is(samepage::access a = samepage::access::read_only) {
    table_options options;
    options.access = a;
    options.as_it_is = true;
    return options;
}

std::string value_of(const table_bytes& t, std::string_view key) {
    const auto seen = t.get_text(key);
    return seen ? seen->text : seen.error().code() == errc::no_key ? "nothing" : seen.error().message();
}

// A file of three records, with a checkpoint; after that one was replaced, one erased, others put.
class table_checkpoint_test : public testing::Test {
   protected:
    table_checkpoint_test() : path(scratch::file(runner::fresh_name("stock"))) {}

    void fill() const {
        const auto t = table_bytes::create_new(path).value();
        for (const char* key : {"bolt", "nut", "screw"}) ASSERT_TRUE(t.put_text(key, "old"));
        const auto made = t.checkpoint();
        ASSERT_TRUE(made) << made.error().message();
        EXPECT_EQ(made->records, 3U);
        ASSERT_TRUE(t.put_text("bolt", "new"));
        ASSERT_TRUE(t.erase_text("nut"));
        ASSERT_TRUE(t.put_text("large", std::string(300000, 'x')));
        for (unsigned i = 0; i < 3000; ++i) ASSERT_TRUE(t.put_text("more " + std::to_string(i), "later"));
    }
    void is_as_checkpointed() const {
        const table_bytes t = opened(path);
        EXPECT_EQ(t.size(), 3U);
        for (const char* key : {"bolt", "nut", "screw"}) EXPECT_EQ(value_of(t, key), "old");
        EXPECT_EQ(table_inside::wrong_with(path), "");
        ASSERT_TRUE(t.put_text("washer", "after"));
        EXPECT_EQ(value_of(t, "washer"), "after");
    }
    // What a restart of the machine finds that nobody had expected.
    void lose_power() const { set_word(path, mark_at, another_boot); }

    const std::string path;
};

TEST_F(table_checkpoint_test, after_a_power_failure_it_is_as_of_the_checkpoint) {
    fill();
    lose_power();
    const table_bytes t = opened(path);
    EXPECT_TRUE(t.went_back());
    is_as_checkpointed();
    const auto info = t.info().value();
    EXPECT_GT(info.checkpoint_unix_ns, 0U);
    EXPECT_EQ(info.returned_to_unix_ns, info.checkpoint_unix_ns);
    EXPECT_GT(info.returned_unix_ns, info.returned_to_unix_ns);
    EXPECT_FALSE(opened(path).went_back());
}

TEST_F(table_checkpoint_test, what_had_been_there_is_put_aside) {
    fill();
    lose_power();
    opened(path);
    const table_bytes aside = opened(path + ".aside", as_it_is());
    EXPECT_EQ(value_of(aside, "bolt"), "new");
    EXPECT_EQ(value_of(aside, "nut"), "nothing");
    EXPECT_EQ(aside.size(), 3003U);
}

TEST_F(table_checkpoint_test, a_checkpoint_is_a_table_by_itself) {
    fill();
    const table_bytes t = opened(path + ".checkpoint");
    EXPECT_EQ(t.size(), 3U);
    EXPECT_EQ(value_of(t, "nut"), "old");
    EXPECT_EQ(opened(path).version(std::as_bytes(std::span("screw", 5))).value(),
              t.version(std::as_bytes(std::span("screw", 5))).value());
    EXPECT_EQ(table_inside::wrong_with(path + ".checkpoint"), "");
}

TEST_F(table_checkpoint_test, a_reader_is_the_first_to_come) {
    fill();
    lose_power();
    table_options reading;
    reading.access = samepage::access::read_only;
    const table_bytes t = opened(path, reading);
    EXPECT_TRUE(t.went_back());
    EXPECT_EQ(value_of(t, "bolt"), "old");
}

TEST_F(table_checkpoint_test, a_file_that_lost_its_end_comes_back) {
    fill();
    ASSERT_GT(fs::file_size(path), tables::initial_bytes);
    fs::resize_file(path, tables::initial_bytes);
    lose_power();
    EXPECT_TRUE(opened(path).went_back());
    is_as_checkpointed();
}

TEST_F(table_checkpoint_test, going_back_can_be_begun_anew) {
    fill();
    lose_power();
    opened(path);
    const auto kept = fs::file_size(path + ".aside");
    // Killed in the middle of it: some pages are the checkpoint's, others not.
    set_word(path, mark_at, tables::returning);
    set_word(path, tables::arena_offset + 8 * tables::page, 1234567);
    const table_bytes t = opened(path);
    EXPECT_TRUE(t.went_back());
    is_as_checkpointed();
    EXPECT_EQ(fs::file_size(path + ".aside"), kept);
}

// ---- The mark ------------------------------------------------------------------------------------------------------

TEST_F(table_checkpoint_test, the_last_one_who_changed_it_clears_the_mark) {
    const std::uint64_t boot = os::boot().value();
    EXPECT_EQ(boot >> 63, 1U);
    EXPECT_EQ(boot & 1, 0U);
    {
        const auto first = table_bytes::create(path).value();
        EXPECT_EQ(word_at(path, mark_at), boot) << "it is new";
        ASSERT_TRUE(first.put_text("bolt", "12"));
        EXPECT_EQ(word_at(path, mark_at), boot);
        {
            const table_bytes second = opened(path);
            ASSERT_TRUE(second.put_text("nut", "100"));
        }
        EXPECT_EQ(word_at(path, mark_at), boot) << "one goes on";
        EXPECT_FALSE(first.info()->is_clean);
        const table_bytes reader = opened(path);
    }
    EXPECT_EQ(word_at(path, mark_at), tables::clean);
    const table_bytes t = opened(path);
    EXPECT_FALSE(t.went_back());
    EXPECT_EQ(value_of(t, "nut"), "100");
    EXPECT_EQ(word_at(path, mark_at), tables::clean) << "it was only read";
    EXPECT_TRUE(t.info()->is_clean);
    ASSERT_TRUE(t.put_text("bolt", "13"));
    EXPECT_EQ(word_at(path, mark_at), boot);
}

TEST_F(table_checkpoint_test, a_new_one_that_nobody_used_is_whole) {
    table_bytes::create(path).value();
    EXPECT_EQ(word_at(path, mark_at), tables::clean);
}

TEST_F(table_checkpoint_test, a_reader_leaves_the_mark) {
    auto writer = table_bytes::create(path).value();
    ASSERT_TRUE(writer.put_text("bolt", "12"));
    set_word(path, mark_at, os::boot().value());
    {
        table_options reading;
        reading.access = samepage::access::read_only;
        EXPECT_EQ(value_of(opened(path, reading), "bolt"), "12");
        const table_bytes unused = opened(path);
    }
    EXPECT_EQ(word_at(path, mark_at), os::boot().value());
    writer.close();
    EXPECT_EQ(word_at(path, mark_at), tables::clean);
}

// ---- Where there is no way back ------------------------------------------------------------------------------------

TEST_F(table_checkpoint_test, without_a_checkpoint_it_is_refused_and_can_be_saved) {
    {
        const auto t = table_bytes::create(path).value();
        ASSERT_TRUE(t.put_text("bolt", "12"));
    }
    lose_power();
    for (const samepage::access a : {samepage::access::read_write, samepage::access::read_only}) {
        table_options options;
        options.access = a;
        const auto refused = table_bytes::open(path, options);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), errc::corrupt);
        EXPECT_NE(refused.error().message().find("table verify"), std::string::npos) << refused.error().message();
    }
    EXPECT_EQ(value_of(opened(path, as_it_is()), "bolt"), "12");
    EXPECT_EQ(word_at(path, mark_at), another_boot) << "it was only read";
    {
        const table_bytes t = opened(path, as_it_is(samepage::access::read_write));
        ASSERT_TRUE(t.verify()->is_whole());
        EXPECT_EQ(word_at(path, mark_at), os::boot().value());
        ASSERT_TRUE(t.checkpoint());
    }
    EXPECT_EQ(value_of(opened(path), "bolt"), "12");
    EXPECT_EQ(word_at(path, mark_at), tables::clean);
}

TEST_F(table_checkpoint_test, what_is_not_whole_is_not_taken_as_it_is) {
    {
        const auto t = table_bytes::create(path).value();
        ASSERT_TRUE(t.put_text("bolt", "12"));
    }
    lose_power();
    set_word(path, tables::table_offset + offsetof(tables::body, stripes) + offsetof(tables::stripe, records), 4000);
    const auto refused = table_bytes::open(path, as_it_is(samepage::access::read_write));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::corrupt);
    EXPECT_EQ(word_at(path, mark_at), another_boot);
    EXPECT_EQ(value_of(opened(path, as_it_is()), "bolt"), "12");
}

void is_refused(const std::string& path) {
    const auto refused = table_bytes::open(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::corrupt);
    EXPECT_NE(refused.error().message().find(path + ".checkpoint"), std::string::npos) << refused.error().message();
    EXPECT_EQ(word_at(path, mark_at), another_boot) << "it was touched";
}

TEST_F(table_checkpoint_test, a_checkpoint_with_another_word_is_no_way_back) {
    fill();
    lose_power();
    const std::string checkpoint = path + ".checkpoint";
    for (const std::uint64_t at : {std::uint64_t{96}, tables::table_offset + offsetof(tables::body, numbers),
                                   tables::arena_offset + 5 * tables::page + 8, fs::file_size(checkpoint) - 8}) {
        const std::uint64_t before = word_at(checkpoint, at);
        set_word(checkpoint, at, before + 1);
        is_refused(path);
        set_word(checkpoint, at, before);
    }
    EXPECT_TRUE(opened(path).went_back());
}

// On Windows GCC's copy_file() doesn't overwrite.
void replace(const std::string& file, const std::string& by) {
    fs::remove(file);
    fs::copy_file(by, file);
}

TEST_F(table_checkpoint_test, a_checkpoint_that_is_short_or_was_changed_is_no_way_back) {
    fill();
    lose_power();
    const std::string checkpoint = path + ".checkpoint", copy = path + ".copy";
    fs::copy_file(checkpoint, copy);
    fs::resize_file(checkpoint, fs::file_size(checkpoint) - 4096);
    is_refused(path);
    replace(checkpoint, copy);
    ASSERT_TRUE(opened(checkpoint).put_text("bolt", "changed"));
    is_refused(path);
    replace(checkpoint, copy);
    EXPECT_TRUE(opened(path).went_back());
}

TEST_F(table_checkpoint_test, a_checkpoint_of_another_table_is_no_way_back) {
    fill();
    const std::string other = path + ".other";
    {
        const auto t = table_bytes::create(other).value();
        ASSERT_TRUE(t.put_text("bolt", "other"));
        ASSERT_TRUE(t.checkpoint());
    }
    replace(path + ".checkpoint", other + ".checkpoint");
    lose_power();
    is_refused(path);
}

// ---- Making one ----------------------------------------------------------------------------------------------------

TEST_F(table_checkpoint_test, there_is_none_of_names_nor_by_readers) {
    const std::string name = runner::fresh_name("name");
    const auto named = table_bytes::create(name).value();
    EXPECT_EQ(named.checkpoint().error().code(), errc::not_supported);
    fill();
    table_options reading;
    reading.access = samepage::access::read_only;
    EXPECT_EQ(opened(path, reading).checkpoint().error().code(), errc::denied);
    EXPECT_EQ(table_bytes().checkpoint().error().code(), errc::closed);
}

TEST_F(table_checkpoint_test, a_damaged_table_takes_no_checkpoints_place) {
    fill();
    const auto before = fs::last_write_time(path + ".checkpoint");
    const table_bytes t = opened(path);
    set_word(path, tables::table_offset + offsetof(tables::body, stripes) + offsetof(tables::stripe, records), 4000);
    const auto refused = t.checkpoint();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::corrupt) << refused.error().message();
    EXPECT_EQ(fs::last_write_time(path + ".checkpoint"), before);
    EXPECT_FALSE(fs::exists(path + ".checkpoint-new"));
}

TEST_F(table_checkpoint_test, a_writer_that_does_not_go_on_is_named_and_others_do) {
    fill();
    const table_bytes t = opened(path);
    std::atomic<bool> is_in{false}, may_go{false};
    std::thread slow([&] {
        const table_bytes mine = opened(path);
        const auto done = mine.update(std::as_bytes(std::span("bolt", 4)), [&](const auto*) {
            is_in = true;
            while (!may_go) std::this_thread::yield();
            return std::vector<std::byte>(3);
        });
        EXPECT_TRUE(done);
    });
    while (!is_in) std::this_thread::yield();
    const auto refused = t.checkpoint(std::chrono::milliseconds(60));
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::timed_out) << refused.error().message();
    EXPECT_NE(refused.error().message().find(std::to_string(runner::this_process())), std::string::npos)
        << refused.error().message();
    may_go = true;
    slow.join();
    EXPECT_TRUE(t.checkpoint(runner::patience));
}

// Each writer raises one counter and then another, which are of different stripes: so in each moment the first is the
// second, or one more. A checkpoint has such a moment.
TEST_F(table_checkpoint_test, a_checkpoint_is_of_one_moment) {
    const auto t = table_bytes::create(path).value();
    constexpr unsigned writers = 3, checkpoints = 5;
    std::atomic<bool> stop{false};
    std::latch begun(writers);
    std::vector<std::thread> threads;
    for (unsigned w = 0; w < writers; ++w) {
        threads.emplace_back([&, w] {
            const std::string first = "first " + std::to_string(w), second = "second " + std::to_string(w);
            for (unsigned i = 0; !stop; ++i) {
                EXPECT_TRUE(t.put_text(first, std::to_string(i)));
                EXPECT_TRUE(t.put_text("filling " + std::to_string(w * 1000 + i % 300), std::string(i % 200, 'f')));
                EXPECT_TRUE(t.put_text(second, std::to_string(i)));
                if (i == 0) begun.count_down();
            }
        });
    }
    begun.wait();  // all have put both: each checkpoint has all of them
    for (unsigned i = 0; i < checkpoints; ++i) {
        const auto made = t.checkpoint(runner::patience);
        EXPECT_TRUE(made) << made.error().message();
        if (!made) break;
        EXPECT_GT(made->stall.count(), 0);
        const table_bytes c = opened(path + ".checkpoint", as_it_is());
        EXPECT_EQ(c.size(), made->records);
        for (unsigned w = 0; w < writers; ++w) {
            const auto first = c.get_text("first " + std::to_string(w)),
                       second = c.get_text("second " + std::to_string(w));
            EXPECT_TRUE(first && second);
            if (!first || !second) continue;
            const int ahead = std::stoi(first->text) - std::stoi(second->text);
            EXPECT_TRUE(ahead == 0 || ahead == 1) << first->text << " and " << second->text;
        }
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(table_inside::wrong_with(path), "");
}

// Several may want one at the same time: each gets one that has what it had put before.
TEST_F(table_checkpoint_test, checkpoints_of_several_come_one_after_the_other) {
    fill();
    constexpr unsigned makers = 3;
    std::vector<std::thread> threads;
    for (unsigned m = 0; m < makers; ++m) {
        threads.emplace_back([&, m] {
            const table_bytes t = opened(path);
            for (unsigned i = 0; i < 4; ++i) {
                EXPECT_TRUE(t.put_text("maker " + std::to_string(m), std::to_string(i), runner::patience));
                const auto made = t.checkpoint(runner::patience);
                EXPECT_TRUE(made) << made.error().message();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    lose_power();
    const table_bytes t = opened(path);
    EXPECT_TRUE(t.went_back());
    for (unsigned m = 0; m < makers; ++m) EXPECT_EQ(value_of(t, "maker " + std::to_string(m)), "3");
}

}  // namespace
