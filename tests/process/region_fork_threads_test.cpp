// Forks while other threads are in the middle of calls. Left out under sanitizers.
// SPDX-License-Identifier: MIT
//
// GCC's address sanitizer does not take its allocator's locks for a fork: a child that is forked beside other threads
// may wait there for ever.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "runner.hpp"
#include "samepage/region.hpp"

namespace {

using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::region;

// Words: a base for names. Threads make and give up regions while the main one forks children that live on until the
// input ends. Says what went wrong first, or "done".
const runner::role forks("forks", [](const runner::arguments& words) {
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::string wrong;
    std::vector<std::thread> makers;
    for (int i = 0; i < 3; ++i) {
        makers.emplace_back([&, i] {
            samepage::region_options patient;
            patient.timeout = runner::patience;
            for (unsigned n = 0; !stop; ++n) {
                const auto made = region::create_new(words.at(0) + "-" + std::to_string(i), 64, patient);
                // A child that was forked while this thread held it is a holder of its own.
                if (made || made.error().code() == errc::already_exists) continue;
                const std::lock_guard guard(mutex);
                wrong = made.error().message();
            }
        });
    }
    for (int i = 0; i < 40; ++i) {
        if (::fork() == 0) {
            const auto mine = region::create_new(words.at(0) + "-child" + std::to_string(i), 64);
            runner::say(mine ? "child" : mine.error().message());
            while (runner::hear()) {
            }
            ::_exit(0);
        }
    }
    stop = true;
    for (auto& maker : makers) maker.join();
    runner::say(wrong.empty() ? "done" : wrong);
    while (::wait(nullptr) > 0) {
    }
    return 0;
});

// Claim: forking while other threads are in the middle of making and giving up regions hangs nobody, spoils no name,
// and what the children hold by it ends with them.
TEST(region_fork_threads_test, forks_in_the_middle_of_other_threads_calls) {
    const std::string base = fresh_name("forks");
    process family = process::start("forks", {base});
    for (int heard = 0; heard <= 40; ++heard) {
        const std::string line = family.line();
        EXPECT_TRUE(line == "child" || line == "done") << line;
    }
    for (int i = 0; i < 3; ++i) {
        const auto page = region::open(base + "-" + std::to_string(i));
        EXPECT_TRUE(page || page.error().code() == errc::not_found) << page.error().message();
    }
    family.close_input();
    EXPECT_EQ(family.wait(), (runner::ending{false, 0}));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(region::create_new(base + "-" + std::to_string(i), 64));
}

}  // namespace
