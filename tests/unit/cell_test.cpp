// Cells in one process: every call, its answers and its refusals.
// SPDX-License-Identifier: MIT
#include "samepage/cell.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "cell/layout.hpp"
#include "runner.hpp"
#include "samepage/lock.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::access;
using samepage::cell;
using samepage::cell_bytes;
using samepage::cell_options;
using samepage::errc;
using samepage::no_wait;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

cell_options reading() {
    cell_options o;
    o.access = access::read_only;
    return o;
}

cell_options of_capacity(std::uint64_t bytes) {
    cell_options o;
    o.capacity_bytes = bytes;
    return o;
}

TEST(cell_test, a_value_goes_from_writer_to_reader) {
    const std::string name = fresh_name("temp");
    const auto writer = cell_bytes::create(name);
    ASSERT_TRUE(writer) << writer.error().message();
    EXPECT_TRUE(writer->created());
    EXPECT_EQ(writer->capacity_bytes(), 4096U);
    const auto reader = cell_bytes::open(name, reading());
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_FALSE(reader->created());
    EXPECT_EQ(reader->access(), access::read_only);
    EXPECT_EQ(writer->store_text("21.5").value(), 1U);
    const auto seen = reader->load_text();
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_EQ(seen->text, "21.5");
    EXPECT_EQ(seen->version, 1U);
    EXPECT_EQ(writer->store_text("").value(), 2U);
    EXPECT_EQ(reader->load_text()->text, "");
    EXPECT_EQ(reader->version(), 2U);
    EXPECT_TRUE(reader->check_name());
}

TEST(cell_test, is_empty_before_the_first_value_and_says_so) {
    const auto c = cell_bytes::create(fresh_name("empty"));
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(c->version(), 0U);
    EXPECT_EQ(code_of(c->load_text()), errc::empty);
    std::array<std::byte, 8> into{};
    EXPECT_EQ(code_of(c->load(into)), errc::empty);
}

TEST(cell_test, versions_go_up_by_one_through_all_buffers) {
    const auto c = cell_bytes::create(fresh_name("count"), of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    for (std::uint64_t i = 1; i <= 100; ++i) {
        const std::string text(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
        ASSERT_EQ(c->store_text(text).value(), i);
        const auto seen = c->load_text();
        ASSERT_TRUE(seen) << seen.error().message();
        ASSERT_EQ(seen->text, text);
        ASSERT_EQ(seen->version, i);
    }
}

TEST(cell_test, every_length_comes_whole) {
    const auto c = cell_bytes::create(fresh_name("lengths"), of_capacity(300));
    ASSERT_TRUE(c) << c.error().message();
    std::vector<std::byte> value(300), into(300);
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::byte>(i * 7 + 1);
    for (std::size_t size = 0; size <= value.size(); ++size) {
        ASSERT_TRUE(c->store(std::span(value).first(size)));
        std::fill(into.begin(), into.end(), std::byte{0xee});
        const auto seen = c->load(into);
        ASSERT_TRUE(seen) << seen.error().message();
        ASSERT_EQ(seen->size_bytes, size);
        ASSERT_TRUE(std::equal(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(size), value.begin()));
        if (size < into.size()) {
            ASSERT_EQ(into[size], std::byte{0xee}) << "written past the value";
        }
    }
}

TEST(cell_test, refuses_a_value_that_does_not_fit_and_says_what_would) {
    const auto c = cell_bytes::create(fresh_name("small"), of_capacity(10));
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_TRUE(c->store_text("0123456789"));
    const auto stored = c->store_text("0123456789a");
    ASSERT_EQ(code_of(stored), errc::too_large);
    EXPECT_NE(stored.error().message().find("capacity of 11"), std::string::npos) << stored.error().message();
    std::array<std::byte, 9> into{};
    const auto seen = c->load(into);
    ASSERT_EQ(code_of(seen), errc::too_large);
    EXPECT_NE(seen.error().message().find("10 bytes"), std::string::npos) << seen.error().message();
    EXPECT_EQ(c->load_text()->text, "0123456789") << "the refused value changed nothing";
}

TEST(cell_test, a_large_value) {
    const std::size_t size = 1U << 20;
    const auto c = cell_bytes::create(fresh_name("large"), of_capacity(size));
    ASSERT_TRUE(c) << c.error().message();
    const std::string text(size, 'x');
    EXPECT_TRUE(c->store_text(text));
    EXPECT_EQ(c->load_text()->text, text);
}

TEST(cell_test, compare_exchange_changes_only_what_it_has_seen) {
    const auto c = cell_bytes::create(fresh_name("cas"));
    ASSERT_TRUE(c) << c.error().message();
    const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
    EXPECT_EQ(code_of(c->compare_exchange(1, bytes("x"))), errc::conflict);
    EXPECT_EQ(c->compare_exchange(0, bytes("first")).value(), 1U);
    EXPECT_EQ(code_of(c->compare_exchange(0, bytes("x"))), errc::conflict);
    EXPECT_EQ(c->compare_exchange(1, bytes("second")).value(), 2U);
    EXPECT_EQ(c->load_text()->text, "second");
    EXPECT_EQ(c->store_text("third").value(), 3U) << "a conflict leaves the cell to other writers";
}

TEST(cell_test, update_reads_changes_and_stores) {
    const auto c = cell_bytes::create(fresh_name("update"), of_capacity(16));
    ASSERT_TRUE(c) << c.error().message();
    using bytes = std::vector<std::byte>;
    const auto longer = [](std::span<const std::byte> old) -> samepage::result<bytes> {
        bytes changed(old.begin(), old.end());
        changed.push_back(std::byte{'x'});
        return changed;
    };
    EXPECT_EQ(c->update(longer).value(), 1U);
    EXPECT_EQ(c->update(longer).value(), 2U);
    EXPECT_EQ(c->load_text()->text, "xx");
    const auto refused = [](std::span<const std::byte>) -> samepage::result<bytes> {
        return samepage::error(errc::conflict, "test");
    };
    EXPECT_EQ(code_of(c->update(refused)), errc::conflict);
    const auto huge = [](std::span<const std::byte>) -> samepage::result<bytes> { return bytes(17); };
    EXPECT_EQ(code_of(c->update(huge)), errc::too_large);
    const auto thrown = [](std::span<const std::byte>) -> samepage::result<bytes> { throw 1; };
    EXPECT_THROW(static_cast<void>(c->update(thrown)), int);
    EXPECT_EQ(c->update(longer).value(), 3U) << "no refused update kept its turn";
    EXPECT_EQ(c->load_text()->text, "xxx");
}

TEST(cell_test, an_update_in_which_another_handle_stores_times_it_out) {
    const std::string name = fresh_name("turns");
    const auto one = cell_bytes::create(name);
    const auto other = cell_bytes::open(name);
    ASSERT_TRUE(one && other);
    errc meanwhile{};
    ASSERT_TRUE(one->update([&](std::span<const std::byte>) -> samepage::result<std::vector<std::byte>> {
        const auto stored = other->store_text("y", no_wait);
        meanwhile = code_of(stored);
        return std::vector<std::byte>(1, std::byte{'x'});
    }));
    EXPECT_EQ(meanwhile, errc::timed_out);
    EXPECT_TRUE(other->store_text("y", no_wait));
}

TEST(cell_test, wait_returns_at_once_when_there_is_a_newer_value_and_times_out_when_not) {
    const std::string name = fresh_name("wait");
    const auto c = cell_bytes::create(name);
    const auto reader = cell_bytes::open(name, reading());
    ASSERT_TRUE(c && reader);
    EXPECT_EQ(code_of(reader->wait(0, no_wait)), errc::timed_out);
    EXPECT_EQ(code_of(reader->wait(0, std::chrono::milliseconds(30))), errc::timed_out);
    ASSERT_TRUE(c->store_text("x"));
    EXPECT_EQ(reader->wait(0).value(), 1U);
    EXPECT_EQ(code_of(reader->wait(1, std::chrono::milliseconds(1))), errc::timed_out);
    EXPECT_EQ(reader->info()->waiters, 0U) << "who has timed out doesn't count as waiting";
}

TEST(cell_test, a_reader_may_not_write) {
    const std::string name = fresh_name("reader");
    const auto c = cell_bytes::create(name);
    const auto reader = cell_bytes::open(name, reading());
    ASSERT_TRUE(c && reader);
    EXPECT_EQ(code_of(reader->store_text("x")), errc::denied);
    EXPECT_EQ(code_of(reader->compare_exchange(0, {})), errc::denied);
    EXPECT_EQ(code_of(reader->update([](auto) { return std::vector<std::byte>(); })), errc::denied);
    EXPECT_EQ(c->version(), 0U);
}

TEST(cell_test, create_new_open_and_wrong_arguments) {
    const std::string name = fresh_name("new");
    EXPECT_EQ(code_of(cell_bytes::open(name)), errc::not_found);
    EXPECT_EQ(code_of(cell_bytes::create(name, reading())), errc::not_found) << "a reader doesn't create";
    auto c = cell_bytes::create_new(name, of_capacity(8));
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(code_of(cell_bytes::create_new(name)), errc::already_exists);
    EXPECT_EQ(cell_bytes::create(name, of_capacity(999))->capacity_bytes(), 8U) << "an existing one keeps its own";
    EXPECT_EQ(code_of(cell_bytes::create(name, of_capacity(0))), errc::invalid_argument);
    EXPECT_EQ(code_of(cell_bytes::create(name, of_capacity(std::uint64_t{1} << 40))), errc::invalid_argument);
    EXPECT_EQ(code_of(cell_bytes::create("a\x01"
                                         "b")),
              errc::invalid_name);
    c->close();
    EXPECT_FALSE(c->is_open());
    EXPECT_EQ(code_of(c->load_text()), errc::closed);
    EXPECT_EQ(code_of(c->store_text("x")), errc::closed);
    EXPECT_EQ(code_of(c->wait(0)), errc::closed);
    EXPECT_EQ(code_of(cell_bytes::open(name)), errc::not_found);
}

TEST(cell_test, is_of_a_kind_of_its_own) {
    const std::string name = fresh_name("kind");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    const auto lock = samepage::lock::open(name);
    ASSERT_EQ(code_of(lock), errc::wrong_kind);
    EXPECT_NE(lock.error().message().find("is a cell: samepage cell get"), std::string::npos) << lock.error().message();
    EXPECT_EQ(code_of(samepage::region::open(name)), errc::wrong_kind);
    const std::string plain = fresh_name("plain");
    const auto region = samepage::region::create(plain, 65536);
    ASSERT_TRUE(region) << region.error().message();
    EXPECT_EQ(code_of(cell_bytes::open(plain)), errc::wrong_kind);
}

TEST(cell_test, at_a_path_it_keeps_value_and_version) {
    const std::string path = scratch::file(fresh_name("stock") + ".page");
    for (std::uint64_t i = 1; i <= 20; ++i) {
        const auto c = cell_bytes::create(path);
        ASSERT_TRUE(c) << c.error().message();
        EXPECT_EQ(c->created(), i == 1);
        if (i > 1) {
            ASSERT_EQ(c->load_text()->text, "value " + std::to_string(i - 1));
        }
        ASSERT_EQ(c->store_text("value " + std::to_string(i)).value(), i);
    }
}

struct point {
    std::int32_t x, y;
    bool operator==(const point&) const = default;
};

TEST(cell_test, of_a_type) {
    const std::string name = fresh_name("point");
    const auto c = cell<point>::create(name);
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(code_of(c->load()), errc::empty);
    EXPECT_EQ(code_of(c->update([](point p) { return p; })), errc::empty);
    EXPECT_EQ(c->store({1, 2}).value(), 1U);
    EXPECT_EQ(c->update([](point p) { return point{p.x + 1, p.y}; }).value(), 2U);
    const auto seen = c->load();
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_EQ(seen->value, (point{2, 2}));
    EXPECT_EQ(seen->version, 2U);
    EXPECT_EQ(code_of(c->compare_exchange(1, {})), errc::conflict);
    const auto narrow = cell<char>::open(name);
    ASSERT_TRUE(narrow) << narrow.error().message();
    EXPECT_NE(code_of(narrow->load()), errc{});
    const auto wide = cell<std::array<char, 64>>::open(name);
    ASSERT_TRUE(wide) << wide.error().message();
    EXPECT_EQ(code_of(wide->load()), errc::wrong_kind);
}

TEST(cell_test, info_tells_version_size_and_capacity) {
    const auto c = cell_bytes::create(fresh_name("info"), of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    EXPECT_EQ(c->info()->version, 0U);
    ASSERT_TRUE(c->store_text("12345"));
    const auto info = c->info();
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->version, 1U);
    EXPECT_EQ(info->size_bytes, 5U);
    EXPECT_EQ(info->capacity_bytes, 100U);
    EXPECT_FALSE(info->writer_active);
    EXPECT_TRUE(info->sleeps);
}

// What another process may have written, written here through a plain file.
class damaged_cell_test : public testing::Test {
   protected:
    damaged_cell_test() : path_(scratch::file(fresh_name("damaged"))) {
        const auto c = cell_bytes::create(path_, of_capacity(64));
        if (c) static_cast<void>(c->store_text("a value of some length"));
    }

    template <class T>
    void write(std::uint64_t offset, T value) {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(reinterpret_cast<const char*>(&value), sizeof value);
        ASSERT_TRUE(file.good());
    }

    std::string path_;
};

constexpr std::uint64_t buffer_1 =
    samepage::cells::buffers_offset + samepage::cells::shape::of(64, true).stride_bytes();

TEST_F(damaged_cell_test, a_length_that_cannot_be_is_corrupt) {
    const auto c = cell_bytes::open(path_);
    ASSERT_TRUE(c) << c.error().message();
    write<std::uint32_t>(buffer_1, 65);
    EXPECT_EQ(code_of(c->load_text()), errc::corrupt);
    EXPECT_EQ(code_of(c->info()), errc::corrupt);
    EXPECT_EQ(code_of(cell_bytes::open(path_)), errc::corrupt);
    write<std::uint32_t>(buffer_1, 0xffffffff);
    EXPECT_EQ(code_of(c->load_text()), errc::corrupt);
}

TEST_F(damaged_cell_test, a_value_cut_short_by_a_power_failure_is_corrupt_when_it_is_opened) {
    write<char>(buffer_1 + samepage::cells::value_offset + 3, '\0');
    EXPECT_EQ(code_of(cell_bytes::open(path_)), errc::corrupt);
}

TEST_F(damaged_cell_test, an_owner_that_cannot_be_is_corrupt_for_writers_and_nothing_to_readers) {
    const auto c = cell_bytes::open(path_);
    ASSERT_TRUE(c) << c.error().message();
    for (const std::uint64_t word :
         {std::uint64_t{0xffff}, std::uint64_t{0x80000}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
        write<std::uint64_t>(samepage::cells::owner_offset, word);
        const auto stored = c->store_text("x", no_wait);
        EXPECT_EQ(code_of(stored), errc::corrupt) << std::hex << word;
        EXPECT_EQ(c->load_text()->text, "a value of some length");
    }
}

TEST_F(damaged_cell_test, any_version_is_read_and_counted_on_from) {
    const auto c = cell_bytes::open(path_);
    ASSERT_TRUE(c) << c.error().message();
    for (const std::uint64_t version : {std::uint64_t{5}, std::uint64_t{1} << 63, ~std::uint64_t{1}}) {
        write<std::uint64_t>(samepage::cells::current_offset, version);
        EXPECT_EQ(c->version(), version);
        static_cast<void>(c->load_text());
        EXPECT_EQ(c->store_text("x").value(), version + 1);
    }
}

TEST_F(damaged_cell_test, a_version_without_a_next_one_is_corrupt_and_no_store_is_acknowledged) {
    const auto c = cell_bytes::open(path_);
    ASSERT_TRUE(c) << c.error().message();
    write<std::uint64_t>(samepage::cells::current_offset, ~std::uint64_t{0});
    const auto twice = [](std::span<const std::byte> old) -> samepage::result<std::vector<std::byte>> {
        return std::vector<std::byte>(old.begin(), old.end());
    };
    for (int i = 0; i < 2; ++i) {  // and its owner word is free again each time
        EXPECT_EQ(code_of(c->store_text("x", no_wait)), errc::corrupt);
        EXPECT_EQ(code_of(c->compare_exchange(~std::uint64_t{0}, {}, no_wait)), errc::corrupt);
        EXPECT_EQ(code_of(c->update(twice, no_wait)), errc::corrupt);
    }
    EXPECT_EQ(c->version(), ~std::uint64_t{0}) << "nothing was published";
    write<std::uint64_t>(samepage::cells::current_offset, 1);
    EXPECT_EQ(c->load_text()->text, "a value of some length");
    EXPECT_EQ(c->store_text("x").value(), 2U);
}

TEST_F(damaged_cell_test, an_owner_word_overwritten_during_a_store_is_told) {
    const auto c = cell_bytes::open(path_);
    ASSERT_TRUE(c) << c.error().message();
    for (const std::uint64_t word : {std::uint64_t{0}, std::uint64_t{7} << 32 | 9, ~std::uint64_t{0}}) {
        const auto updated = c->update([&](auto) -> samepage::result<std::vector<std::byte>> {
            write<std::uint64_t>(samepage::cells::owner_offset, word);
            return std::vector<std::byte>(1);
        });
        EXPECT_EQ(code_of(updated), errc::corrupt) << std::hex << word;
        write<std::uint64_t>(samepage::cells::owner_offset, 0);
        EXPECT_TRUE(c->store_text("x", no_wait));
    }
}

TEST_F(damaged_cell_test, the_word_of_a_dead_owner_is_taken) {
    const auto c = cell_bytes::open(path_);
    ASSERT_TRUE(c) << c.error().message();
    write<std::uint64_t>(samepage::cells::owner_offset, std::uint64_t{7} << 32 | 9);
    EXPECT_EQ(c->store_text("x", no_wait).value(), 2U);
}

TEST_F(damaged_cell_test, a_sleepers_count_that_cannot_be_costs_a_wake) {
    const auto c = cell_bytes::open(path_);
    ASSERT_TRUE(c) << c.error().message();
    write<std::uint32_t>(samepage::cells::waiters_offset, 0xffffffff);
    EXPECT_TRUE(c->store_text("x"));
    EXPECT_EQ(c->info()->waiters, 0U);
    write<std::uint32_t>(samepage::cells::waiters_offset, 0xffffffff);
    EXPECT_EQ(code_of(c->wait(2, std::chrono::milliseconds(20))), errc::timed_out);
}

}  // namespace
