// Tables between processes: what one puts the others get, and what is left when they are killed.
// SPDX-License-Identifier: MIT
#include "samepage/table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "runner.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"
#include "table_actor.hpp"
#include "table_inside.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::table_bytes;
using table_actor::deed;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

table_bytes made(const std::string& place) {
    auto t = table_bytes::create(place);
    EXPECT_TRUE(t) << t.error().message();
    return t ? std::move(*t) : table_bytes();
}

process clerk_of(const std::string& place, const std::string& answer = "opened") {
    process p = process::start("clerk");
    EXPECT_EQ(p.ask("table " + place), answer);
    return p;
}

TEST(table_process_test, a_record_goes_from_process_to_process) {
    const std::string name = fresh_name("stock");
    process one = clerk_of(name, "created"), two = clerk_of(name);
    EXPECT_EQ(two.ask("get bolt"), "no_key");
    const std::string version = one.ask("put bolt 12");
    EXPECT_EQ(two.ask("get bolt"), version + " 12");
    const std::string next = two.ask("put bolt 11");
    EXPECT_GT(std::stoull(next), std::stoull(version));
    EXPECT_EQ(one.ask("get bolt"), next + " 11");
    EXPECT_EQ(one.ask("count"), "1");
    EXPECT_EQ(one.ask("erase bolt"), "yes");
    EXPECT_EQ(two.ask("erase bolt"), "no");
    EXPECT_EQ(two.ask("get bolt"), "no_key");
}

// Each maps more of it when the other has made it larger.
TEST(table_process_test, it_grows_under_everybody) {
    const std::string name = fresh_name("growing");
    process one = clerk_of(name, "created"), two = clerk_of(name), reader = process::start("clerk");
    ASSERT_EQ(reader.ask("table " + name + " ro"), "opened");
    for (int round = 0; round < 4; ++round) {
        const std::string small = "small" + std::to_string(round) + " 2000 30";
        const std::string large = "large" + std::to_string(round) + " 10 100000";
        ASSERT_EQ(one.ask("fill " + small), "done");
        ASSERT_EQ(two.ask("fill " + large), "done");
        ASSERT_EQ(two.ask("filled " + small), "yes");
        ASSERT_EQ(one.ask("filled " + large), "yes");
        ASSERT_EQ(reader.ask("filled " + small), "yes");
        ASSERT_EQ(reader.ask("filled " + large), "yes");
        ASSERT_EQ(reader.ask("count"), std::to_string(2010 * (round + 1)));
    }
    EXPECT_EQ(table_inside::wrong_with(name), "");
}

TEST(table_process_test, a_reader_can_not_write) {
    const std::string name = fresh_name("reader");
    process writer = clerk_of(name, "created"), reader = process::start("clerk");
    EXPECT_EQ(reader.ask("table " + name + "-not ro"), "not_found");
    ASSERT_EQ(reader.ask("table " + name + " ro"), "opened");
    ASSERT_EQ(writer.ask("put a x"), "1");
    EXPECT_EQ(reader.ask("get a"), "1 x");
    EXPECT_EQ(reader.ask("put a y"), "denied");
    EXPECT_EQ(reader.ask("erase a"), "denied");
    EXPECT_EQ(reader.ask("update a y"), "denied");
    EXPECT_EQ(writer.ask("get a"), "1 x");
}

TEST(table_process_test, a_file_keeps_its_records_over_kills) {
    const std::string path = scratch::file(fresh_name("kept"));
    for (int i = 1; i <= 10; ++i) {
        process p = clerk_of(path, i == 1 ? "created" : "opened");
        EXPECT_EQ(p.ask("count"), std::to_string(i - 1));
        ASSERT_EQ(p.ask("put key" + std::to_string(i) + " x").find_first_not_of("0123456789"), std::string::npos);
        p.kill();
        ASSERT_EQ(table_inside::wrong_with(path), "");
    }
}

TEST(table_process_test, a_name_is_gone_with_its_last_holder) {
    const std::string name = fresh_name("gone");
    process p = clerk_of(name, "created");
    EXPECT_EQ(p.ask("put a x"), "1");
    p.kill();
    EXPECT_EQ(code_of(table_bytes::open(name)), errc::not_found);
}

TEST(table_process_test, a_killed_update_has_not_happened) {
    const std::string name = fresh_name("update");
    const table_bytes t = made(name);
    ASSERT_TRUE(t.put_text("a", "before"));
    for (int round = 0; round < 3; ++round) {
        process victim = clerk_of(name);
        ASSERT_EQ(victim.ask("update a after"), "inside");
        EXPECT_EQ(t.get_text("a")->text, "before");
        EXPECT_EQ(t.info()->writers_active, 1U);
        EXPECT_EQ(t.info()->deaths_pending, 0U);
        EXPECT_EQ(code_of(t.put_text("a", "x", samepage::no_wait)), errc::timed_out);
        victim.kill();
        EXPECT_EQ(t.info()->writers_active, 0U);
        EXPECT_EQ(t.info()->deaths_pending, 1U);
        EXPECT_EQ(table_inside::wrong_with(name), "");
        EXPECT_TRUE(t.put_text("a", "before", samepage::no_wait));
        EXPECT_EQ(t.info()->deaths_pending, 0U);
        EXPECT_EQ(t.info()->deaths_recovered, static_cast<unsigned>(round) + 1);
    }
    process writer = clerk_of(name);
    ASSERT_EQ(writer.ask("update a after"), "inside");
    const std::string version = writer.ask("go on");
    EXPECT_EQ(writer.ask("get a"), version + " after");
}

// ---- The storm ---------------------------------------------------------------------------------------------------

// Clerks that are killed, and what must be there of each.
class storm {
   public:
    explicit storm(const std::string& place)
        : place_(place),
          table_(made(place)),
          progress_name_(fresh_name("progress")),
          progress_(std::move(samepage::region::create(progress_name_, 8 * table_actor::clerks_max).value())) {}

    const table_bytes& table() const { return table_; }
    bool is_full() const { return clerks_ + 1 == table_actor::clerks_max; }

    void add() {
        running_.emplace_back(clerk_of(place_), ++clerks_);
        ASSERT_EQ(running_.back().first.ask("storm " + progress_name_ + " " + std::to_string(clerks_)), "storming");
    }

    // And looks at once whether its records are right.
    void kill(std::size_t which) {
        auto& [victim, clerk] = running_[which];
        victim.kill();
        EXPECT_EQ(victim.rest(), "") << "a call was refused";
        const std::uint64_t last = reinterpret_cast<const std::atomic<std::uint64_t>*>(progress_.data())[clerk].load();
        turns_ += last;
        settle(clerk, last);
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    void kill_all() {
        while (!running_.empty()) kill(0);
    }

    // All records are known ones, and all known ones are there.
    void judge() {
        std::map<std::string, std::string> there;
        const auto done = table_.for_each([&](const table_bytes::record& r) {
            EXPECT_TRUE(there.emplace(r.key_text(), r.text()).second) << r.key_text() << " came twice";
            return true;
        });
        ASSERT_TRUE(done) << done.error().message();
        EXPECT_TRUE(there == settled_) << "a record changed after its clerk's death";
        EXPECT_GT(turns_, 0U);
        EXPECT_EQ(table_inside::wrong_with(place_), "");
        // Who locks all finishes what the dead have begun; until then one of them may not be counted yet.
        EXPECT_TRUE(table_.lock_all());
        EXPECT_EQ(table_.size(), there.size());
        std::printf("%llu clerks were killed after %llu deeds; %zu records are left\n",
                    static_cast<unsigned long long>(clerks_), static_cast<unsigned long long>(turns_), there.size());
    }

   private:
    using records = std::map<std::string, std::string>;

    static void apply(const deed& d, records& to) {
        if (d.erases()) {
            to.erase(d.key());
        } else {
            to[d.key()] = d.value();
        }
    }

    // A dead clerk's records: after its last acknowledged deed, or after the one that was under way then.
    void settle(std::uint64_t clerk, std::uint64_t last) {
        std::map<std::string, deed> latest;
        for (std::uint64_t turn = last; turn > 0 && latest.size() < deed::keys; --turn)
            latest.emplace(deed{clerk, turn}.key(), deed{clerk, turn});
        records sure, there;
        for (const auto& [key, d] : latest) apply(d, sure);
        records maybe = sure;
        apply(deed{clerk, last + 1}, maybe);
        for (std::uint64_t i = 0; i < deed::keys; ++i) {
            const std::string key = std::to_string(clerk) + "." + std::to_string(i);
            const auto got = table_.get_text(key);
            ASSERT_TRUE(got || got.error().code() == errc::no_key) << got.error().message();
            if (got) there[key] = got->text;
        }
        EXPECT_TRUE(there == sure || there == maybe) << "clerk " << clerk << ", killed after deed " << last;
        settled_.merge(there);
    }

    std::string place_;
    table_bytes table_;
    std::string progress_name_;
    samepage::region progress_;  // a word of each clerk: the last deed that was acknowledged
    std::uint64_t clerks_ = 0, turns_ = 0;
    std::vector<std::pair<process, std::uint64_t>> running_;
    records settled_;
};

void play(const std::string& place, std::chrono::milliseconds time) {
    storm all(place);
    std::minstd_rand random(1);
    const auto end = std::chrono::steady_clock::now() + time;
    for (int i = 0; i < 3; ++i) all.add();
    for (int turn = 0; turn < 5 || std::chrono::steady_clock::now() < end; ++turn) {
        if (testing::Test::HasFailure() || all.is_full()) break;
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
        all.kill(random() % 3);
        all.add();
        // A reader in the middle of it: each record is whole.
        const auto done = all.table().for_each([&](const table_bytes::record& r) {
            std::istringstream words{std::string(r.text().substr(0, 40))};
            deed d{};
            words >> d.clerk >> d.turn;
            EXPECT_TRUE(r.key_text() == d.key() && r.text() == d.value()) << r.key_text() << " is torn";
            return true;
        });
        EXPECT_TRUE(done || done.error().code() == errc::busy) << done.error().message();
        // And one who verifies: what the others are doing, or were killed in, is not wrong.
        const auto verdict = all.table().verify(std::chrono::milliseconds(turn % 3));
        ASSERT_TRUE(verdict) << verdict.error().message();
        EXPECT_TRUE(verdict->wrong.empty()) << verdict->wrong.front();
    }
    all.kill_all();
    all.judge();
}

std::chrono::milliseconds storm_time() {
    const char* const wished = std::getenv("SAMEPAGE_STORM_SECONDS");
    return std::chrono::milliseconds(wished != nullptr ? 1000L * std::atol(wished) : 1500L);
}

// Claim: whatever instruction clerks are killed at, each record is as its last acknowledged deed left it, or as the one
// that was under way; and the table is whole.
TEST(table_process_test, a_storm_of_kills_loses_nothing) { play(fresh_name("storm"), storm_time()); }

TEST(table_process_test, a_storm_of_kills_loses_nothing_of_a_file) {
    play(scratch::file(fresh_name("storm")), storm_time());
}

}  // namespace
