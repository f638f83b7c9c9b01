// Arrays in one process: what they say, whole copies beside writers, torn ones, and heads that cannot be.
// SPDX-License-Identifier: MIT
#include "samepage/ndarray.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "ndarray/layout.hpp"
#include "runner.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::errc;
using samepage::ndarray;
using samepage::ndarray_options;
using samepage::no_wait;
using shape = std::vector<std::uint64_t>;

TEST(ndarray_test, opened_by_its_name_it_says_type_and_shape) {
    const std::string name = fresh_name("frame");
    auto made = ndarray::create(name, "<f8", shape{2, 3}).value();
    EXPECT_TRUE(made.created());
    auto same = ndarray::open(name, {.access = samepage::access::read_only}).value();
    EXPECT_FALSE(same.created());
    EXPECT_EQ(same.dtype(), "<f8");
    EXPECT_TRUE(std::ranges::equal(same.shape(), shape{2, 3}));
    EXPECT_TRUE(std::ranges::equal(same.strides(), shape{24, 8}));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(same.data()) % 64, 0U);
    made.values<double>().value()[5] = 1.5;
    EXPECT_EQ(same.values<double>().value()[5], 1.5);
    EXPECT_EQ(same.values<float>().error().code(), errc::wrong_kind);
    EXPECT_EQ(same.write(no_wait).error().code(), errc::denied);
    EXPECT_EQ(ndarray::create(name, "<f8", shape{3, 2}).error().code(), errc::wrong_kind);
    EXPECT_EQ(ndarray::create_new(name, "<f8", shape{2, 3}).error().code(), errc::already_exists);
    made.close();
    same.close();
    EXPECT_EQ(ndarray::open(name).error().code(), errc::not_found);
}

TEST(ndarray_test, any_number_of_dimensions) {
    for (const shape& s : {shape{}, shape{0}, shape{5, 0, 7}, shape(32, 1)}) {
        auto made = ndarray::create(fresh_name("shape"), "|b1", s).value();
        EXPECT_TRUE(std::ranges::equal(made.shape(), s));
        std::vector<std::byte> copy(made.bytes().size());
        EXPECT_EQ(made.copy(copy).value(), 0U);
    }
    EXPECT_EQ(ndarray::create(fresh_name("many"), "|b1", shape(33, 1)).error().code(), errc::invalid_argument);
    EXPECT_EQ(ndarray::create(fresh_name("large"), "<f8", shape{1U << 30, 1U << 30}).error().code(),
              errc::invalid_argument);
    EXPECT_EQ(ndarray::create(fresh_name("type"), ">f8", shape{1}).error().code(), errc::invalid_argument);
}

// A copy is what one writer has finished: all its words are the same.
TEST(ndarray_test, copies_are_whole_beside_writers) {
    const std::string name = fresh_name("whole");
    auto array = ndarray::create(name, "<u4", shape{10000}).value();
    std::atomic<bool> done{false};
    const auto write = [&](ndarray& by, std::uint32_t first) {
        for (std::uint32_t number = first; !done; number += 2) {
            auto writing = by.write(runner::patience).value();
            const auto values = by.values<std::uint32_t>().value();
            std::fill(values.begin(), values.end(), number);
            writing.finish().value();
        }
    };
    auto other = ndarray::open(name).value();
    std::thread one([&] { write(array, 1); }), two([&] { write(other, 2); }), three([&] { write(other, 4); });
    auto reader = ndarray::open(name, {.access = samepage::access::read_only}).value();
    std::vector<std::uint32_t> copy(10000);
    std::uint64_t version = 0;
    for (int copies = 0; copies < 300; ++copies) {
        const auto seen = reader.copy(std::as_writable_bytes(std::span(copy)), runner::patience);
        if (!seen && seen.error().code() == errc::busy) continue;
        EXPECT_GE(seen.value(), version);
        version = seen.value();
        EXPECT_EQ(std::ranges::count(copy, copy[0]), 10000);
    }
    done = true;
    one.join();
    two.join();
    three.join();
    EXPECT_GT(version, 0U);
}

TEST(ndarray_test, who_does_not_finish_leaves_it_torn) {
    const std::string name = fresh_name("torn");
    auto array = ndarray::create(name, "|u1", shape{100}).value();
    auto reader = ndarray::open(name).value();
    std::vector<std::byte> copy(100);
    {
        auto writing = array.write().value();
        EXPECT_FALSE(writing.was_torn());
        EXPECT_EQ(reader.copy(copy, no_wait).error().code(), errc::timed_out);
        EXPECT_EQ(array.copy(copy, no_wait).error().code(), errc::timed_out);
        EXPECT_EQ(reader.write(no_wait).error().code(), errc::timed_out);
    }
    EXPECT_EQ(reader.copy(copy, samepage::forever).error().code(), errc::torn);
    auto writing = reader.write().value();
    EXPECT_TRUE(writing.was_torn());
    EXPECT_EQ(array.copy(copy, no_wait).error().code(), errc::timed_out);
    EXPECT_TRUE(writing.finish());
    EXPECT_EQ(writing.finish().error().code(), errc::not_owner);
    EXPECT_TRUE(array.copy(copy, no_wait));
    copy.resize(99);
    EXPECT_EQ(array.copy(copy).error().needed_bytes(), 100U);
}

TEST(ndarray_test, a_region_is_no_array) {
    const std::string name = fresh_name("region");
    auto region = samepage::region::create(name, 4096).value();
    const ndarray_options soon{.timeout = std::chrono::milliseconds(5)};
    EXPECT_EQ(ndarray::open(name, soon).error().code(), errc::wrong_kind);
    EXPECT_EQ(ndarray::create(name, "|u1", shape{5000}).error().code(), errc::wrong_kind);
    region.write_text("text").value();
    EXPECT_EQ(ndarray::open(name).error().code(), errc::wrong_kind);
    EXPECT_EQ(ndarray::create(name, "|u1", shape{1}).error().code(), errc::wrong_kind);
    EXPECT_EQ(region.read_text().value(), "text");
    // One of zeros, such as a maker that was killed has left: whoever says a shape makes it.
    std::memset(region.data(), 0, 8);
    EXPECT_TRUE(ndarray::create(name, "|u1", shape{1000}));
}

TEST(ndarray_test, bytes_behind_a_head_of_zeros_are_somebodys) {
    const std::string name = fresh_name("zeros");
    auto region = samepage::region::create(name, 4096).value();
    region.data()[4095] = std::byte{1};
    EXPECT_EQ(ndarray::create(name, "|u1", shape{1000}).error().code(), errc::wrong_kind);
    EXPECT_TRUE(std::all_of(region.data(), region.data() + 4095, [](std::byte b) { return b == std::byte{0}; }));
}

// What a maker leaves that is killed while its file grows, which large files do in steps.
TEST(ndarray_test, a_file_that_has_not_grown_to_its_size_is_made_anew) {
    const std::string place = scratch::file(fresh_name("grows"));
    static_cast<void>(samepage::region::create(place, 4096).value());
    const ndarray_options soon{.timeout = no_wait};
    EXPECT_EQ(ndarray::open(place, soon).error().code(), errc::wrong_kind);
    {
        auto made = ndarray::create(place, "<u4", shape{5000}, soon).value();
        EXPECT_EQ(made.size_bytes(), 20'000U);
        made.values<std::uint32_t>().value()[4999] = 7;
    }
    EXPECT_EQ(ndarray::open(place).value().values<std::uint32_t>().value()[4999], 7U);
    const std::string other = scratch::file(fresh_name("others"));
    samepage::region::create(other, 4096).value().data()[4095] = std::byte{1};
    EXPECT_EQ(ndarray::create(other, "<u4", shape{5000}, soon).error().code(), errc::wrong_kind);
    EXPECT_EQ(samepage::region::open(other).value().size(), 4096U);
}

TEST(ndarray_test, a_directory_is_refused_at_once) {
    EXPECT_EQ(ndarray::open(scratch::path() + "/", {.timeout = samepage::forever}).error().code(),
              errc::invalid_argument);
}

// Each word of the head, overwritten: refused, or harmless. Nothing outside of the region is touched.
TEST(ndarray_test, heads_that_cannot_be_are_refused) {
    const std::string name = fresh_name("damaged");
    auto array = ndarray::create(name, "<u4", shape{100, 3}).value();
    auto region = samepage::region::open(name).value();
    const std::vector<std::byte> good(region.data(), region.data() + sizeof(samepage::ndarrays::head));
    const ndarray_options soon{.timeout = no_wait};
    std::vector<std::byte> copy(1 << 20);
    int refused = 0;
    for (std::size_t at = 0; at < good.size(); at += 4) {
        for (const std::uint32_t bad : {0U, 1U, 0x7fffffffU, 0xffffffffU}) {
            std::memcpy(region.data() + at, &bad, sizeof bad);
            if (auto opened = ndarray::open(name, soon)) {
                ASSERT_LE(opened->size_bytes(), region.size());
                static_cast<void>(opened->copy(copy, no_wait));
            } else {
                ++refused;
            }
            std::memcpy(region.data(), good.data(), good.size());
        }
    }
    EXPECT_GT(refused, 30);
    // What is opened believes its own copy.
    std::memset(region.data(), 0xff, 48);
    EXPECT_TRUE(std::ranges::equal(array.shape(), shape{100, 3}));
    EXPECT_TRUE(array.copy(copy, no_wait));
}

}  // namespace
