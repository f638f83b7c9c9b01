// Who counts as alive: by the kernel's word, whatever pids, zombies, namespaces and reused slots look like.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <cstring>
#include <thread>

#include "forked.hpp"
#include "lock/layout.hpp"
#include "runner.hpp"
#include "samepage/lock.hpp"
#include "shared/owner_word.hpp"
#include "shared/structured.hpp"

namespace {

using forked::signal_pipe;
using forked::status_of;
using runner::fresh_name;
using runner::process;
using samepage::errc;
using samepage::lock;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

// What who comes next is told: "alive", "died", or "free" when nobody owned it.
std::string next_is_told(const lock& l) {
    auto held = l.try_acquire();
    if (!held) return held.error().code() == errc::timed_out ? "alive" : held.error().message();
    const bool died = held->owner_died();
    held->mark_repaired();
    return died ? "died" : "free";
}

// A child that owns `l` until it is killed. Returns when it does.
pid_t start_owner(const lock& l) {
    signal_pipe owned;
    const pid_t owner = forked::run([&]() -> int {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const auto held = l.acquire();
        if (!held || !owned.give()) return 1;
        for (;;) ::pause();
    });
    EXPECT_TRUE(owned.take()) << "the owner owns";
    return owner;
}

TEST(participants_test, a_killed_owner_is_dead_while_its_zombie_stands) {
    const auto l = lock::create(fresh_name("killed-zombie"));
    ASSERT_TRUE(l) << l.error().message();
    const pid_t owner = start_owner(*l);
    EXPECT_EQ(next_is_told(*l), "alive");
    ::kill(owner, SIGKILL);
    forked::leave_zombie(owner);
    EXPECT_EQ(::kill(owner, 0), 0) << "its pid is still there";
    EXPECT_EQ(next_is_told(*l), "died");
    EXPECT_EQ(next_is_told(*l), "free");
    EXPECT_EQ(status_of(owner), 128 + SIGKILL);
}

// Words: the lock. Its first thread ends, so the process looks like a zombie; another one owns the lock and lives.
const runner::role headless("headless", [](const runner::arguments& words) {
    // Leaked: the first thread's end must not close it.
    static auto& l = *new auto(lock::open(words.at(0)));
    if (!l) return 1;
    std::thread([] {
        const auto held = l->acquire();
        runner::say(held ? "owned" : "not owned");
        while (const auto line = runner::hear()) runner::say(*line);
        std::_Exit(0);
    }).detach();
    ::pthread_exit(nullptr);
});

TEST(participants_test, an_owner_lives_on_after_its_first_thread) {
    const std::string name = fresh_name("headless");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    process owner = process::start("headless", {name});
    ASSERT_EQ(owner.line(), "owned");
    EXPECT_EQ(next_is_told(*l), "alive");
    EXPECT_EQ(owner.ask("still there"), "still there");
    EXPECT_EQ(next_is_told(*l), "alive");
    owner.kill();
    EXPECT_EQ(next_is_told(*l), "died");
}

// Words: the lock. Owns it, and makes a child by vfork that becomes another program.
const runner::role vforks("vforks", [](const runner::arguments& words) -> int {
    const auto l = lock::open(words.at(0));
    const auto held = l->acquire();
    const std::string program = runner::this_program();
    const char* const argv[] = {program.c_str(), "--role", "echo_lines", nullptr};
    runner::say(held ? "owned" : "not owned");
    const pid_t child = ::vfork();
    if (child == 0) {
        ::execv(program.c_str(), const_cast<char* const*>(argv));
        ::_exit(1);
    }
    for (;;) ::pause();
});

const runner::role echo_lines("echo_lines", [](const runner::arguments&) {
    while (const auto line = runner::hear()) runner::say(*line);
    return 0;
});

TEST(participants_test, a_program_started_by_a_killed_owner_keeps_nothing_of_it) {
    const std::string name = fresh_name("vfork");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    process family = process::start("vforks", {name});
    ASSERT_EQ(family.line(), "owned");
    ASSERT_EQ(family.ask("program there"), "program there");
    EXPECT_EQ(next_is_told(*l), "alive");
    family.kill();  // the owner; its program speaks on
    EXPECT_EQ(next_is_told(*l), "died");
    EXPECT_EQ(family.ask("still there"), "still there");
}

TEST(participants_test, an_owner_in_another_pid_namespace_lives_and_dies_as_any) {
    const auto l = lock::create(fresh_name("namespace"));
    ASSERT_TRUE(l) << l.error().message();
    signal_pipe owned, stay, over;
    const pid_t gate = forked::run([&]() -> int {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::unshare(CLONE_NEWPID) != 0) return 77;
        const pid_t inner = forked::run([&]() -> int {
            const auto held = l->acquire();
            if (::getpid() != 1 || !held || !owned.give()) return 1;
            stay.take();
            ::raise(SIGTERM);  // the first process of a namespace ignores what it sends itself
            ::_exit(3);        // with the lock
        });
        const int status = status_of(inner);
        over.give();
        return status;
    });
    if (!owned.take()) {
        const int status = status_of(gate);
        if (status == 77) GTEST_SKIP() << "needs the right to make a pid namespace";
        FAIL() << "status " << status;
    }
    EXPECT_EQ(next_is_told(*l), "alive");
    EXPECT_TRUE(stay.give());
    EXPECT_TRUE(over.take());
    EXPECT_EQ(next_is_told(*l), "died");
    EXPECT_EQ(status_of(gate), 3);
}

TEST(participants_test, who_is_in_another_pid_namespace_knows_whether_an_owner_outside_lives) {
    const auto l = lock::create(fresh_name("outside"));
    ASSERT_TRUE(l) << l.error().message();
    const pid_t owner = start_owner(*l);
    signal_pipe asked, killed;
    const pid_t gate = forked::run([&]() -> int {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::unshare(CLONE_NEWPID) != 0) return 77;
        return status_of(forked::run([&]() -> int {
            const auto first = l->try_acquire();  // its own pid is 1, the owner's pid is nobody's here
            if (code_of(first) != errc::timed_out || !asked.give() || !killed.take()) return 1;
            const auto second = l->try_acquire();
            return second && second->owner_died() ? 0 : 2;
        }));
    });
    const bool inside = asked.take();
    ::kill(owner, SIGKILL);
    EXPECT_EQ(status_of(owner), 128 + SIGKILL);
    killed.give();
    const int status = status_of(gate);
    if (status == 77) GTEST_SKIP() << "needs the right to make a pid namespace";
    EXPECT_TRUE(inside);
    EXPECT_EQ(status, 0);
}

// Claim: that somebody living has a dead owner's slot makes the dead one no less dead, and the living one no owner.
TEST(participants_test, a_reused_slot_is_not_its_dead_owner) {
    const std::string name = fresh_name("reused");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    samepage::shared::structured mine;
    samepage::shared::structured_request request;
    request.place = name;
    request.disposition = samepage::os::disposition::open_existing;
    request.spec.kind = samepage::kind::lock;
    request.spec.format_version = samepage::locks::format_version;
    request.spec.fingerprint = samepage::locks::fingerprint;
    request.spec.object_bytes = samepage::locks::object_bytes;
    const auto opened = mine.open(request);
    ASSERT_TRUE(opened) << opened.error().message();
    auto& word = mine.at<std::atomic<std::uint64_t>>(samepage::locks::owner_offset);

    const pid_t owner = start_owner(*l);
    const std::uint64_t dead = word.load() & samepage::shared::identity_bits;
    ::kill(owner, SIGKILL);
    EXPECT_EQ(status_of(owner), 128 + SIGKILL);

    samepage::shared::participants self(mine.object(), mine.participants());
    const std::uint64_t slot = (dead & samepage::shared::slot_bits) - 1;
    mine.participants().claims = static_cast<std::uint32_t>(slot);  // the next claimant begins to look there
    const auto identity = self.claim("reuse a slot");
    ASSERT_TRUE(identity) << identity.error().message();
    ASSERT_EQ(*identity & samepage::shared::slot_bits, slot + 1);
    ASSERT_EQ(*identity >> 32, (dead >> 32) + 1);

    EXPECT_EQ(l->info()->owned, false);
    EXPECT_EQ(next_is_told(*l), "died");
    word = *identity;
    EXPECT_EQ(next_is_told(*l), "alive") << "now it is the living one's";
    word = dead;
    EXPECT_EQ(next_is_told(*l), "died");
}

}  // namespace
