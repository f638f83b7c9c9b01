// The role "clerk", which does with a table what it is told, a line at a time.
// SPDX-License-Identifier: MIT
//
//   table PLACE [ro]        -> "created" or "opened"
//   put KEY TEXT            -> the version
//   get KEY                 -> "VERSION TEXT"
//   fill KEY COUNT SIZE     -> "done", when it has put as many records of that size, "KEY.0" to "KEY.(COUNT - 1)"
//   filled KEY COUNT SIZE   -> "yes" when they are there, whoever put them
//   erase KEY [MS]          -> "yes" or "no", whether it was there
//   count                   -> how many a scan shows and size says, if that is the same
//   update KEY TEXT         -> "inside", in the middle of it; the next line lets it go on: the version
//   lock KEY [MS]           -> "locked", or "locked after a death"
//   lock_all [MS]           -> the same
//   release                 -> "done"; the latest lock, as repaired
//   guard KEYS              -> "guarding"; for ever locks one of so many pairs of records, or all, sees that they are
//                              equal, or repairs them after a death, and puts new ones; says what is wrong
//   storm REGION CLERK      -> "storming"; does deed after deed, for ever, and leaves the number of the last that was
//                              acknowledged in the region's word CLERK; compacts now and then
// Every error is answered by its name alone: "timed_out".
#include <atomic>
#include <cstdlib>
#include <random>
#include <sstream>
#include <vector>

#include "runner.hpp"
#include "samepage/region.hpp"
#include "samepage/table.hpp"
#include "table_actor.hpp"

namespace {

using samepage::table_bytes;
using table_actor::deed;

std::string refuse(const samepage::error& reason) { return std::string(samepage::name_of(reason.code())); }

template <class T>
std::string shown(const samepage::result<T>& r) {
    return r ? std::to_string(*r) : refuse(r.error());
}

struct stage {
    table_bytes table;
    std::vector<table_bytes::held> locks;

    std::string open(std::istringstream& words) {
        std::string place, how;
        words >> place >> how;
        samepage::table_options options;
        if (how == "ro") options.access = samepage::access::read_only;
        auto made = how == "ro" ? table_bytes::open(place, options) : table_bytes::create(place, options);
        if (!made) return refuse(made.error());
        table = std::move(*made);
        return table.created() ? "created" : "opened";
    }

    std::string fill(const std::string& key, std::istringstream& words, bool only_look) const {
        std::uint64_t count = 0;
        std::size_t size = 0;
        words >> count >> size;
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::string name = key + "." + std::to_string(i), value = deed{i, size}.text(size);
            if (only_look) {
                const auto got = table.get_text(name);
                if (!got || got->text != value) return "no: " + name + " " + (got ? "is wrong" : refuse(got.error()));
            } else if (const auto done = table.put_text(name, value); !done) {
                return refuse(done.error());
            }
        }
        return only_look ? "yes" : "done";
    }

    std::string count() const {
        std::uint64_t seen = 0;
        const auto done = table.for_each([&](const table_bytes::record&) { return ++seen != 0; });
        if (!done) return refuse(done.error());
        return seen == table.size()
                   ? std::to_string(seen)
                   : "a scan shows " + std::to_string(seen) + ", size is " + std::to_string(table.size());
    }

    std::string update(const std::string& key, const std::string& text) const {
        const auto slowly = [&](const std::span<const std::byte>*) -> samepage::result<std::vector<std::byte>> {
            runner::say("inside");
            runner::hear();
            const auto bytes = std::as_bytes(std::span(text));
            return std::vector<std::byte>(bytes.begin(), bytes.end());
        };
        return shown(table.update(std::as_bytes(std::span(key)), slowly));
    }

    std::string storm(const std::string& place, std::istringstream& words) const {
        std::uint64_t clerk = 0;
        words >> clerk;
        const auto page = samepage::region::open(place);
        if (!page) return refuse(page.error());
        auto& progress = reinterpret_cast<std::atomic<std::uint64_t>*>(page->data())[clerk];
        runner::say("storming");
        for (std::uint64_t turn = 1;; ++turn) {
            const deed mine{clerk, turn};
            const auto done =
                mine.erases() ? samepage::result<std::uint64_t>(0) : table.put_text(mine.key(), mine.value());
            if (!done) return refuse(done.error());
            if (mine.erases()) {
                if (const auto gone = table.erase_text(mine.key()); !gone) return refuse(gone.error());
            }
            progress.store(turn);
            if (mine.compacts()) {
                if (const auto moved = table.compact(); !moved) return refuse(moved.error());
            }
        }
    }

    std::string lock(const std::string& verb, std::istringstream& words) {
        std::string key;
        int time_ms = 30000;
        if (verb == "lock") words >> key;
        words >> time_ms;
        const samepage::duration time = std::chrono::milliseconds(time_ms);
        auto got = verb == "lock" ? table.lock_text(key, time) : table.lock_all(time);
        if (!got) return refuse(got.error());
        const bool told = got->owner_died();
        locks.push_back(std::move(*got));
        return told ? "locked after a death" : "locked";
    }

    std::string release() {
        if (locks.empty()) return "nothing is locked";
        table_bytes::held last = std::move(locks.back());
        locks.pop_back();
        last.mark_repaired();
        const auto done = last.release();
        return done ? "done" : refuse(done.error());
    }

    // Both records of a pair as one step, which a lock makes of it. Empty: it went well.
    std::string renew(std::uint64_t pair, bool after_a_death) const {
        const std::string left = "left " + std::to_string(pair), right = "right " + std::to_string(pair);
        const auto one = table.get_text(left), two = table.get_text(right);
        const std::string there = one ? one->text : "0";
        if (!after_a_death && there != (two ? two->text : "0")) return left + " is " + there + ", " + right + " isn't";
        const std::string next = std::to_string(std::stoull(there) + 1);
        for (const std::string& key : {left, right}) {
            if (const auto done = table.put_text(key, next); !done) return done.error().message();
        }
        return {};
    }

    std::string guard(std::uint64_t pairs) const {
        runner::say("guarding");
        for (std::uint64_t turn = std::random_device{}();; turn = turn * 6364136223846793005U + 1442695040888963407U) {
            const std::uint64_t pair = (turn >> 33) % pairs;
            const bool all = (turn >> 50) % 16 == 0;
            auto held = all ? table.lock_all(runner::patience)
                            : table.lock_text("pair " + std::to_string(pair), runner::patience);
            if (!held) return held.error().message();
            for (std::uint64_t p = all ? 0 : pair; p < (all ? pairs : pair + 1); ++p) {
                if (std::string wrong = renew(p, held->owner_died()); !wrong.empty()) return wrong;
            }
            held->mark_repaired();
            if (const auto done = held->release(); !done) return done.error().message();
        }
    }

    std::string act(const std::string& line) {
        std::istringstream words(line);
        std::string verb, key, text;
        words >> verb;
        if (verb == "table") return open(words);
        if (verb == "count") return count();
        if (verb == "lock" || verb == "lock_all") return lock(verb, words);
        if (verb == "release") return release();
        words >> key;
        if (verb == "fill" || verb == "filled") return fill(key, words, verb == "filled");
        if (verb == "storm") return storm(key, words);
        if (verb == "guard") return guard(std::stoull(key));
        if (verb == "get") {
            const auto got = table.get_text(key);
            return got ? std::to_string(got->version) + " " + got->text : refuse(got.error());
        }
        if (verb == "erase") {
            int time_ms = 5000;
            words >> time_ms;
            const auto gone = table.erase_text(key, std::chrono::milliseconds(time_ms));
            return !gone ? refuse(gone.error()) : *gone ? "yes" : "no";
        }
        words >> std::ws;
        std::getline(words, text);
        if (verb == "put") return shown(table.put_text(key, text));
        if (verb == "update") return update(key, text);
        return "what is " + verb + "?";
    }
};

int play_clerk(const runner::arguments&) {
    // Leaked: what ends is the process, and nothing is closed by hand.
    auto* const here = new stage;
    while (const auto line = runner::hear()) runner::say(here->act(*line));
    std::_Exit(0);
}

const runner::role clerk("clerk", &play_clerk);

}  // namespace
