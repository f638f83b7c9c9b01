// Cells and locks where POSIX has its own ways: stopped processes, forks, zombies.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "forked.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/lock.hpp"

namespace {

using forked::status_of;
using runner::fresh_name;
using runner::process;
using samepage::cell_bytes;
using samepage::errc;
using samepage::lock;
using samepage::no_wait;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

TEST(cell_posix_test, a_stopped_writer_is_alive_readers_pass_it_and_writers_name_it) {
    const std::string name = fresh_name("stopped");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c && c->store_text("before"));
    process writer = process::start("writer");
    ASSERT_EQ(writer.ask("cell c " + name), "opened");
    ASSERT_EQ(writer.ask("update c after"), "inside");
    writer.stop();
    EXPECT_EQ(c->load_text()->text, "before");
    const auto stored = c->store_text("x", std::chrono::milliseconds(50));
    ASSERT_EQ(code_of(stored), errc::timed_out);
    EXPECT_NE(stored.error().message().find("process " + std::to_string(writer.id())), std::string::npos)
        << stored.error().message();
    writer.resume();
    EXPECT_EQ(writer.ask("go on"), "2");
    EXPECT_EQ(c->load_text()->text, "after");
    EXPECT_EQ(c->store_text("x").value(), 3U);
}

TEST(cell_posix_test, a_stopped_owner_keeps_its_lock) {
    const std::string name = fresh_name("owner");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    process owner = process::start("writer");
    ASSERT_EQ(owner.ask("lock l " + name), "opened");
    ASSERT_EQ(owner.ask("acquire l"), "owned");
    owner.stop();
    const auto refused = l->acquire(std::chrono::milliseconds(50));
    ASSERT_EQ(code_of(refused), errc::timed_out);
    EXPECT_NE(refused.error().message().find("process " + std::to_string(owner.id())), std::string::npos)
        << refused.error().message();
    owner.resume();
    EXPECT_EQ(owner.ask("release l"), "done");
    EXPECT_FALSE(l->acquire()->owner_died());
}

TEST(cell_posix_test, a_stopped_reader_stops_nobody) {
    const std::string name = fresh_name("reader");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process reader = process::start("writer");
    ASSERT_EQ(reader.ask("cell c " + name + " ro"), "opened");
    ASSERT_EQ(reader.ask("wait c 0"), "sleeping");
    reader.stop();
    for (std::uint64_t i = 1; i <= 100; ++i) ASSERT_EQ(c->store_text("x", no_wait).value(), i);
    reader.resume();
    EXPECT_NE(reader.line(), "0");
}

TEST(cell_posix_test, a_forked_child_writes_under_a_slot_of_its_own) {
    const std::string name = fresh_name("fork");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c && c->store_text("parent"));
    const pid_t child = forked::run([&] {
        const auto stored = c->store_text("child", no_wait);
        return stored && *stored == 2 ? 0 : 1;
    });
    EXPECT_EQ(status_of(child), 0);
    EXPECT_EQ(c->store_text("parent").value(), 3U);
}

TEST(cell_posix_test, a_forked_child_owns_nothing_of_its_parents) {
    const auto l = lock::create(fresh_name("fork-lock"));
    ASSERT_TRUE(l) << l.error().message();
    auto held = l->acquire();
    ASSERT_TRUE(held) << held.error().message();
    const pid_t child = forked::run([&] {
        if (code_of(l->try_acquire()) != errc::timed_out) return 1;  // its parent lives and owns it
        if (code_of(held->release()) != errc::not_owner) return 2;
        return code_of(l->try_acquire()) == errc::timed_out ? 0 : 3;
    });
    EXPECT_EQ(status_of(child), 0);
    EXPECT_EQ(code_of(l->try_acquire()), errc::timed_out);
    EXPECT_TRUE(held->release());
}

TEST(cell_posix_test, a_child_that_an_update_forks_does_not_finish_it) {
    const auto c = cell_bytes::create(fresh_name("fork-update"));
    ASSERT_TRUE(c) << c.error().message();
    pid_t child = -1;
    const auto updated = c->update([&](auto) -> samepage::result<std::vector<std::byte>> {
        child = ::fork();
        return std::vector<std::byte>(1, child == 0 ? std::byte{'c'} : std::byte{'p'});
    });
    if (child == 0) ::_exit(code_of(updated) == errc::not_owner ? 0 : 1);
    EXPECT_EQ(status_of(child), 0);
    ASSERT_TRUE(updated) << updated.error().message();
    EXPECT_EQ(*updated, 1U);
    EXPECT_EQ(c->load_text()->text, "p");
}

TEST(cell_posix_test, a_killed_owner_is_dead_while_its_forked_child_lives) {
    const std::string name = fresh_name("orphan");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    int there[2], stay[2];  // the grandchild writes to one and lives until the other's end is closed
    ASSERT_EQ(::pipe(there), 0);
    ASSERT_EQ(::pipe(stay), 0);
    const pid_t owner = forked::run([&] {
        const auto held = l->acquire();
        forked::run([&] {
            ::close(stay[1]);
            char byte = 'x';
            const bool told = ::write(there[1], &byte, 1) == 1;
            while (told && ::read(stay[0], &byte, 1) < 0) {
            }
            return 0;
        });
        ::close(stay[1]);
        return ::pause();
    });
    char byte = 0;
    ASSERT_EQ(::read(there[0], &byte, 1), 1) << "the grandchild is there";
    EXPECT_EQ(code_of(l->try_acquire()), errc::timed_out);
    ::kill(owner, SIGKILL);
    EXPECT_EQ(status_of(owner), 128 + SIGKILL);
    {
        const auto held = l->try_acquire();
        ASSERT_TRUE(held) << held.error().message();
        EXPECT_TRUE(held->owner_died());
    }
    for (const int end : {there[0], there[1], stay[0], stay[1]}) ::close(end);
}

TEST(cell_posix_test, a_zombie_is_dead) {
    const std::string name = fresh_name("zombie");
    const auto l = lock::create(name);
    ASSERT_TRUE(l) << l.error().message();
    const pid_t owner = forked::run([&]() -> int {
        const auto held = l->acquire();
        ::_exit(held ? 0 : 1);  // with it: nothing is released by hand
    });
    forked::leave_zombie(owner);
    const auto held = l->try_acquire();
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_TRUE(held->owner_died());
    EXPECT_EQ(status_of(owner), 0);
}

}  // namespace
