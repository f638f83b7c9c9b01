// Tables when the power fails: whatever mixture of pages is left, as of a checkpoint or of a close, or refused.
// SPDX-License-Identifier: MIT
//
// A script of puts, checkpoints, closes and failures runs on a table in one directory. Whenever that was looked at
// (disk.hpp), what the disk may hold is written into another directory and opened there in another boot. What is
// allowed then follows from what was acknowledged. Going back is such a script itself.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "disk.hpp"
#include "os/os.hpp"
#include "runner.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "table_inside.hpp"

namespace {

constexpr std::uint64_t next = 2;  // boots are even
std::uint64_t boot_now = std::uint64_t{1} << 63 | 1000;

}  // namespace

// Instead of os::boot().
samepage::result<std::uint64_t> boot_of_the_test() asm("__wrap__ZN8samepage2os4bootEv");
samepage::result<std::uint64_t> boot_of_the_test() { return boot_now; }

namespace {

using namespace samepage;
namespace fs = std::filesystem;

using contents = std::map<std::string, std::string>;

// What the broken copies' files ask for, whichever of a table's pages the disk has lost.
constexpr auto half_on_disk = "the table is only half on the disk";

contents all_of(const table_bytes& t) {
    contents all;
    EXPECT_TRUE(t.for_each([&](const table_bytes::record& r) {
        all.emplace(r.key_text(), r.text());
        return true;
    }));
    EXPECT_EQ(t.size(), all.size()) << half_on_disk;
    return all;
}

unsigned seed_of_run() {
    const char* const given = std::getenv("SAMEPAGE_POWER_SEED");
    return given == nullptr ? 1 : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}
unsigned times_more() {
    const char* const given = std::getenv("SAMEPAGE_POWER_TIMES");
    return given == nullptr ? 1 : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

class table_power_test : public testing::Test {
   protected:
    table_power_test() : directory_(scratch::file(runner::fresh_name("on"))), after_(directory_ + ".after") {
        fs::create_directory(directory_);
    }
    ~table_power_test() override { disk::unwatch(); }

    std::string path() const { return directory_ + "/stock.page"; }
    void begin() {
        disk::watch(directory_, [this] { judge(); });
    }

    void create() { table_ = table_bytes::create_new(path()).value(); }
    void open() { table_ = table_bytes::open(path()).value(); }
    void put(const std::string& key, const std::string& value) {
        is_changing_ = true;
        const auto done = table_.put_text(key, value);
        ASSERT_TRUE(done) << done.error().message();
        there_[key] = value;
        is_changed();
    }
    void erase(const std::string& key) {
        is_changing_ = true;
        ASSERT_TRUE(table_.erase_text(key).value());
        there_.erase(key);
        is_changed();
    }
    void checkpoint() {
        checkpointing_ = there_;
        is_changing_ = true;
        const auto done = table_.checkpoint(runner::patience);
        ASSERT_TRUE(done) << done.error().message();
        checkpoint_ = std::exchange(checkpointing_, {});
        is_changed();
    }
    // Moves records and gives pages back; what is there stays.
    table_compaction compact() {
        is_changing_ = true;
        const auto done = table_.compact(runner::patience).value();
        is_changed();
        return done;
    }
    void close() {
        closing_ = there_;
        table_.close();
        closed_ = std::exchange(closing_, {});
        disk::look();
    }
    // Whoever had it open is gone in the middle, and the machine is started again; the disk is as it stands.
    void restart() {
        disk::unwatch();
        table_.close();
        std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(tables::table_offset + offsetof(tables::body, mark)));
        file.write(reinterpret_cast<const char*>(&boot_now), sizeof boot_now);
        ASSERT_TRUE(file.flush());
        boot_now += 10 * next;
        closed_.reset();
    }
    void come_back() {
        closing_ = checkpoint_;
        put_aside_ = std::exchange(there_, *checkpoint_);
        open();
        EXPECT_TRUE(table_.went_back());
        closed_ = std::exchange(closing_, {});
        disk::look();
        put_aside_.reset();
    }

    unsigned judged_ = 0, refused_ = 0, went_back_ = 0, was_closed_ = 0;
    unsigned most_ = 12 * times_more();  // possibilities of one moment
    table_bytes table_;
    contents there_;
    // What was acknowledged: the last checkpoint; and how it was closed, if nobody has changed it since.
    std::optional<contents> checkpoint_, closed_;
    // What is under way.
    std::optional<contents> checkpointing_, closing_;
    // While it goes back: what was there.
    std::optional<contents> put_aside_;
    bool is_changing_ = false;

   private:
    // By now it is on the disk that it may be half-written.
    void is_changed() {
        closed_.reset();
        is_changing_ = false;
        disk::look();
    }

    void judge() {
        if (HasFailure()) return;
        for (const disk::possibility& p : disk::possibilities(most_, random_)) {
            fs::remove_all(after_);
            fs::create_directory(after_);
            p.write_to(after_);
            judge(after_ + "/stock.page");
            if (HasFailure()) {
                fs::rename(after_, after_ + ".failed");
                return;
            }
        }
    }

    void judge(const std::string& place) {
        ++judged_;
        boot_now += next;
        const auto t = table_bytes::open(place);
        boot_now -= next;
        if (!t) {
            ++refused_;
            EXPECT_FALSE(checkpoint_) << "there is a checkpoint, but: " << t.error().message();
            EXPECT_TRUE(!closed_ || is_changing_) << "it was closed, but: " << t.error().message();
            return;
        }
        if (t->went_back()) ++went_back_;
        if (!t->went_back()) ++was_closed_;
        EXPECT_TRUE(!t->went_back() || !closed_ || is_changing_) << "it was closed, but it went back";
        if (put_aside_) {
            EXPECT_EQ(all_of(table_bytes::open(place + ".aside", as_it_is()).value()), *put_aside_)
                << "what was put aside is another table";
        }
        const contents seen = all_of(*t);
        const auto is = [&](const std::optional<contents>& that) { return that && seen == *that; };
        EXPECT_TRUE(t->went_back() ? is(checkpoint_) || is(checkpointing_) : is(closed_) || is(closing_) || is_new())
            << seen.size() << " records that nobody had acknowledged so; it "
            << (t->went_back() ? "went back" : "seemed whole");
        EXPECT_EQ(table_inside::wrong_with(place), "") << half_on_disk;
        boot_now += next;
        EXPECT_TRUE(t->put_text("on", "it goes")) << "after a failure";
        boot_now -= next;
    }

    static table_options as_it_is() {
        table_options options;
        options.access = samepage::access::read_only;
        options.as_it_is = true;
        return options;
    }
    bool is_new() const { return !checkpoint_ && there_.empty(); }

    const std::string directory_, after_;
    std::mt19937 random_{seed_of_run()};
};

TEST_F(table_power_test, before_the_first_checkpoint_it_is_refused_or_as_it_was_closed) {
    begin();
    create();
    disk::look();
    for (unsigned i = 0; i < 4; ++i) put("key " + std::to_string(i), std::string(30, 'v'));
    close();
    open();
    put("key 1", "new");
    put("key 9", std::string(9000, 'x'));
    close();
    EXPECT_GT(refused_, 0U);
    EXPECT_GT(was_closed_, 0U);
    EXPECT_EQ(went_back_, 0U);
}

TEST_F(table_power_test, after_a_checkpoint_it_is_as_of_that_or_the_next_or_as_it_was_closed) {
    begin();
    create();
    for (unsigned i = 0; i < 3; ++i) put("key " + std::to_string(i), "first");
    checkpoint();
    put("key 1", "second");
    put("key 3", "second");
    erase("key 0");
    checkpoint();
    put("key 1", std::string(200, 't'));
    close();
    open();
    put("key 2", "fourth");
    erase("key 3");
    checkpoint();
    put("key 5", "fifth");
    close();
    EXPECT_GT(went_back_, 0U);
    EXPECT_GT(was_closed_, 0U);
}

TEST_F(table_power_test, while_it_goes_back) {
    create();
    for (unsigned i = 0; i < 5; ++i) put("key " + std::to_string(i), "first");
    checkpoint();
    put("key 1", "second");
    erase("key 4");
    put("large", std::string(20000, 'x'));
    restart();
    begin();
    come_back();
    put("key 3", "third");
    checkpoint();
    close();
    EXPECT_GT(went_back_, 0U);
    EXPECT_GT(was_closed_, 0U);
    EXPECT_EQ(refused_, 0U);
}

TEST_F(table_power_test, of_tables_that_are_compacted) {
    most_ = 4 * times_more();
    create();
    for (unsigned i = 0; i < 200; ++i) put("key " + std::to_string(i), std::string(500, 'v'));
    checkpoint();
    for (unsigned i = 0; i < 200; ++i) {
        if (i % 10 != 0) erase("key " + std::to_string(i));
    }
    begin();
    const table_compaction first = compact();
    EXPECT_GT(first.records_moved, 0U);
    EXPECT_GT(first.given_bytes, 0U);
    put("key 0", "after it");
    checkpoint();
    compact();
    put("large", std::string(20000, 'x'));
    close();
    open();
    compact();
    close();
    EXPECT_GT(went_back_, 0U);
    EXPECT_GT(was_closed_, 0U);
    EXPECT_EQ(refused_, 0U);
}

TEST_F(table_power_test, of_large_tables) {
    most_ = 2 * times_more();
    create();
    for (unsigned i = 0; i < 300; ++i) put("key " + std::to_string(i), std::string(i % 100, 'v'));
    checkpoint();
    begin();
    for (unsigned i = 0; i < 300; i += 100) put("key " + std::to_string(i), std::string(i * 10, 'w'));
    checkpoint();
    put("key 7", "later");
    restart();
    begin();
    come_back();
    EXPECT_GT(went_back_, 0U);
    EXPECT_EQ(refused_, 0U);
}

}  // namespace
