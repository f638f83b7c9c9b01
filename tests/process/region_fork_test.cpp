// fork and exec: a forked child is a holder of its own, an exec'd one none at all, and neither keeps up its parent.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "runner.hpp"
#include "samepage/region.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::region;

constexpr samepage::region_options reading{samepage::access::read_only};

errc open_code(const std::string& name) {
    const auto page = region::open(name, reading);
    return page ? errc{} : page.error().code();
}

// A parent that holds `name`.
process holder_of(const std::string& name) {
    process parent = process::start("actor");
    EXPECT_EQ(parent.ask("create h " + name + " 4096"), "created 4096");
    EXPECT_EQ(parent.ask("write h of the parent"), "done");
    return parent;
}

bool is_child(const std::string& answer) { return answer.rfind("child", 0) == 0; }

TEST(region_fork_test, a_child_holds_when_its_parent_is_killed) {
    const std::string name = fresh_name("orphan");
    process family = holder_of(name);
    ASSERT_TRUE(is_child(family.ask("fork")));
    family.kill();  // the parent; the child speaks on
    EXPECT_EQ(open_code(name), errc{});
    EXPECT_EQ(family.ask("read h"), "[of the parent]");
    EXPECT_EQ(family.ask("check h"), "done");
    EXPECT_EQ(family.ask("write h of the child"), "done");
    EXPECT_EQ(region::open(name)->read_text().value_or("?"), "of the child");
    EXPECT_EQ(family.ask("close h"), "done");
    EXPECT_EQ(open_code(name), errc::not_found);
    EXPECT_EQ(family.ask("create_new h " + name + " 4096"), "created 4096");
    EXPECT_EQ(family.ask("zeroed h"), "yes");
}

TEST(region_fork_test, a_childs_close_leaves_the_parents_hold) {
    const std::string name = fresh_name("parent");
    process family = holder_of(name);
    ASSERT_TRUE(is_child(family.ask("fork")));
    EXPECT_EQ(family.ask("close h"), "done");
    EXPECT_EQ(open_code(name), errc{}) << "the parent holds";
    family.kill();
    EXPECT_EQ(open_code(name), errc::not_found) << "the child closed its own before";
}

TEST(region_fork_test, a_parents_close_leaves_the_childs_hold) {
    const std::string name = fresh_name("child");
    process family = holder_of(name);
    const std::string answer = family.ask("fork_idle");
    ASSERT_TRUE(is_child(answer)) << answer;
    EXPECT_EQ(family.ask("close h"), "done");
    EXPECT_EQ(open_code(name), errc{}) << "the child holds";
    ::kill(static_cast<pid_t>(std::stol(answer.substr(6))), SIGKILL);
    // Killed, not collected by this process: wait until its locks are gone.
    const auto until = runner::clock::now() + runner::patience;
    while (open_code(name) != errc::not_found && runner::clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(open_code(name), errc::not_found);
}

TEST(region_fork_test, grandchildren_hold_too) {
    const std::string name = fresh_name("grand");
    process family = holder_of(name);
    for (int generation = 0; generation < 3; ++generation) {
        const std::string answer = family.ask("fork");
        ASSERT_TRUE(is_child(answer)) << answer;
        if (generation == 0) family.kill();
    }
    EXPECT_EQ(family.ask("read h"), "[of the parent]");
    EXPECT_EQ(open_code(name), errc{});
}

TEST(region_fork_test, an_execd_child_holds_nothing) {
    for (const char* const how : {"fork_exec", "spawn"}) {
        const std::string name = fresh_name(how);
        process family = holder_of(name);
        ASSERT_EQ(family.ask(how), "child");
        EXPECT_EQ(family.ask("read none"), "no such handle") << "it is a new program";
        EXPECT_EQ(open_code(name), errc{}) << "the parent holds";
        family.kill();
        EXPECT_EQ(open_code(name), errc::not_found) << how;
        EXPECT_EQ(family.ask("create_new h " + name + " 10"), "created 10");
    }
}

TEST(region_fork_test, a_view_that_a_child_inherits_keeps_the_bytes_not_the_name) {
    const std::string name = fresh_name("view");
    process family = holder_of(name);
    ASSERT_EQ(family.ask("view v h 0 100"), "done");
    ASSERT_EQ(family.ask("close h"), "done");
    ASSERT_TRUE(is_child(family.ask("fork")));
    EXPECT_EQ(open_code(name), errc::not_found);
    EXPECT_EQ(family.ask("see v"), "[of the parent]");
    family.kill();
    EXPECT_EQ(family.ask("see v"), "[of the parent]");
    EXPECT_EQ(open_code(name), errc::not_found);
}

TEST(region_fork_test, a_child_of_many_handles_holds_them_all) {
    process family = process::start("actor");
    std::vector<std::string> all;
    for (int i = 0; i < 50; ++i) {
        all.push_back(fresh_name("many"));
        ASSERT_EQ(family.ask("create h" + std::to_string(i) + " " + all.back() + " 64"), "created 64");
    }
    ASSERT_TRUE(is_child(family.ask("fork")));
    family.kill();
    for (int i = 0; i < 50; ++i) EXPECT_EQ(family.ask("check h" + std::to_string(i)), "done");
    for (const std::string& name : all) EXPECT_EQ(open_code(name), errc{});
    EXPECT_EQ(family.ask("close h7"), "done");
    EXPECT_EQ(open_code(all[7]), errc::not_found);
    EXPECT_EQ(open_code(all[8]), errc{});
}

}  // namespace
