// A full place: no_space before anything is visible, nothing left behind, and never SIGBUS.
// SPDX-License-Identifier: MIT
//
// The role mounts a small tmpfs for itself in a mount namespace of its own, so nobody else ever sees it.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "runner.hpp"
#include "samepage/catalog.hpp"
#include "samepage/region.hpp"
#include "samepage/table.hpp"
#include "scratch.hpp"

namespace {

namespace fs = std::filesystem;

using samepage::errc;
using samepage::region;

constexpr std::uint64_t mebibyte = 1 << 20;

// Why it was not possible, or empty.
std::string mount_small_tmpfs(const std::string& at) {
    const int apart = CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER);
    if (::unshare(apart) != 0) return std::string("unshare: ") + std::strerror(errno);
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=4m,mode=1777") != 0) {
        return std::string("mount: ") + std::strerror(errno);
    }
    ::setenv("SAMEPAGE_DIR", at.c_str(), 1);
    return {};
}

unsigned files_in(const std::string& path) {
    unsigned count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path)) count += entry.is_regular_file() ? 1U : 0U;
    return count;
}

void say_code(const samepage::result<region>& r) { runner::say(r ? "made" : samepage::name_of(r.error().code())); }

const runner::role small_place("small_place", [](const runner::arguments& words) {
    const std::string at = words.at(0);
    const std::string why = mount_small_tmpfs(at);
    runner::say(why.empty() ? "mounted" : "skip " + why);
    if (!why.empty()) return 0;

    say_code(region::create("large", 8 * mebibyte));
    say_code(region::open("large"));
    runner::say(std::to_string(files_in(at)));

    // Fill it, and write every byte of what was promised: a promise without space would be SIGBUS.
    std::vector<region> all;
    for (int i = 0; i < 100; ++i) {
        auto next = region::create("part" + std::to_string(i), mebibyte / 2);
        if (!next) {
            say_code(next);
            runner::say(next.error().message());
            break;
        }
        std::memset(next->data(), 0xA5, next->bytes().size());
        all.push_back(std::move(*next));
    }
    runner::say(std::to_string(files_in(at) == all.size() && !all.empty()));
    say_code(region::open("part" + std::to_string(all.size())));
    say_code(region::create(at + "/file", mebibyte));
    runner::say(std::to_string(fs::exists(at + "/file")));
    all.pop_back();
    say_code(region::create("fits", mebibyte / 2));
    all.clear();
    runner::say(std::to_string(files_in(at)));
    return 0;
});

// Leftovers of killed processes go before anybody is told that there is no room.
const runner::role after_a_kill("after_a_kill", [](const runner::arguments& words) {
    const std::string why = mount_small_tmpfs(words.at(0));
    runner::say(why.empty() ? "mounted" : "skip " + why);
    if (!why.empty()) return 0;
    runner::process holder = runner::process::start("actor");
    runner::say(holder.ask("create h gone " + std::to_string(3 * mebibyte)));
    say_code(region::create("next", 3 * mebibyte));
    holder.kill();
    say_code(region::create("next", 3 * mebibyte));
    return 0;
});

// What a table has given back, somebody else takes.
const runner::role given_back("given_back", [](const runner::arguments& words) {
    const std::string at = words.at(0);
    const std::string why = mount_small_tmpfs(at);
    runner::say(why.empty() ? "mounted" : "skip " + why);
    if (!why.empty()) return 0;
    const std::string place = words.at(1) == "name" ? "stock" : at + "/stock";
    constexpr std::uint64_t records = 10000;
    const std::array<char, 100> value{'v'};
    const auto t = samepage::table<std::uint64_t, std::array<char, 100>>::create(place).value();
    const auto put_all = [&] {
        for (std::uint64_t i = 0; i < records; ++i) {
            if (const auto done = t.put(i, value); !done) return std::string(samepage::name_of(done.error().code()));
        }
        return std::string("put");
    };
    runner::say(put_all());
    for (std::uint64_t i = 0; i < records; ++i) {
        if (i % 20 != 0) t.erase(i).value();
    }
    const auto given = t.bytes().compact();
    runner::say(given && given->given_bytes > mebibyte ? "given" : "not given");
    auto taken = region::create(at + "/other", std::uint64_t{64} << 10);
    std::vector<region> all;
    while (taken) {
        std::memset(taken->data(), 0xA5, taken->bytes().size());
        all.push_back(std::move(*taken));
        taken = region::create(at + "/other" + std::to_string(all.size()), std::uint64_t{64} << 10);
    }
    runner::say(put_all());
    runner::say(t.bytes().verify()->is_whole() ? "whole" : "wrong");
    all.clear();
    for (const auto& entry : fs::directory_iterator(at)) {
        if (entry.path().filename().string().rfind("other", 0) == 0) fs::remove(entry.path());
    }
    runner::say(put_all());
    runner::say(t.bytes().verify()->is_whole() ? "whole" : "wrong");
    return 0;
});

std::string mount_point() {
    const std::string at = scratch::file(runner::fresh_name("small"));
    fs::create_directory(at);
    return at;
}

TEST(region_space_test, a_full_place_is_an_error_before_anything_is_visible) {
    auto role = runner::process::start("small_place", {mount_point()});
    if (const std::string first = role.line(); first != "mounted") GTEST_SKIP() << first;
    EXPECT_EQ(role.line(), "no_space");
    EXPECT_EQ(role.line(), "not_found");
    EXPECT_EQ(role.line(), "0") << "files are left";
    EXPECT_EQ(role.line(), "no_space");
    const std::string text = role.line();
    EXPECT_NE(text.find("make it larger or set SAMEPAGE_DIR"), std::string::npos) << text;
    EXPECT_EQ(role.line(), "1") << "other files than those that were made";
    EXPECT_EQ(role.line(), "not_found");
    EXPECT_EQ(role.line(), "no_space") << "a file";
    EXPECT_EQ(role.line(), "0") << "a file is left";
    EXPECT_EQ(role.line(), "made");
    EXPECT_EQ(role.line(), "0") << "files are left at the end";
    EXPECT_EQ(role.wait(), (runner::ending{false, 0}));
}

void a_table_gives_back(const std::string& how) {
    auto role = runner::process::start("given_back", {mount_point(), how});
    if (const std::string first = role.line(); first != "mounted") GTEST_SKIP() << first;
    EXPECT_EQ(role.line(), "put");
    EXPECT_EQ(role.line(), "given");
    EXPECT_EQ(role.line(), "no_space");
    EXPECT_EQ(role.line(), "whole");
    EXPECT_EQ(role.line(), "put");
    EXPECT_EQ(role.line(), "whole");
    EXPECT_EQ(role.wait(), (runner::ending{false, 0}));
}

TEST(region_space_test, what_a_table_gave_back_and_others_took_is_no_space) { a_table_gives_back("name"); }
TEST(region_space_test, what_a_table_in_a_file_gave_back_and_others_took_is_no_space) { a_table_gives_back("file"); }

TEST(region_space_test, what_killed_processes_left_is_freed_first) {
    auto role = runner::process::start("after_a_kill", {mount_point()});
    if (const std::string first = role.line(); first != "mounted") GTEST_SKIP() << first;
    EXPECT_EQ(role.line(), "created " + std::to_string(3 * mebibyte));
    EXPECT_EQ(role.line(), "no_space");
    EXPECT_EQ(role.line(), "made");
    EXPECT_EQ(role.wait(), (runner::ending{false, 0}));
}

}  // namespace
