// The runner itself: a test that relies on it may trust what it says of processes.
// SPDX-License-Identifier: MIT
#include "runner.hpp"

#include <gtest/gtest.h>

namespace {

const runner::role echo("echo", [](const runner::arguments& words) {
    for (const std::string& word : words) runner::say(word);
    while (const auto line = runner::hear()) runner::say("heard " + *line);
    return 7;
});

TEST(runner_test, arguments_arrive_as_they_were) {
    const runner::arguments words{"", "two words", "a\\b", "\"quoted\"", "end\\"};
    auto child = runner::process::start("echo", words);
    for (const std::string& word : words) EXPECT_EQ(child.line(), word);
}

TEST(runner_test, lines_go_both_ways_until_the_input_ends) {
    auto child = runner::process::start("echo");
    EXPECT_EQ(child.ask("one"), "heard one");
    EXPECT_EQ(child.ask("two"), "heard two");
    EXPECT_FALSE(child.ended());
    child.close_input();
    EXPECT_EQ(child.rest(), "");
    EXPECT_EQ(child.wait(), (runner::ending{false, 7}));
}

TEST(runner_test, a_killed_process_is_known_as_killed) {
    auto child = runner::process::start("echo", {"ready"});
    EXPECT_EQ(child.line(), "ready");
    child.kill();
    EXPECT_EQ(child.wait(), runner::by_kill());
    EXPECT_TRUE(child.ended());
    EXPECT_THROW(child.line(), runner::failure);
}

TEST(runner_test, an_unknown_role_ends_at_once) {
    auto child = runner::process::start("nobody plays this");
    EXPECT_EQ(child.wait(), (runner::ending{false, 99}));
}

TEST(runner_test, processes_and_names_differ) {
    auto one = runner::process::start("echo"), two = runner::process::start("echo");
    EXPECT_NE(one.id(), two.id());
    EXPECT_NE(runner::fresh_name("x"), runner::fresh_name("x"));
}

}  // namespace
