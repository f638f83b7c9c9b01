// The operating system layer's promises that regions don't show: slots, waiting, growing, structured objects.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "os/os.hpp"
#include "runner.hpp"

namespace {

using namespace std::chrono_literals;
using runner::fresh_name;
using samepage::access;
using samepage::errc;
using samepage::place;
using samepage::os::acquire_request;
using samepage::os::deadline;
using samepage::os::disposition;
using samepage::os::held_object;

constexpr std::uint64_t page = 4096;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

samepage::result<held_object> structured(const std::string& name, disposition how = disposition::create_or_open,
                                         access may = access::read_write) {
    const place where = *place::parse(name);
    acquire_request request;
    request.where = &where;
    request.disposition = how;
    request.access = may;
    request.size_bytes = page;
    request.structured = true;
    request.initialise = [](std::span<std::byte> bytes) { std::memcpy(bytes.data(), "samepage", 8); };
    return held_object::acquire(request);
}

std::atomic<std::uint32_t>& word_in(const samepage::os::mapping& m) {
    return *reinterpret_cast<std::atomic<std::uint32_t>*>(m.data() + 128);
}

TEST(os_test, a_structured_object_is_initialised_once_before_it_is_seen) {
    const std::string name = fresh_name("structured");
    const auto made = structured(name), opened = structured(name, disposition::open_existing, access::read_only);
    ASSERT_TRUE(made) << made.error().message();
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_TRUE(made->created());
    EXPECT_FALSE(opened->created());
    EXPECT_FALSE(made->is_file());
    EXPECT_EQ(opened->size_bytes(), page);
    const auto seen = opened->map(0, page, access::read_only);
    ASSERT_TRUE(seen);
    EXPECT_EQ(std::memcmp(seen->data(), "samepage", 8), 0);
}

TEST(os_test, a_slot_is_claimed_by_one) {
    const std::string name = fresh_name("slots");
    auto one = structured(name), two = structured(name);
    ASSERT_TRUE(one && two);
    for (const unsigned slot : {0U, 1U, samepage::os::slots_max - 1}) {
        EXPECT_FALSE(two->slot_is_live(slot).value());
        EXPECT_TRUE(one->claim_slot(slot).value());
        EXPECT_TRUE(two->slot_is_live(slot).value());
        EXPECT_FALSE(two->claim_slot(slot).value()) << "a live handle has it";
        EXPECT_TRUE(two->slot_is_live(slot).value()) << "a claim that failed took it away";
        one->release_slot();
        EXPECT_FALSE(two->slot_is_live(slot).value());
        EXPECT_TRUE(two->claim_slot(slot).value());
        EXPECT_TRUE(one->slot_is_live(slot).value());
        two->release_slot();
    }
}

TEST(os_test, neighbouring_slots_dont_touch) {
    const std::string name = fresh_name("neighbours");
    auto one = structured(name), two = structured(name);
    ASSERT_TRUE(one && two);
    ASSERT_TRUE(one->claim_slot(7).value());
    EXPECT_FALSE(two->slot_is_live(6).value());
    EXPECT_FALSE(two->slot_is_live(8).value());
    EXPECT_TRUE(two->claim_slot(8).value());
    EXPECT_TRUE(one->slot_is_live(8).value());
    EXPECT_TRUE(two->slot_is_live(7).value());
}

TEST(os_test, a_slot_ends_with_its_handle) {
    const std::string name = fresh_name("ended");
    auto stays = structured(name);
    ASSERT_TRUE(stays);
    {
        auto goes = structured(name);
        ASSERT_TRUE(goes && goes->claim_slot(3).value());
        held_object moved(std::move(*goes));
        EXPECT_TRUE(stays->slot_is_live(3).value()) << "moving keeps the claim";
    }
    EXPECT_FALSE(stays->slot_is_live(3).value());
    EXPECT_TRUE(stays->claim_slot(3).value());
}

// Claim: of threads that race for one slot, each with its own handle, one gets it.
TEST(os_test, one_of_many_threads_gets_the_slot) {
    const std::string name = fresh_name("race");
    auto base = structured(name);
    ASSERT_TRUE(base);
    for (unsigned slot = 0; slot < 30; ++slot) {
        std::atomic<int> winners{0}, finished{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                auto mine = structured(name);
                if (mine && mine->claim_slot(slot).value_or(false)) ++winners;
                ++finished;
                while (finished < 4) std::this_thread::yield();  // so that no claim ends before all were made
            });
        }
        for (auto& t : threads) t.join();
        EXPECT_EQ(winners, 1) << slot;
    }
}

TEST(os_test, waiting_ends_at_once_when_the_word_is_other) {
    const auto object = structured(fresh_name("other"));
    ASSERT_TRUE(object);
    const auto bytes = object->map(0, page, access::read_write);
    ASSERT_TRUE(bytes);
    word_in(*bytes) = 1;
    object->wait(0, word_in(*bytes), 0, deadline::forever());  // returns, or the test hangs
}

TEST(os_test, waiting_ends_at_the_deadline) {
    const auto object = structured(fresh_name("late"));
    ASSERT_TRUE(object);
    const auto bytes = object->map(0, page, access::read_write);
    ASSERT_TRUE(bytes);
    const auto until = deadline::after(20ms);
    while (!until.passed()) object->wait(0, word_in(*bytes), 0, until);
    object->wait(0, word_in(*bytes), 0, deadline::after(samepage::no_wait));
    EXPECT_EQ(word_in(*bytes), 0U);
}

// Claim: a sleeper that has no deadline is woken by another mapping's wake, on every wait point, read-only too.
TEST(os_test, a_wake_reaches_the_sleeper_through_another_mapping) {
    const std::string name = fresh_name("wake");
    const auto waker = structured(name);
    ASSERT_TRUE(waker);
    const auto bytes = waker->map(0, page, access::read_write);
    ASSERT_TRUE(bytes);
    for (const unsigned point : {0U, 1U, samepage::os::wait_points_max - 1}) {
        for (const access may : {access::read_write, access::read_only}) {
            word_in(*bytes) = 0;
            std::atomic<bool> woken{false};
            std::thread sleeper([&] {
                const auto mine = structured(name, disposition::open_existing, may);
                const auto seen = mine->map(0, page, may);
                while (word_in(*seen).load() == 0) mine->wait(point, word_in(*seen), 0, deadline::forever());
                woken = true;
            });
            std::this_thread::yield();
            word_in(*bytes) = 1;
            while (!woken) {  // wakes until it is there: the first may come before it sleeps
                waker->wake(point, word_in(*bytes), 1);
                std::this_thread::yield();
            }
            sleeper.join();
        }
    }
}

TEST(os_test, growing_appears_in_the_reserved_addresses_of_everybody) {
    const std::string name = fresh_name("grow");
    auto one = structured(name), two = structured(name);
    ASSERT_TRUE(one && two);
    constexpr std::size_t reserve = 64 * page;
    const auto a = one->map(0, page, access::read_write, reserve), b = two->map(0, page, access::read_only, reserve);
    ASSERT_TRUE(a && b) << (a ? b.error() : a.error()).message();
    ASSERT_TRUE(one->grow(20 * page));
    EXPECT_EQ(one->size_bytes(), 20 * page);
    EXPECT_EQ(two->refresh_size().value(), 20 * page);
    EXPECT_EQ(two->size_bytes(), 20 * page);
    a->data()[20 * page - 1] = std::byte{42};
    EXPECT_EQ(b->data()[20 * page - 1], std::byte{42});
    EXPECT_EQ(b->data()[10 * page], std::byte{0}) << "what was added is zeroed";
    EXPECT_EQ(std::memcmp(b->data(), "samepage", 8), 0);
    EXPECT_EQ(code_of(two->map(20 * page, 1, access::read_only)), errc::invalid_argument);
}

TEST(os_test, growing_never_shrinks_and_refuses_the_impossible) {
    const std::string name = fresh_name("never");
    auto object = structured(name);
    ASSERT_TRUE(object);
    ASSERT_TRUE(object->grow(8 * page));
    ASSERT_TRUE(object->grow(2 * page));
    EXPECT_EQ(object->refresh_size().value(), 8 * page);
    EXPECT_FALSE(object->grow(std::uint64_t{1} << 50U));
    EXPECT_EQ(object->refresh_size().value(), 8 * page) << "a refused growth changed the size";
    EXPECT_EQ(structured(name)->size_bytes(), 8 * page);
}

TEST(os_test, several_grow_at_once) {
    const std::string name = fresh_name("several");
    auto base = structured(name);
    ASSERT_TRUE(base);
    std::vector<std::thread> threads;
    for (unsigned i = 1; i <= 4; ++i) {
        threads.emplace_back([&, i] {
            auto mine = structured(name);
            for (unsigned step = 1; step <= 20; ++step) EXPECT_TRUE(mine->grow((step * 4 + i) * page));
        });
    }
    for (auto& t : threads) t.join();
    EXPECT_EQ(base->refresh_size().value(), 84 * page);
    const auto all = base->map(0, 84 * page, access::read_only);
    ASSERT_TRUE(all);
    EXPECT_TRUE(
        std::all_of(all->data() + page, all->data() + all->size(), [](std::byte b) { return b == std::byte{}; }));
}

TEST(os_test, a_plain_opener_of_a_structured_object_is_told) {
    const std::string name = fresh_name("kind");
    const auto memory = samepage::region::create(name, 64);
    ASSERT_TRUE(memory);
    EXPECT_EQ(code_of(structured(name)), errc::wrong_kind);
    EXPECT_EQ(code_of(structured(name, disposition::open_existing)), errc::wrong_kind);
}

TEST(os_test, what_was_searched_is_named) {
    const auto text = samepage::os::place_searched(*place::parse("hello"));
    EXPECT_FALSE(text.empty());
    const auto missing = samepage::region::open(fresh_name("searched"));
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message().find(text), std::string::npos) << missing.error().message();
}

}  // namespace
