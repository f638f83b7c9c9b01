// Regions by name, in one process: every call, its answers and its refusals.
// SPDX-License-Identifier: MIT
#include "samepage/region.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <thread>

#include "runner.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::access;
using samepage::errc;
using samepage::region;
using samepage::region_options;

constexpr region_options reading{access::read_only};

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

bool all_zero(std::span<const std::byte> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

TEST(region_test, the_articles_two_programs) {
    const std::string name = fresh_name("hello");
    auto writer = region::create(name, 4096);
    ASSERT_TRUE(writer) << writer.error().message();
    EXPECT_TRUE(writer->created());
    EXPECT_TRUE(all_zero(writer->bytes()));
    ASSERT_TRUE(writer->write_text("Hello world, I'm writing to a shared page file."));
    const auto reader = region::open(name, reading);
    ASSERT_TRUE(reader) << reader.error().message();
    EXPECT_FALSE(reader->created());
    EXPECT_EQ(reader->size(), 4096U);
    EXPECT_EQ(reader->access(), access::read_only);
    EXPECT_EQ(reader->read_text(254).value_or("?"), "Hello world, I'm writing to a shared page file.");
}

TEST(region_test, create_says_which_and_the_size_stands) {
    const std::string name = fresh_name("stands");
    const auto first = region::create(name, 5000), second = region::create(name, 100),
               third = region::create(name, 9000);
    ASSERT_TRUE(first && second && third);
    EXPECT_TRUE(first->created());
    EXPECT_FALSE(second->created());
    EXPECT_FALSE(third->created());
    EXPECT_EQ(first->size(), 5000U);
    EXPECT_EQ(second->size(), scratch::size_seen(5000));
    EXPECT_EQ(third->size(), scratch::size_seen(5000));
    EXPECT_EQ(third->bytes().size(), scratch::size_seen(5000));
}

TEST(region_test, create_new_refuses_and_open_misses) {
    const std::string name = fresh_name("new");
    const auto missing = region::open(name);
    EXPECT_EQ(code_of(missing), errc::not_found);
    auto made = region::create_new(name, 10);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(code_of(region::create_new(name, 10)), errc::already_exists);
    made->close();
    EXPECT_EQ(code_of(region::open(name)), errc::not_found);
    EXPECT_TRUE(region::create_new(name, 10));
}

TEST(region_test, the_name_is_free_at_once_and_the_next_bytes_are_zeroed) {
    const std::string name = fresh_name("again");
    for (int round = 0; round < 20; ++round) {
        const auto page = region::create_new(name, 3000);
        ASSERT_TRUE(page) << page.error().message();
        ASSERT_TRUE(all_zero(page->bytes()));
        std::memset(page->data(), 0xFF, 3000);
    }
    EXPECT_EQ(code_of(region::open(name)), errc::not_found);
}

TEST(region_test, every_kind_of_holder_keeps_the_name) {
    const std::string name = fresh_name("kept");
    auto writer = region::create(name, 64);
    ASSERT_TRUE(writer && writer->write_text("kept"));
    auto reader = region::open(name, reading);
    region_options windows;
    windows.map_whole = false;
    auto unmapped = region::open(name, windows);
    ASSERT_TRUE(reader && unmapped);
    writer->close();
    EXPECT_EQ(region::open(name, reading)->read_text().value_or("?"), "kept");
    reader->close();
    EXPECT_EQ(region::open(name)->read_text().value_or("?"), "kept");
    unmapped->close();
    EXPECT_EQ(code_of(region::open(name)), errc::not_found);
}

TEST(region_test, names_and_prefixes_meet) {
    const std::string name = fresh_name("prefix");
    const auto page = region::create("Local\\" + name, 64);
    ASSERT_TRUE(page);
    EXPECT_TRUE(region::open(name));
    EXPECT_TRUE(region::open("LOCAL\\" + name));
    EXPECT_FALSE(region::open("Global\\" + name));
    EXPECT_FALSE(region::open(name + "x"));
}

TEST(region_test, names_of_every_length_and_script) {
    for (const std::string& name : {fresh_name(std::string(180, 'n')), fresh_name("gr\u00FC\u00DFe \U0001F600"),
                                    fresh_name("-"), fresh_name(".hidden"), fresh_name("#a b;c*?")}) {
        const auto page = region::create_new(name, 16);
        ASSERT_TRUE(page) << page.error().message();
        EXPECT_TRUE(region::open(name)) << name;
    }
    EXPECT_EQ(code_of(region::create("", 16)), errc::invalid_name);
    EXPECT_EQ(code_of(region::create(std::string(201, 'x'), 16)), errc::invalid_name);
    EXPECT_EQ(code_of(region::create("..", 16)), errc::invalid_name);
    EXPECT_EQ(code_of(region::open(std::string_view("a\0b", 3))), errc::invalid_name);
}

TEST(region_test, sizes_that_cannot_be) {
    const std::string name = fresh_name("size");
    EXPECT_EQ(code_of(region::create(name, 0)), errc::invalid_argument);
    EXPECT_EQ(code_of(region::create_new(name, 0)), errc::invalid_argument);
    for (const std::uint64_t size : {std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63U,
                                     (std::uint64_t{1} << 63U) - 1, std::uint64_t{1} << 50U}) {
        const auto page = region::create(name, size);
        ASSERT_FALSE(page) << size;
        const errc code = page.error().code();
        EXPECT_TRUE(code == errc::no_space || code == errc::invalid_argument || code == errc::too_large)
            << size << ": " << page.error().message();
        EXPECT_EQ(code_of(region::open(name)), errc::not_found) << "visible after " << size;
    }
    EXPECT_EQ(region::create(name, 1)->size(), 1U);
}

TEST(region_test, text_goes_in_whole_or_not_at_all) {
    auto page = region::create(fresh_name("text"), 8);
    ASSERT_TRUE(page);
    ASSERT_TRUE(page->write_text("1234567"));
    EXPECT_EQ(page->read_text().value_or("?"), "1234567");
    EXPECT_EQ(code_of(page->write_text("12345678")), errc::too_large);
    EXPECT_EQ(page->read_text().value_or("?"), "1234567");
    EXPECT_EQ(code_of(page->write_text(std::string_view("a\0b", 3))), errc::invalid_argument);
    EXPECT_EQ(page->read_text().value_or("?"), "1234567");
    ASSERT_TRUE(page->write_text("ab"));
    EXPECT_EQ(page->read_text().value_or("?"), "ab");
    ASSERT_TRUE(page->write_text(""));
    EXPECT_EQ(page->read_text().value_or("?"), "");
}

TEST(region_test, text_at_an_offset_is_bounded_too) {
    auto page = region::create(fresh_name("offset"), 8);
    ASSERT_TRUE(page);
    ASSERT_TRUE(page->write_text("abc", 4));
    EXPECT_EQ(page->read_text(SIZE_MAX, 4).value_or("?"), "abc");
    EXPECT_EQ(page->read_text(2, 4).value_or("?"), "ab");
    EXPECT_EQ(code_of(page->write_text("abcd", 4)), errc::too_large);
    EXPECT_TRUE(page->write_text("", 7));
    EXPECT_FALSE(page->write_text("", 8));
    EXPECT_FALSE(page->write_text("", std::numeric_limits<std::uint64_t>::max()));
    EXPECT_FALSE(page->write_text("abc", std::numeric_limits<std::uint64_t>::max() - 1));
    EXPECT_FALSE(page->read_text(SIZE_MAX, 9));
    EXPECT_FALSE(page->read_text(SIZE_MAX, std::numeric_limits<std::uint64_t>::max()));
}

TEST(region_test, reading_ends_where_no_terminator_stands) {
    auto page = region::create(fresh_name("full"), 4096);
    ASSERT_TRUE(page);
    std::memset(page->data(), 'x', 4096);
    EXPECT_EQ(page->read_text().value_or("?"), std::string(4096, 'x'));
    EXPECT_EQ(page->read_text(254).value_or("?"), std::string(254, 'x'));
    EXPECT_EQ(page->read_text(0).value_or("?"), "");
    EXPECT_EQ(page->read_text(SIZE_MAX, 4095).value_or("?"), "x");
}

TEST(region_test, a_read_only_handle_refuses_text) {
    const std::string name = fresh_name("readonly");
    const auto page = region::create(name, 64);
    const auto reader = region::open(name, reading);
    ASSERT_TRUE(page && reader);
    EXPECT_EQ(code_of(reader->write_text("no")), errc::denied);
    EXPECT_EQ(page->read_text().value_or("?"), "");
}

TEST(region_test, windows_of_any_offset_and_length) {
    const auto page = region::create(fresh_name("window"), 20000);
    ASSERT_TRUE(page);
    for (std::size_t i = 0; i < 20000; ++i) page->data()[i] = static_cast<std::byte>(i * 7);
    for (const std::size_t offset : {0U, 1U, 4095U, 4096U, 4097U, 12345U, 19999U}) {
        for (const std::size_t length : {std::size_t{1}, std::size_t{2}, std::size_t{5000}, 20000 - offset}) {
            const auto view = page->map(offset, length);
            if (offset + length > 20000) {
                EXPECT_EQ(code_of(view), errc::invalid_argument);
                continue;
            }
            ASSERT_TRUE(view) << offset << "+" << length << ": " << view.error().message();
            ASSERT_EQ(view->size(), length);
            EXPECT_EQ(std::memcmp(view->data(), page->data() + offset, length), 0);
            view->data()[length - 1] ^= std::byte{0xFF};
            EXPECT_EQ(page->data()[offset + length - 1], view->data()[length - 1]);
        }
        EXPECT_EQ(page->map(offset)->size(), 20000 - offset);
    }
    EXPECT_EQ(code_of(page->map(20001)), errc::invalid_argument);
    EXPECT_EQ(code_of(page->map(std::numeric_limits<std::uint64_t>::max(), 2)), errc::invalid_argument);
    EXPECT_EQ(code_of(page->map(1, std::numeric_limits<std::size_t>::max())), errc::invalid_argument);
}

TEST(region_test, a_view_outlives_its_region_and_keeps_the_bytes_not_the_name) {
    const std::string name = fresh_name("outlives");
    samepage::region_view view;
    EXPECT_EQ(view.data(), nullptr);
    EXPECT_EQ(view.size(), 0U);
    {
        const auto page = region::create(name, 4096);
        ASSERT_TRUE(page && page->write_text("still here"));
        view = std::move(*page->map(6, 4));
    }
    EXPECT_EQ(code_of(region::open(name)), errc::not_found);
    const auto next = region::create_new(name, 4096);
    ASSERT_TRUE(next) << next.error().message();
    EXPECT_TRUE(all_zero(next->bytes()));
    EXPECT_EQ(std::memcmp(view.data(), "here", 4), 0);
    view.data()[0] = std::byte{'x'};
    EXPECT_TRUE(all_zero(next->bytes()));
}

TEST(region_test, without_the_whole_view_there_are_only_windows) {
    region_options options;
    options.map_whole = false;
    const auto page = region::create(fresh_name("unmapped"), 10000, options);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->data(), nullptr);
    EXPECT_TRUE(page->bytes().empty());
    EXPECT_EQ(page->size(), 10000U);
    EXPECT_FALSE(page->write_text("x"));
    EXPECT_FALSE(page->read_text());
    const auto view = page->map(5000, 10);
    ASSERT_TRUE(view);
    EXPECT_TRUE(all_zero(view->bytes()));
}

TEST(region_test, a_closed_handle_says_so) {
    region none;
    EXPECT_FALSE(none.is_open());
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none.data(), nullptr);
    EXPECT_FALSE(none.created());
    EXPECT_EQ(code_of(none.map(0)), errc::closed);
    EXPECT_EQ(code_of(none.write_text("x")), errc::closed);
    EXPECT_EQ(code_of(none.read_text()), errc::closed);
    EXPECT_EQ(code_of(none.check_name()), errc::closed);
    EXPECT_EQ(code_of(none.flush()), errc::closed);
    none.close();
    auto page = region::create(fresh_name("closed"), 16);
    ASSERT_TRUE(page);
    page->close();
    EXPECT_FALSE(page->is_open());
    page->close();
    EXPECT_EQ(code_of(page->read_text()), errc::closed);
}

TEST(region_test, moving_moves_the_hold) {
    const std::string name = fresh_name("moved"), other = fresh_name("other");
    auto made = region::create(name, 16);
    ASSERT_TRUE(made);
    region a(std::move(*made));
    EXPECT_FALSE(made->is_open());
    EXPECT_TRUE(a.is_open());
    EXPECT_TRUE(region::open(name));
    a = std::move(*region::create(other, 16));
    EXPECT_EQ(code_of(region::open(name)), errc::not_found) << "assigning closes what was held";
    EXPECT_TRUE(region::open(other));
}

TEST(region_test, anonymous_and_native) {
    const auto page = region::anonymous(5000);
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_EQ(page->size(), 5000U);
    EXPECT_TRUE(all_zero(page->bytes()));
    ASSERT_TRUE(page->write_text("shared"));
    const auto same = region::from_native(page->native(), 5000);
    ASSERT_TRUE(same) << same.error().message();
    EXPECT_EQ(same->read_text().value_or("?"), "shared");
    EXPECT_EQ(code_of(region::anonymous(0)), errc::invalid_argument);
    EXPECT_FALSE(region::from_native(-1, 10));
}

TEST(region_test, a_good_name_checks_well) {
    const auto page = region::create(fresh_name("check"), 16);
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->check_name());
    EXPECT_TRUE(page->flush());
}

// Claim: of many threads that create_new one name at once exactly one succeeds, and holds until it closes.
TEST(region_test, one_of_many_threads_makes_it) {
    const std::string name = fresh_name("threads");
    for (int round = 0; round < 30; ++round) {
        std::vector<samepage::result<region>> made;
        for (int i = 0; i < 4; ++i) made.emplace_back(samepage::error(errc::closed));
        std::vector<std::thread> threads;
        for (auto& mine : made) threads.emplace_back([&] { mine = region::create_new(name, 100); });
        for (auto& t : threads) t.join();
        const auto winners = std::count_if(made.begin(), made.end(), [](const auto& r) { return r.has_value(); });
        ASSERT_EQ(winners, 1);
        for (const auto& r : made) {
            EXPECT_TRUE(r || r.error().code() == errc::already_exists) << r.error().message();
        }
    }
}

}  // namespace
