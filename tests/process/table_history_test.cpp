// What several processes and threads do with a few keys, some of them killed in the middle, is linearizable.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "historian.hpp"
#include "history.hpp"
#include "runner.hpp"
#include "table_inside.hpp"

namespace {

using history::act;
using history::operation;
using history::wrong_with;

// ---- The checker itself -------------------------------------------------------------------------------------------

operation did(act what, std::uint64_t argument, std::uint64_t begun_ns, std::uint64_t ended_ns) {
    operation o;
    o.what = what;
    o.argument = argument;
    o.begun_ns = begun_ns;
    o.ended_ns = ended_ns;
    return o;
}
operation put(std::uint64_t value, std::uint64_t version, std::uint64_t begun_ns, std::uint64_t ended_ns) {
    operation o = did(act::put, value, begun_ns, ended_ns);
    o.version = version;
    return o;
}
operation got(std::uint64_t value, std::uint64_t version, std::uint64_t begun_ns, std::uint64_t ended_ns) {
    operation o = did(act::get, 0, begun_ns, ended_ns);
    o.value = value;
    o.version = version;
    return o;
}
operation added(std::uint64_t more, std::uint64_t sum, std::uint64_t begun_ns, std::uint64_t ended_ns) {
    operation o = did(act::add, more, begun_ns, ended_ns);
    o.value = sum;
    return o;
}
operation not_done(operation o) {
    o.is_done = false;
    o.version = 0;
    return o;
}
operation killed(operation o) {
    o.is_answered = false;
    o.version = 0;
    return o;
}
operation exchanged(std::uint64_t expected, operation o) {
    o.what = act::exchange;
    o.expected = expected;
    return o;
}

struct example {
    const char* what;
    bool is_possible;
    std::vector<operation> all;
};

TEST(history_test, histories_are_told_apart) {
    const example examples[] = {
        {"nothing happened", true, {}},
        {"one after the other", true, {put(1, 1, 0, 9), got(1, 1, 10, 19), put(2, 2, 20, 29), got(2, 2, 30, 39)}},
        {"an old value", false, {put(1, 1, 0, 9), put(2, 2, 10, 19), got(1, 1, 20, 29)}},
        {"an old value while it is replaced", true, {put(1, 1, 0, 9), put(2, 2, 10, 29), got(1, 1, 15, 20)}},
        {"a new value before it is put", false, {put(1, 1, 0, 9), got(2, 2, 10, 19), put(2, 2, 20, 29)}},
        {"new, then old", false, {put(1, 1, 0, 9), put(2, 2, 10, 50), got(2, 2, 20, 25), got(1, 1, 30, 35)}},
        {"new for one, then old for another at the same time",
         true,
         {put(1, 1, 0, 9), put(2, 2, 10, 50), got(2, 2, 20, 45), got(1, 1, 21, 44)}},
        {"a value that nobody put", false, {put(1, 1, 0, 9), got(3, 1, 10, 19)}},
        {"a value under another version", false, {put(1, 1, 0, 9), got(1, 2, 10, 19)}},
        {"a version that goes down", false, {put(1, 5, 0, 9), put(2, 4, 10, 19)}},
        {"two that put at the same time", true, {put(1, 2, 0, 9), put(2, 1, 0, 9), got(1, 2, 10, 19)}},
        {"two that put at the same time, the earlier stays",
         false,
         {put(1, 2, 0, 9), put(2, 1, 0, 9), got(2, 1, 10, 19)}},
        {"a put that is lost", false, {put(1, 1, 0, 9), not_done(got(0, 0, 10, 19))}},
        {"erased once", true, {put(1, 1, 0, 9), did(act::erase, 0, 10, 19), not_done(did(act::erase, 0, 20, 29))}},
        {"erased twice", false, {put(1, 1, 0, 9), did(act::erase, 0, 10, 19), did(act::erase, 0, 20, 29)}},
        {"erased by two at a time", false, {put(1, 1, 0, 9), did(act::erase, 0, 10, 19), did(act::erase, 0, 10, 19)}},
        {"erased, and came back", false, {put(1, 1, 0, 9), did(act::erase, 0, 10, 19), got(1, 1, 20, 29)}},
        {"inserted where there is one", false, {put(1, 1, 0, 9), did(act::insert, 2, 10, 19)}},
        {"refused where there is none", false, {not_done(did(act::insert, 2, 10, 19))}},
        {"inserted by two at a time", false, {did(act::insert, 1, 0, 9), did(act::insert, 2, 0, 9)}},
        {"exchanged what was there", true, {put(1, 1, 0, 9), exchanged(1, put(2, 2, 10, 19)), got(2, 2, 20, 29)}},
        {"exchanged what wasn't there", false, {put(1, 1, 0, 9), exchanged(3, put(2, 2, 10, 19))}},
        {"refused to exchange what was there", false, {put(1, 1, 0, 9), not_done(exchanged(1, put(2, 2, 10, 19)))}},
        {"exchanged by two at a time",
         false,
         {put(1, 1, 0, 9), exchanged(1, put(2, 2, 10, 19)), exchanged(1, put(3, 3, 10, 19))}},
        {"added", true, {added(2, 2, 0, 9), added(3, 5, 10, 29), added(4, 9, 10, 29), got(9, 7, 30, 39)}},
        {"added, and one is lost", false, {added(2, 2, 0, 9), added(3, 5, 10, 29), added(4, 6, 10, 29)}},
        {"killed, and it is there", true, {put(1, 1, 0, 9), killed(put(2, 0, 10, 19)), got(2, 5, 20, 29)}},
        {"killed, and it isn't", true, {put(1, 1, 0, 9), killed(put(2, 0, 10, 19)), got(1, 1, 20, 29)}},
        {"killed, and it comes late",
         false,
         {put(1, 1, 0, 9), killed(put(2, 0, 10, 19)), got(1, 1, 20, 29), got(2, 5, 30, 39)}},
        {"killed, and it is there, then not",
         false,
         {put(1, 1, 0, 9), killed(put(2, 0, 10, 40)), got(2, 5, 20, 29), got(1, 1, 30, 39)}},
        {"killed, and an older version", false, {put(1, 3, 0, 9), killed(put(2, 0, 10, 19)), got(2, 2, 20, 29)}},
        {"killed while adding", true, {added(1, 1, 0, 9), killed(added(5, 0, 10, 19)), added(1, 7, 20, 29)}},
    };
    for (const example& e : examples)
        EXPECT_EQ(wrong_with(e.all).empty(), e.is_possible) << e.what << wrong_with(e.all);
}

// ---- Tables --------------------------------------------------------------------------------------------------------

using histories = std::vector<operation>[historian::keys];

void are_linearizable(const histories& all) {
    for (unsigned key = 0; key < historian::keys; ++key) {
        EXPECT_FALSE(all[key].empty());
        EXPECT_EQ(wrong_with(all[key]), "") << historian::key_of(key);
    }
}

std::chrono::milliseconds how_long() {
    const char* const seconds = std::getenv("SAMEPAGE_HISTORY_SECONDS");
    return seconds == nullptr ? std::chrono::milliseconds(1500) : std::chrono::seconds(std::atoi(seconds));
}

// Until its historian has begun with that entry.
void comes_to(const historian::entry& one) {
    const auto until = runner::clock::now() + runner::patience;
    while (one.how_far.load() == historian::unused) {
        if (runner::clock::now() > until) throw runner::failure("a historian does nothing");
        std::this_thread::yield();
    }
}

TEST(table_history_test, threads) {
    constexpr std::uint64_t at_once = 4;
    const std::string place = runner::fresh_name("t");
    const auto t = samepage::table_bytes::create(place).value();
    std::vector<historian::entry> pages(static_cast<std::size_t>(at_once * historian::entries_max));
    const auto pages_of = [&](std::uint64_t number) {
        return std::span(pages).subspan(static_cast<std::size_t>(number * historian::entries_max),
                                        static_cast<std::size_t>(historian::entries_max));
    };
    std::vector<std::thread> all;
    for (std::uint64_t i = 0; i < at_once; ++i) all.emplace_back([&, i] { historian::work(t, pages_of(i), i); });
    for (std::thread& one : all) one.join();
    histories noted;
    for (std::uint64_t i = 0; i < at_once; ++i) historian::gather(pages_of(i), i, historian::now_ns(), noted);
    are_linearizable(noted);
    EXPECT_EQ(table_inside::wrong_with(place), "");
}

// Rounds: a table, a book, historians of which one is killed again and again.
TEST(table_history_test, processes_that_are_killed) {
    constexpr std::uint64_t at_once = 4, historians = 24;
    std::mt19937_64 dice(std::random_device{}());
    const auto until = std::chrono::steady_clock::now() + how_long();
    do {
        const std::string place = runner::fresh_name("t");
        const auto t = samepage::table_bytes::create(place).value();
        const std::string name = runner::fresh_name("book");
        const auto book = samepage::region::create(name, historians * historian::pages_bytes).value();
        histories noted;
        std::uint64_t begun = 0;
        struct at_work {
            std::uint64_t number;
            runner::process process;
        };
        const auto start = [&] {
            auto one = runner::process::start("historian", {place, name, std::to_string(begun)});
            EXPECT_EQ(one.line(), "working");
            return at_work{begun++, std::move(one)};
        };
        std::vector<at_work> all;
        while (all.size() < at_once) all.push_back(start());
        while (!all.empty()) {
            const std::size_t victim = static_cast<std::size_t>(dice() % all.size());
            comes_to(historian::pages_of(book, all[victim].number)[static_cast<std::size_t>(dice() % 400)]);
            all[victim].process.kill();
            historian::gather(historian::pages_of(book, all[victim].number), all[victim].number, historian::now_ns(),
                              noted);
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(victim));
            if (begun < historians) all.push_back(start());
        }
        are_linearizable(noted);
        EXPECT_EQ(table_inside::wrong_with(place), "");
    } while (std::chrono::steady_clock::now() < until && !testing::Test::HasFailure());
}

}  // namespace
