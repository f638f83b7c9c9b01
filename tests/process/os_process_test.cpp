// Slots and waiting between processes: death frees a slot, after the last store; a wake crosses processes.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "os/format.hpp"
#include "os/os.hpp"
#include "runner.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::access;
using samepage::os::deadline;
using samepage::os::held_object;

constexpr std::size_t page = 4096;
constexpr unsigned writers = 6;

held_object object(const std::string& name) {
    const auto where = samepage::place::parse(name);
    samepage::os::acquire_request request;
    request.where = &*where;
    request.size_bytes = page;
    request.structured = true;
    request.timeout = runner::patience;
    request.initialise = [](std::span<std::byte> bytes) {
        const samepage::os::structured_prefix prefix{samepage::os::structured_magic, 1};
        std::memcpy(bytes.data(), &prefix, sizeof prefix);
    };
    return held_object::acquire(request).value();
}

using word = std::atomic<std::uint32_t>;

word& word_in(const samepage::os::mapping& m, std::size_t index) {
    return reinterpret_cast<word*>(m.data() + 128)[index * 16];
}

// Words: name, slot. Claims the slot, counts in memory with all its threads until it is killed.
const runner::role slot_owner("slot_owner", [](const runner::arguments& words) {
    held_object mine = object(words.at(0));
    const auto bytes = mine.map(0, page, access::read_write).value();
    if (!mine.claim_slot(static_cast<unsigned>(std::stoul(words.at(1)))).value()) return 1;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < writers; ++i) {
        threads.emplace_back([&, i] {
            for (;;) ++word_in(bytes, i);
        });
    }
    while (word_in(bytes, writers - 1).load() == 0) std::this_thread::yield();
    runner::say("counting");
    while (runner::hear()) {
    }
    std::_Exit(0);
});

TEST(os_process_test, a_killed_owner_frees_its_slot_after_its_last_store) {
    const std::string name = fresh_name("owner");
    held_object mine = object(name);
    const auto bytes = mine.map(0, page, access::read_write).value();
    // Fifty kills, or fewer on a machine on which they take long.
    const auto enough = runner::clock::now() + std::chrono::seconds(3);
    for (int round = 0; round < 50 && (round < 5 || runner::clock::now() < enough); ++round) {
        word_in(bytes, writers - 1) = 0;
        process owner = process::start("slot_owner", {name, "5"});
        ASSERT_EQ(owner.line(), "counting");
        ASSERT_TRUE(mine.slot_is_live(5).value());
        ASSERT_FALSE(mine.claim_slot(5).value());
        std::thread killer([&] { owner.kill(); });
        const auto until = runner::clock::now() + runner::patience;
        while (!mine.claim_slot(5).value() && runner::clock::now() < until) std::this_thread::yield();
        std::uint32_t seen[writers];
        for (unsigned i = 0; i < writers; ++i) seen[i] = word_in(bytes, i).load();
        killer.join();
        for (int look = 0; look < 100; ++look) {
            for (unsigned i = 0; i < writers; ++i) {
                ASSERT_EQ(word_in(bytes, i).load(), seen[i]) << "a store came after the slot was free";
            }
            std::this_thread::yield();
        }
        mine.release_slot();
    }
}

// Words: name, wait point. Answers every change of word 0 by making word 1 equal to it.
const runner::role echo_words("echo_words", [](const runner::arguments& words) {
    const held_object mine = object(words.at(0));
    const auto bytes = mine.map(0, page, access::read_write).value();
    const auto point = static_cast<unsigned>(std::stoul(words.at(1)));
    runner::say("ready");
    for (std::uint32_t last = 0;;) {
        while (word_in(bytes, 0).load() == last) mine.wait(point, word_in(bytes, 0), last, deadline::forever());
        last = word_in(bytes, 0).load();
        word_in(bytes, 1) = last;
        mine.wake(point + 1, word_in(bytes, 1), 1);
    }
    return 0;
});

// Claim: with a wake after every change no change sleeps for ever, in both directions.
TEST(os_process_test, a_wake_reaches_another_process) {
    const std::string name = fresh_name("wake");
    const held_object mine = object(name);
    const auto bytes = mine.map(0, page, access::read_write).value();
    process other = process::start("echo_words", {name, "10"});
    ASSERT_EQ(other.line(), "ready");
    const auto until = deadline::after(runner::patience);
    for (std::uint32_t turn = 1; turn <= 500; ++turn) {
        word_in(bytes, 0) = turn;
        mine.wake(10, word_in(bytes, 0), 1);
        for (std::uint32_t seen = turn - 1; seen != turn && !until.passed(); seen = word_in(bytes, 1).load()) {
            mine.wait(11, word_in(bytes, 1), turn - 1, until);
        }
        ASSERT_EQ(word_in(bytes, 1).load(), turn);
    }
}

}  // namespace
