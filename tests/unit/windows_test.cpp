// What only Windows shows: the sections behind names, their committed pages, and other programs' objects.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <windows.h>

#include <algorithm>
#include <cstring>

#include "os/os.hpp"
#include "runner.hpp"
#include "samepage/catalog.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::access;
using samepage::errc;
using samepage::region;
using samepage::os::held_object;

constexpr std::size_t page = 4096;

std::string local(const std::string& name) { return "Local\\" + name; }

samepage::result<held_object> structured(const std::string& name, std::uint64_t size_bytes = page) {
    const auto where = samepage::place::parse(name);
    samepage::os::acquire_request request;
    request.where = &*where;
    request.size_bytes = size_bytes;
    request.structured = true;
    request.initialise = [](std::span<std::byte> bytes) { std::memcpy(bytes.data(), "samepage\1\0\0\0", 12); };
    return held_object::acquire(request);
}

// Bytes from `at` on that have memory behind them, by the kernel's word.
std::size_t committed_at(const void* at) {
    MEMORY_BASIC_INFORMATION part{};
    if (VirtualQuery(at, &part, sizeof part) == 0 || part.State != MEM_COMMIT) return 0;
    return part.RegionSize;
}

TEST(windows_test, growth_shows_in_views_that_are_there) {
    const std::string name = fresh_name("grow");
    auto maker = structured(name), other = structured(name);
    ASSERT_TRUE(maker && other);
    const auto view = other->map(0, page, access::read_write, 64 * page);
    ASSERT_TRUE(view) << view.error().message();
    EXPECT_EQ(committed_at(view->data()), page);
    for (const std::size_t pages : {2U, 16U, 17U, 40U, 64U}) {
        ASSERT_TRUE(maker->grow(pages * page));
        EXPECT_EQ(committed_at(view->data()), pages * page);
        view->data()[pages * page - 1] = std::byte{1};
        EXPECT_EQ(other->refresh_size().value_or(0), pages * page);
    }
    EXPECT_FALSE(maker->grow(1ULL << 40U));
    EXPECT_EQ(other->refresh_size().value_or(0), 64 * page);
}

TEST(windows_test, a_grown_part_is_mapped_alone) {
    const std::string name = fresh_name("part");
    auto maker = structured(name), other = structured(name);
    ASSERT_TRUE(maker && other);
    ASSERT_TRUE(maker->grow(50 * page));
    ASSERT_EQ(other->refresh_size().value_or(0), 50 * page);
    const auto whole = maker->map(0, 50 * page, access::read_write);
    const auto part = other->map(33 * page + 5, 100, access::read_write);
    ASSERT_TRUE(whole && part);
    std::memcpy(part->data(), "here", 5);
    EXPECT_STREQ(reinterpret_cast<const char*>(whole->data() + 33 * page + 5), "here");
}

TEST(windows_test, a_plain_section_is_a_region) {
    const std::string name = fresh_name("plain");
    const HANDLE theirs =
        CreateFileMappingA(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0, page, local(name).c_str());
    ASSERT_NE(theirs, nullptr);
    {
        const auto mine = region::open(name);
        ASSERT_TRUE(mine) << mine.error().message();
        EXPECT_EQ(mine->size(), page);
        EXPECT_TRUE(mine->write_text("for all"));
    }
    void* view = MapViewOfFile(theirs, FILE_MAP_READ, 0, 0, 0);
    ASSERT_NE(view, nullptr);
    EXPECT_STREQ(static_cast<const char*>(view), "for all");
    UnmapViewOfFile(view);
    EXPECT_EQ(structured(name).error().code(), errc::wrong_kind);
    CloseHandle(theirs);
    EXPECT_FALSE(region::open(name));
}

TEST(windows_test, a_reserved_section_of_another_program_is_a_region_of_its_committed_bytes) {
    const std::string name = fresh_name("reserved");
    const HANDLE theirs = CreateFileMappingA(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE | SEC_RESERVE, 0, 64 * page,
                                             local(name).c_str());
    void* view = MapViewOfFile(theirs, FILE_MAP_WRITE, 0, 0, 0);
    ASSERT_NE(view, nullptr);
    ASSERT_NE(VirtualAlloc(view, 3 * page, MEM_COMMIT, PAGE_READWRITE), nullptr);
    const auto mine = region::open(name);
    ASSERT_TRUE(mine) << mine.error().message();
    EXPECT_EQ(mine->size(), 3 * page);
    UnmapViewOfFile(view);
    CloseHandle(theirs);
}

TEST(windows_test, a_name_of_another_kind_of_object_is_refused) {
    const std::string name = fresh_name("mutex");
    const HANDLE theirs = CreateMutexA(nullptr, FALSE, local(name).c_str());
    ASSERT_NE(theirs, nullptr);
    EXPECT_EQ(region::create(name, page).error().code(), errc::wrong_kind);
    EXPECT_EQ(region::open(name).error().code(), errc::wrong_kind);
    EXPECT_EQ(region::open(name).error().system_code(), ERROR_INVALID_HANDLE);
    CloseHandle(theirs);
}

TEST(windows_test, errors_keep_the_systems_code) {
    EXPECT_EQ(region::open(fresh_name("nobody")).error().system_code(), ERROR_FILE_NOT_FOUND);
    EXPECT_EQ(region::open(scratch::file("nothing")).error().system_code(), ERROR_FILE_NOT_FOUND);
    {
        const region closed = region::anonymous(page).value();
        SetLastError(77);
    }
    EXPECT_EQ(GetLastError(), 77U) << "closing handles changes nothing";
}

TEST(windows_test, slots_show_their_process_and_holders) {
    const std::string name = fresh_name("slot");
    auto mine = structured(name), other = structured(name);
    ASSERT_TRUE(mine && other);
    ASSERT_TRUE(mine->claim_slot(7).value());
    EXPECT_EQ(other->slot_process(7), GetCurrentProcessId());
    const auto entry = samepage::look_up(name);
    ASSERT_TRUE(entry) << entry.error().message();
    EXPECT_EQ(entry->kind, samepage::kind::cell);
    EXPECT_FALSE(entry->holders_complete);
    ASSERT_EQ(entry->holders.size(), 1U);
    EXPECT_EQ(entry->holders[0].process, GetCurrentProcessId());
    mine->release_slot();
    EXPECT_EQ(other->slot_process(7), 0U);
}

TEST(windows_test, the_list_has_sections_and_no_companions) {
    const std::string name = fresh_name("listed");
    const auto plain = region::create(name, page);
    auto cell = structured(name + "-cell");
    ASSERT_TRUE(plain && cell && cell->claim_slot(0).value());
    const auto all = samepage::list(samepage::scope::local, true);
    ASSERT_TRUE(all && all->complete);
    const auto find = [&](const std::string& wanted) {
        return std::find_if(all->entries.begin(), all->entries.end(),
                            [&](const auto& entry) { return entry.place.name == wanted; });
    };
    ASSERT_NE(find(name), all->entries.end());
    EXPECT_EQ(find(name)->kind, samepage::kind::region);
    ASSERT_NE(find(name + "-cell"), all->entries.end());
    EXPECT_EQ(find(name + "-cell")->kind, samepage::kind::cell);
    EXPECT_EQ(find(name + "-cell")->size_bytes, page);
    for (const auto& entry : all->entries) EXPECT_NE(entry.place.name.rfind("samepage.", 0), 0U) << entry.place.name;
}

TEST(windows_test, one_file_is_one_object_whatever_path_led_to_it) {
    const std::string path = scratch::file("same.page");
    std::string slashes = path;
    std::replace(slashes.begin(), slashes.end(), '\\', '/');
    auto one = structured(path), two = structured(slashes);
    ASSERT_TRUE(one) << one.error().message();
    ASSERT_TRUE(two) << two.error().message();
    EXPECT_TRUE(one->created());
    EXPECT_FALSE(two->created());
    EXPECT_TRUE(one->claim_slot(3).value());
    EXPECT_FALSE(two->claim_slot(3).value());
    EXPECT_EQ(region::open(path).error().code(), errc::wrong_kind);
    const auto before = two->size_bytes();
    ASSERT_TRUE(one->grow(before + 5 * page));
    EXPECT_EQ(two->refresh_size().value_or(0), before + 5 * page);
    EXPECT_TRUE(two->map(before, 5 * page, access::read_write));
    EXPECT_TRUE(one->check_name());
}

}  // namespace
