// A sole writer of a cell, a channel, a table: others are refused while it lives, and read on.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/table.hpp"

namespace {

using runner::fresh_name;
using samepage::cell_bytes;
using samepage::channel_bytes;
using samepage::errc;
using samepage::result;
using samepage::table_bytes;

// What the nouns have in common here: how one is opened, written and read.
struct of_cells {
    using noun = cell_bytes;
    using options = samepage::cell_options;
    static result<std::uint64_t> write(const noun& c, const std::string& text) { return c.store_text(text); }
    static std::string read(const noun& c) { return c.load_text().value().text; }
};

struct of_channels {
    using noun = channel_bytes;
    using options = samepage::channel_options;
    static result<std::uint64_t> write(const noun& c, const std::string& text) { return c.send_text(text); }
    static std::string read(const noun& c) {
        auto all = c.subscribe({.start = samepage::start::oldest}).value();
        std::string last;
        while (auto seen = all.receive_text(samepage::no_wait)) last = seen->text;
        return last;
    }
};

struct of_tables {
    using noun = table_bytes;
    using options = samepage::table_options;
    static result<std::uint64_t> write(const noun& t, const std::string& text) { return t.put_text("key", text); }
    static std::string read(const noun& t) { return t.get_text("key").value().text; }
};

template <class Noun>
class sole_writer_test : public testing::Test {
   protected:
    using noun = typename Noun::noun;
    static result<noun> open(const std::string& name, bool sole = false) {
        typename Noun::options options;
        options.sole_writer = sole;
        return noun::create(name, options);
    }
};

template <class T>
errc code_of(const result<T>& r) {
    return r ? errc{} : r.error().code();
}

using nouns = testing::Types<of_cells, of_channels, of_tables>;
TYPED_TEST_SUITE(sole_writer_test, nouns);

TYPED_TEST(sole_writer_test, others_are_refused_and_read_on) {
    const std::string name = fresh_name("sole");
    const auto before = this->open(name).value();
    TypeParam::write(before, "by all").value();
    auto sole = this->open(name, true);
    ASSERT_TRUE(sole) << sole.error().message();
    TypeParam::write(*sole, "by one").value();
    const auto after = this->open(name).value();
    for (const auto* other : {&before, &after}) {
        const auto refused = TypeParam::write(*other, "by another");
        ASSERT_EQ(code_of(refused), errc::denied);
        EXPECT_NE(refused.error().message().find("is its sole writer"), std::string::npos) << refused.error().message();
        EXPECT_EQ(TypeParam::read(*other), "by one");
        EXPECT_EQ(other->info()->sole_writer_process, runner::this_process());
    }
    sole->close();
    EXPECT_EQ(before.info()->sole_writer_process, 0U);
    TypeParam::write(before, "by all again").value();
    EXPECT_EQ(TypeParam::read(after), "by all again");
}

TYPED_TEST(sole_writer_test, there_is_one_at_a_time) {
    const std::string name = fresh_name("sole");
    auto sole = this->open(name, true).value();
    EXPECT_EQ(code_of(this->open(name, true)), errc::denied);
    EXPECT_TRUE(TypeParam::write(sole, "still")) << "the refused one has taken nothing away";
    sole.close();
    EXPECT_TRUE(this->open(name, true));
}

TYPED_TEST(sole_writer_test, needs_the_right_to_write) {
    const std::string name = fresh_name("sole");
    const auto holder = this->open(name).value();
    typename TypeParam::options options;
    options.access = samepage::access::read_only;
    options.sole_writer = true;
    EXPECT_EQ(code_of(TypeParam::noun::open(name, options)), errc::denied);
    EXPECT_TRUE(TypeParam::write(holder, "on"));
}

// Who was in the middle of writing when it came is done before it is there.
TYPED_TEST(sole_writer_test, nothing_is_written_by_others_once_it_is_there) {
    const std::string name = fresh_name("sole");
    const auto other = this->open(name).value();
    TypeParam::write(other, "0").value();
    std::atomic<std::uint64_t> written{0};
    std::atomic<bool> end{false};
    std::thread busy([&] {
        while (!end)
            if (TypeParam::write(other, "by another")) ++written;
    });
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t seen = written;
        while (written == seen) std::this_thread::yield();
        auto sole = this->open(name, true).value();
        const std::string before = TypeParam::read(sole);
        for (int round = 0; round < 20; ++round) std::this_thread::yield();
        EXPECT_EQ(TypeParam::read(sole), before);
        TypeParam::write(sole, std::to_string(i)).value();
        for (int round = 0; round < 20; ++round) std::this_thread::yield();
        EXPECT_EQ(TypeParam::read(sole), std::to_string(i));
    }
    end = true;
    busy.join();
}

TEST(sole_sender_test, a_loan_that_was_out_is_refused_and_subscribers_may_register) {
    const std::string name = fresh_name("sole");
    const auto other = channel_bytes::create(name).value();
    auto loan = other.borrow(3).value();
    std::memcpy(loan.bytes().data(), "old", 3);
    samepage::channel_options options;
    options.sole_writer = true;
    const auto sole = channel_bytes::create(name, options).value();
    EXPECT_EQ(code_of(loan.publish()), errc::denied);
    auto mine = other.subscribe({.registered = true});
    ASSERT_TRUE(mine) << mine.error().message();
    sole.send_text("new").value();
    EXPECT_EQ(mine->receive_text()->text, "new");
    const auto bytes = std::as_bytes(std::span("x", 1));
    EXPECT_EQ(code_of(other.send_many(std::span(&bytes, 1))), errc::denied);
}

TEST(sole_putter_test, others_neither_erase_nor_insert_but_lock_and_keep_a_history) {
    const std::string name = fresh_name("sole");
    const auto other = table_bytes::create(name).value();
    other.put_text("key", "1").value();
    samepage::table_options options;
    options.sole_writer = true;
    const auto sole = table_bytes::create(name, options).value();
    const auto key = std::as_bytes(std::span("key", 3));
    EXPECT_EQ(code_of(other.erase(key)), errc::denied);
    EXPECT_EQ(code_of(other.insert(std::as_bytes(std::span("new", 3)), key)), errc::denied);
    EXPECT_EQ(code_of(other.add(key, 1)), errc::denied);
    EXPECT_TRUE(other.lock(key));
    EXPECT_TRUE(other.keep_history(1 << 16));
    EXPECT_EQ(sole.get_text("key")->text, "1");
    EXPECT_TRUE(sole.erase(key).value());
}

}  // namespace
