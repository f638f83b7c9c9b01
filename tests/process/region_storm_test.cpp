// A storm: many processes make, open, write, close and are killed on few names, and check what they see.
// SPDX-License-Identifier: MIT
//
// Claims, each checked by every process while it holds:
//   1. Never two live objects of one name: who holds an object and opens its name again gets the same object.
//   2. Nobody sees a region that isn't initialised or is short: its size is the one its name stands for; its bytes are
//      all zero, or the whole content that its seal promises; its maker finds zeroes.
//   3. No live region loses its name: check_name() says so, opening it again finds it, create_new refuses.
//   4. At the end, when all are dead, nothing is left.
// SAMEPAGE_STORM_SECONDS makes it longer than the default.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <random>
#include <sstream>
#include <thread>

#include "runner.hpp"
#include "samepage/catalog.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

using namespace std::chrono_literals;
using samepage::errc;
using samepage::region;

constexpr unsigned names = 3, storming = 8;

using word = std::atomic<std::uint64_t>;

// A region in the storm: word 0 is who it is, set once by whoever may write and comes first; word 1 is the seal that
// its maker sets when all the others hold what belongs to the seal.
std::uint64_t size_of(unsigned name) { return 4096 * (name + 1); }  // whole pages: Windows rounds

word& at(const region& page, std::size_t index) { return reinterpret_cast<word*>(page.data())[index]; }

std::uint64_t content(std::uint64_t seal, std::size_t index) { return (seal ^ index) * 0x9E3779B97F4A7C15U; }

// One process of the storm.
class stormer {
   public:
    stormer(std::string base, unsigned seed) : base_(std::move(base)), random_(seed) {
        patient_.timeout = std::chrono::duration_cast<samepage::duration>(runner::patience);
        reading_ = patient_;
        reading_.access = samepage::access::read_only;
    }

    // The complaint, or nothing.
    std::string step() {
        complaint_.clear();
        ++steps;
        const unsigned name = below(names);
        switch (below(10)) {
            case 0: drop(); break;
            case 1: sweep(); break;
            case 2:
            case 3: take(name, region::open(text(name), reading_), errc::not_found); break;
            case 4:
            case 5: take(name, region::open(text(name), patient_), errc::not_found); break;
            case 6: take(name, region::create_new(text(name), size_of(name), patient_), errc::already_exists); break;
            case 7: drop(); [[fallthrough]];
            default: take(name, region::create(text(name), size_of(name), patient_), errc{}); break;
        }
        if (!held_.empty()) look_again(held_[below(static_cast<unsigned>(held_.size()))]);
        if (below(3) != 0) held_.clear();  // names must be free often, to be made often
        return complaint_;
    }

    bool wants_to_exit() { return below(150) == 0; }

    unsigned long steps = 0, made = 0, opened = 0;

   private:
    struct hold {
        unsigned name;
        region page;
    };

    unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }
    std::string text(unsigned name) const { return base_ + "-" + std::to_string(name); }
    bool holds(unsigned name) const {
        return std::any_of(held_.begin(), held_.end(), [&](const hold& h) { return h.name == name; });
    }
    void complain(const std::string& what) {
        if (complaint_.empty()) complaint_ = what;
    }

    void drop() {
        if (held_.empty()) return;
        held_.erase(held_.begin() + static_cast<int>(below(static_cast<unsigned>(held_.size()))));
    }

    void sweep() {
        if (const auto all = samepage::list(samepage::scope::local); !all) complain("list: " + all.error().message());
    }

    void take(unsigned name, samepage::result<region> got, errc allowed) {
        const bool held = holds(name);
        if (!got) {
            const errc code = got.error().code();
            if (code != allowed) complain(got.error().message());
            if (code == errc::not_found && held) complain("not found although held: " + got.error().message());
            return;
        }
        if (got->created() && held) complain("made anew although held: " + text(name));
        if (got->size() != size_of(name)) complain("of " + std::to_string(got->size()) + " bytes: " + text(name));
        got->created() ? fill(*got) : opened_one(*got);
        identify(*got);
        held_.push_back({name, std::move(*got)});
    }

    void fill(const region& page) {
        ++made;
        const auto words = static_cast<std::size_t>(page.size() / 8);
        for (std::size_t i = 1; i < words; ++i) {
            if (at(page, i).load() != 0) return complain("its maker finds bytes of another");
        }
        const std::uint64_t seal = random_() | 1U;
        for (std::size_t i = 2; i < words; ++i) at(page, i).store(content(seal, i));
        at(page, 1).store(seal);
    }

    void opened_one(const region& page) {
        ++opened;
        const std::uint64_t seal = at(page, 1).load();
        if (seal == 0) return;  // its maker is still at it, or was killed
        for (std::size_t i = 2; i < page.size() / 8; ++i) {
            if (at(page, i).load() != content(seal, i)) return complain("sealed, but not whole");
        }
    }

    void identify(const region& page) {
        std::uint64_t nobody = 0;
        if (page.access() == samepage::access::read_write) at(page, 0).compare_exchange_strong(nobody, random_() | 1U);
    }

    // Whether the name still leads to what is held. An object that nobody could write has no identity yet (0).
    void look_again(const hold& mine) {
        const std::uint64_t before = at(mine.page, 0).load();
        if (const auto good = mine.page.check_name(); !good) complain("check_name: " + good.error().message());
        const auto again = region::open(text(mine.name), reading_);
        if (!again) return complain("held, but: " + again.error().message());
        const std::uint64_t other = at(*again, 0).load(), after = at(mine.page, 0).load();
        if (before != 0 && (other != before || after != before)) complain("two objects of one name, or a changed one");
        if (other != 0 && at(mine.page, 0).load() != other) complain("two objects of one name");
        opened_one(*again);
        if (below(4) != 0) return;
        const auto fresh = region::create_new(text(mine.name), size_of(mine.name), patient_);
        if (fresh) return complain("create_new made what is held");
        if (fresh.error().code() != errc::already_exists) complain("create_new: " + fresh.error().message());
    }

    std::string base_;
    std::mt19937_64 random_;
    samepage::region_options patient_, reading_;
    std::deque<hold> held_;
    std::string complaint_;
};

// Words: the names' base, a seed, milliseconds. Ends with "done …" when the time is up; by itself now and then.
const runner::role storm("storm", [](const runner::arguments& words) {
    stormer me(words.at(0), static_cast<unsigned>(std::stoul(words.at(1))));
    const auto until = runner::clock::now() + std::chrono::milliseconds(std::stol(words.at(2)));
    while (runner::clock::now() < until) {
        const std::string complaint = me.step();
        if (!complaint.empty()) {
            runner::say("wrong: " + complaint);
            return 1;
        }
        if (me.wants_to_exit()) break;
    }
    runner::say("done " + std::to_string(me.steps) + " " + std::to_string(me.made) + " " + std::to_string(me.opened));
    std::_Exit(0);  // with everything open
});

std::chrono::milliseconds storm_time() {
    const char* const seconds = std::getenv("SAMEPAGE_STORM_SECONDS");
    return seconds == nullptr ? 4000ms : std::chrono::milliseconds(1000L * std::atol(seconds));
}

// What the storm's processes said at their end.
struct tally {
    unsigned long steps = 0, made = 0, opened = 0, ended = 0, killed = 0;

    void add(runner::process& gone) {
        const std::string text = gone.rest();
        std::istringstream words(text);
        std::string how;
        unsigned long s = 0, m = 0, o = 0;
        words >> how >> s >> m >> o;
        steps += s;
        made += m;
        opened += o;
        how == "done" ? ++ended : ++killed;
        const runner::ending end = gone.wait();
        EXPECT_TRUE(how == "done" || (how.empty() && end == runner::by_kill())) << text << "status " << end.code;
    }
};

TEST(region_storm_test, names_stay_whole_in_a_storm) {
    const std::string base = runner::fresh_name("storm");
    const auto until = runner::clock::now() + storm_time();
    std::mt19937 random(20021);
    tally all;
    const auto start = [&] {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - runner::clock::now()).count();
        return runner::process::start("storm",
                                      {base, std::to_string(random()), std::to_string(std::max<long long>(left, 1))});
    };
    std::vector<runner::process> running;
    for (unsigned i = 0; i < storming; ++i) running.push_back(start());
    while (runner::clock::now() < until && !testing::Test::HasFailure()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 20));
        runner::process& one = running[random() % storming];
        if (!one.ended() && random() % 3 != 0) one.kill();
        if (!one.ended()) continue;
        all.add(one);
        one = start();
    }
    for (auto& one : running) all.add(one);
    std::printf("%lu steps: %lu made, %lu opened; %lu processes ended, %lu were killed\n", all.steps, all.made,
                all.opened, all.ended, all.killed);
    EXPECT_GT(all.made, 0U);
    EXPECT_GT(all.opened, 0U);

    for (unsigned name = 0; name < names; ++name) {
        const auto left = region::open(base + "-" + std::to_string(name));
        ASSERT_FALSE(left) << "live without a holder";
        EXPECT_EQ(left.error().code(), errc::not_found) << left.error().message();
    }
    const auto rest = samepage::list(samepage::scope::local);
    ASSERT_TRUE(rest) << rest.error().message();
    EXPECT_EQ(scratch::left_names(), std::vector<std::string>{});
}

}  // namespace
