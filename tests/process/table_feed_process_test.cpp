// A table's history between processes: what is told of writers that are killed, to one who may only read.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "runner.hpp"
#include "samepage/region.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"
#include "table_actor.hpp"
#include "table_inside.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::table_bytes;
using table_actor::deed;

using changes = std::map<std::string, std::vector<bool>>;  // of each key, in order: was it erased?

// What deeds 1 to `last` of a clerk change.
changes made_by(std::uint64_t clerk, std::uint64_t last) {
    changes all;
    for (std::uint64_t turn = 1; turn <= last; ++turn) {
        const deed d{clerk, turn};
        const auto known = all.find(d.key());
        const bool is_there = known != all.end() && !known->second.back();
        if (!d.erases() || is_there) all[d.key()].push_back(d.erases());
    }
    return all;
}

class storm {
   public:
    explicit storm(const std::string& place)
        : place_(place),
          table_(std::move(table_bytes::create(place).value())),
          progress_name_(fresh_name("progress")),
          progress_(std::move(samepage::region::create(progress_name_, 8 * table_actor::clerks_max).value())) {
        EXPECT_TRUE(table_.keep_history(std::uint64_t{64} << 20));
        samepage::table_options reading;
        reading.access = samepage::access::read_only;
        reader_ = std::move(table_bytes::open(place, reading).value());
        feed_ = std::move(reader_.subscribe().value());
    }

    bool is_full() const { return clerks_ + 1 == table_actor::clerks_max; }

    void add() {
        process p = process::start("clerk");
        ASSERT_EQ(p.ask("table " + place_), "opened");
        ASSERT_EQ(p.ask("storm " + progress_name_ + " " + std::to_string(++clerks_)), "storming");
        running_.emplace_back(std::move(p), clerks_);
    }

    void kill(std::size_t which) {
        auto& [victim, clerk] = running_[which];
        victim.kill();
        EXPECT_EQ(victim.rest(), "") << "a call was refused";
        const std::uint64_t last = reinterpret_cast<const std::atomic<std::uint64_t>*>(progress_.data())[clerk].load();
        dead_.emplace_back(clerk, last);
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
        read_along();
    }
    void kill_all() {
        while (!running_.empty()) kill(0);
    }

    void read_along() {
        for (;;) {
            const auto seen = feed_.next(samepage::no_wait);
            if (!seen) {
                ASSERT_EQ(seen.error().code(), errc::timed_out) << seen.error().message();
                return;
            }
            missed_ += seen->missed;
            if (seen->key.empty()) continue;
            ++told_;
            told_of_[std::string(seen->key_text())].push_back(seen->erased);
            last_[std::string(seen->key_text())] = seen->erased ? 0 : seen->version;
        }
    }

    // All are dead, and nobody has finished what the last ones had begun.
    void judge() {
        for (const auto& [key, version] : last_) {
            const auto now = reader_.version(std::as_bytes(std::span(key)));
            ASSERT_TRUE(now) << now.error().message();
            EXPECT_EQ(*now, version) << key << ": its last change was not told, or never was";
        }
        // Where the machine was so busy that this process was overrun, not what was told can be judged, only how much.
        for (const auto& [clerk, last] : dead_) {
            if (missed_ == 0) judge(clerk, last);
        }
        for (unsigned i = 0; i < 1000; ++i) EXPECT_TRUE(table_.put_text("x" + std::to_string(i), "y"));
        read_along();
        EXPECT_EQ(told_ + missed_, table_.changes());
        EXPECT_EQ(table_inside::wrong_with(place_), "");
        std::printf("%llu clerks were killed; %llu changes were told, %llu missed\n",
                    static_cast<unsigned long long>(clerks_), static_cast<unsigned long long>(told_),
                    static_cast<unsigned long long>(missed_));
    }

   private:
    void judge(std::uint64_t clerk, std::uint64_t last) const {
        changes told;
        for (std::uint64_t i = 0; i < deed::keys; ++i) {
            const std::string key = std::to_string(clerk) + "." + std::to_string(i);
            if (const auto known = told_of_.find(key); known != told_of_.end()) told.insert(*known);
        }
        EXPECT_TRUE(told == made_by(clerk, last) || told == made_by(clerk, last + 1))
            << "clerk " << clerk << ", killed after deed " << last << ": other changes were told than it made";
    }

    std::string place_;
    table_bytes table_, reader_;
    table_bytes::feed feed_;
    std::string progress_name_;
    samepage::region progress_;  // a word of each clerk: the last deed that was acknowledged
    std::uint64_t clerks_ = 0, told_ = 0, missed_ = 0;
    std::vector<std::pair<process, std::uint64_t>> running_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> dead_;
    changes told_of_;
    std::map<std::string, std::uint64_t> last_;  // version, 0: erased
};

// Claim: whatever instruction clerks are killed at, each change that was acknowledged is told once, each key's in
// order, and so is one that was under way, if it is there; to one who can't write, and before anybody else comes.
void play(const std::string& place) {
    const char* const wished = std::getenv("SAMEPAGE_STORM_SECONDS");
    const auto time = std::chrono::milliseconds(wished != nullptr ? 1000L * std::atol(wished) : 1500L);
    storm all(place);
    std::minstd_rand random(1);
    const auto end = std::chrono::steady_clock::now() + time;
    for (int i = 0; i < 3; ++i) all.add();
    for (int turn = 0; turn < 5 || std::chrono::steady_clock::now() < end; ++turn) {
        if (testing::Test::HasFailure() || all.is_full()) break;
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
        all.kill(random() % 3);
        all.add();
    }
    all.kill_all();
    all.judge();
}

TEST(table_feed_process_test, a_storm_of_kills_is_told) { play(fresh_name("storm")); }

// A history stays with its file.
TEST(table_feed_process_test, a_file_keeps_its_history_over_kills) {
    const std::string path = scratch::file(fresh_name("kept"));
    {
        const table_bytes t = std::move(table_bytes::create(path).value());
        ASSERT_TRUE(t.keep_history(1));
    }
    for (int i = 1; i <= 5; ++i) {
        process p = process::start("clerk");
        ASSERT_EQ(p.ask("table " + path), "opened");
        const std::string version = p.ask("put key " + std::to_string(i));
        p.kill();
        samepage::table_options reading;
        reading.access = samepage::access::read_only;
        const table_bytes t = std::move(table_bytes::open(path, reading).value());
        auto feed = t.subscribe({"key", true});
        ASSERT_TRUE(feed);
        std::uint64_t last = 0;
        int told = 0;
        for (auto seen = feed->next(samepage::no_wait); seen; seen = feed->next(samepage::no_wait), ++told)
            last = seen->version;
        EXPECT_EQ(told, i);
        EXPECT_EQ(std::to_string(last), version);
    }
}

}  // namespace
