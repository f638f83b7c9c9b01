// Regions on files: a path that stays, a name that leads to a file, a file that the caller opened.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "runner.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;

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

// A new path in the run's own directory.
std::string fresh_file(const std::string& word) { return scratch::file(fresh_name(word)); }

std::string file_with(const std::string& bytes) {
    const std::string path = fresh_file("bytes");
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(region_file_test, a_path_stays_after_its_holders) {
    const std::string path = fresh_file("stays");
    {
        const auto page = region::create(path, 100);
        ASSERT_TRUE(page) << page.error().message();
        EXPECT_TRUE(page->created());
        EXPECT_EQ(page->size(), 100U);
        ASSERT_TRUE(page->write_text("stays"));
        EXPECT_TRUE(page->flush());
    }
    EXPECT_EQ(fs::file_size(path), 100U);
    const auto again = region::open(path, reading);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->read_text().value_or("?"), "stays");
    EXPECT_EQ(code_of(region::create_new(path, 100)), errc::already_exists);
}

TEST(region_file_test, size_zero_is_the_files_own) {
    const std::string path = file_with("twelve bytes");
    const auto page = region::create(path, 0);
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_FALSE(page->created());
    EXPECT_EQ(page->size(), 12U);
    EXPECT_EQ(page->read_text().value_or("?"), "twelve bytes");
    EXPECT_EQ(bytes_of(path), "twelve bytes");
}

TEST(region_file_test, a_larger_size_extends_the_file_with_zeroes) {
    const std::string path = file_with("short");
    {
        const auto page = region::create(path, 10);
        ASSERT_TRUE(page) << page.error().message();
        EXPECT_EQ(page->size(), 10U);
        EXPECT_EQ(page->read_text().value_or("?"), "short");
    }
    EXPECT_EQ(bytes_of(path), std::string("short\0\0\0\0\0", 10));
}

TEST(region_file_test, a_smaller_size_cuts_nothing) {
    const std::string path = file_with("longer than that");
    const auto page = region::create(path, 4);
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_EQ(bytes_of(path), "longer than that");
}

TEST(region_file_test, an_empty_file_needs_a_size) {
    const std::string path = file_with("");
    EXPECT_EQ(code_of(region::create(path, 0)), errc::invalid_argument);
    EXPECT_FALSE(region::open(path));
    EXPECT_EQ(bytes_of(path), "");
    EXPECT_EQ(region::create(path, 7)->size(), 7U);
}

TEST(region_file_test, a_missing_file) {
    const std::string path = fresh_file("missing");
    EXPECT_EQ(code_of(region::open(path)), errc::not_found);
    EXPECT_FALSE(region::create(path, 0));
    EXPECT_FALSE(fs::exists(path)) << "a refused create left a file";
    EXPECT_EQ(code_of(region::open(fresh_file("no-such-folder") + "/x")), errc::not_found);
}

TEST(region_file_test, what_is_no_file_is_refused) {
    const std::string folder = fresh_file("folder");
    fs::create_directory(folder);
    for (const auto& r : {code_of(region::create(folder, 10)), code_of(region::open(folder)),
                          code_of(region::create(folder + "/", 10)), code_of(region::create_new(folder, 10))}) {
        EXPECT_NE(r, errc{});
    }
    EXPECT_TRUE(fs::is_directory(folder));
}

TEST(region_file_test, a_file_too_large_for_its_place_is_left_as_it_was) {
    const std::string path = file_with("unchanged");
    for (const std::uint64_t size : {std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 62U}) {
        const auto page = region::create(path, size);
        ASSERT_FALSE(page);
        EXPECT_EQ(bytes_of(path), "unchanged");
        const std::string fresh = fresh_file("fresh");
        EXPECT_FALSE(region::create(fresh, size));
        EXPECT_FALSE(fs::exists(fresh)) << "a refused create left a file of " << fs::file_size(fresh) << " bytes";
    }
}

TEST(region_file_test, two_handles_share_a_files_bytes) {
    const std::string path = fresh_file("shared");
    const auto one = region::create(path, 50), two = region::create(path, 50);
    ASSERT_TRUE(one && two);
    EXPECT_FALSE(two->created());
    ASSERT_TRUE(one->write_text("seen"));
    EXPECT_EQ(two->read_text().value_or("?"), "seen");
    const auto window = two->map(2, 2);
    ASSERT_TRUE(window);
    EXPECT_TRUE(window->flush());
}

TEST(region_file_test, a_name_leads_to_a_file_while_it_is_held) {
    const std::string path = file_with("in the file"), name = fresh_name("leads");
    auto page = region::create(name, 0, path);
    ASSERT_TRUE(page) << page.error().message();
    EXPECT_EQ(page->size(), 11U);
    const auto other = region::open(name);
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ(other->read_text().value_or("?"), "in the file");
    ASSERT_TRUE(other->write_text("by name"));
    EXPECT_EQ(bytes_of(path).substr(0, 8), std::string("by name\0", 8));
    page->close();
    EXPECT_TRUE(region::open(name)) << "the second handle holds the name";
}

TEST(region_file_test, the_name_ends_and_the_file_stays) {
    const std::string path = fresh_file("backing"), name = fresh_name("ends");
    {
        const auto page = region::create(name, 64, path);
        ASSERT_TRUE(page) << page.error().message();
        ASSERT_TRUE(page->write_text("kept"));
    }
    EXPECT_EQ(code_of(region::open(name)), errc::not_found);
    EXPECT_EQ(bytes_of(path).substr(0, 5), std::string("kept\0", 5));
    const auto memory = region::create_new(name, 64);
    ASSERT_TRUE(memory) << memory.error().message();
    EXPECT_EQ(memory->read_text().value_or("?"), "") << "the free name has new bytes, not the file's";
}

}  // namespace
