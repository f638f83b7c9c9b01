// How many system calls all nouns make: none, unless somebody sleeps. Linux, counted by seccomp.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <thread>

#include "counted_calls.hpp"
#include "forked.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/lock.hpp"
#include "samepage/queue.hpp"
#include "samepage/table.hpp"

namespace {

using forked::signal_pipe;
using forked::status_of;
using runner::fresh_name;
using samepage::cell_bytes;
using samepage::lock;

using counted_calls::no_filter;
constexpr std::uint64_t rounds = 1000;

// From here on every system call of this thread is counted instead of made, but for the way out of it.
bool count_all_from_here() {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return counted_calls::count_from_here(program);
}

// The one call in a process's life that many turns in a row make: whoever takes what this one keeps makes its barriers.
bool takes_part_in_barriers() {
    const auto l = lock::create(fresh_name("many"));
    bool all = l.has_value();
    for (std::uint64_t i = 0; all && i < rounds; ++i) all = l->acquire().has_value();
    return all;
}

class system_calls_test : public testing::Test {
   protected:
    counted_calls::shared_counter shared_;

    // In a child: `prepare`, then `work` under the filter. Its status: what failed first, 0 for nothing.
    template <class Prepare, class Work>
    static pid_t start(Prepare&& prepare, Work&& work) {
        return forked::run([&]() -> int {
            if (!prepare() || !takes_part_in_barriers()) return 1;
            if (!count_all_from_here()) return no_filter;
            return work() ? 0 : 2;
        });
    }
    template <class Prepare, class Turn>
    void expect_none(Prepare&& prepare, Turn&& turn);
};

#define SKIP_WITHOUT_FILTER(status) \
    if ((status) == no_filter) GTEST_SKIP() << "a seccomp filter is refused here"

// After `prepare`, many rounds of `turn` succeed in a child and make no system call. Skips without a filter.
template <class Prepare, class Turn>
void system_calls_test::expect_none(Prepare&& prepare, Turn&& turn) {
    const int status = status_of(start(prepare, [&] {
        bool all = true;
        for (std::uint64_t i = 0; i < rounds; ++i) all = turn() && all;
        return all;
    }));
    SKIP_WITHOUT_FILTER(status);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(counted_calls::current->calls, 0) << "the first was system call " << counted_calls::current->first;
}

TEST_F(system_calls_test, an_uncontended_cell_makes_none) {
    const auto c = cell_bytes::create(fresh_name("cell"));
    ASSERT_TRUE(c) << c.error().message();
    std::array<std::byte, 100> value{};
    const auto turn = [&] {
        const std::uint64_t before = c->version();
        const auto stored = c->store(value);
        const auto seen = c->load(value);
        const auto exchanged = c->compare_exchange(before + 1, value);
        const auto waited = c->wait(before);  // there is a newer one
        return stored && seen && seen->version == before + 1 && exchanged && waited && *waited == before + 2;
    };
    // The first turn claims the child's slot.
    expect_none(turn, turn);
    if (IsSkipped()) return;
    EXPECT_EQ(c->version(), 2 * (rounds + 1));
}

TEST_F(system_calls_test, a_reader_makes_none) {
    const std::string name = fresh_name("reader");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c && c->store_text("value"));
    samepage::cell_options reading;
    reading.access = samepage::access::read_only;
    const auto reader = cell_bytes::open(name, reading);
    ASSERT_TRUE(reader) << reader.error().message();
    std::array<std::byte, 100> value{};
    const auto turn = [&] {
        const auto seen = reader->load(value);
        return seen && seen->version == 1;
    };
    expect_none([] { return true; }, turn);
}

TEST_F(system_calls_test, an_uncontended_lock_makes_none) {
    const auto l = lock::create(fresh_name("lock"));
    ASSERT_TRUE(l) << l.error().message();
    const auto turn = [&] {
        auto held = l->acquire();
        const bool released = held && held->release();
        auto tried = l->try_acquire();
        return released && tried && tried->release();
    };
    expect_none(turn, turn);
}

// Also when the ring wraps, when old messages are given up, and when a registered subscriber makes room.
TEST_F(system_calls_test, an_uncontended_channel_makes_none) {
    samepage::channel_options options;
    options.capacity_bytes = 200;
    const auto c = samepage::channel_bytes::create(fresh_name("channel"), options);
    ASSERT_TRUE(c) << c.error().message();
    samepage::subscriber_bytes lossless, reader;
    std::array<std::byte, 200> value{};
    const auto turn = [&] {
        const auto sent = c->send(value);
        auto loan = c->borrow(100);
        const auto published = loan ? loan->publish() : loan.error();
        bool all = sent && published;
        for (auto* s : {&lossless, &reader}) {
            const auto copied = s->receive(value);
            const auto seen = s->receive_view();
            all = all && copied && copied->missed == 0 && seen && seen->is_valid() && seen->bytes().size() == 100;
        }
        return all;
    };
    const auto prepare = [&] {
        samepage::subscribe_options registering;
        registering.registered = true;
        lossless = std::move(c->subscribe(registering).value());
        reader = std::move(c->subscribe().value());
        return turn();
    };
    expect_none(prepare, turn);
    if (IsSkipped()) return;
    EXPECT_EQ(c->info()->next_sequence, 2 * (rounds + 1) + 1);
}

TEST_F(system_calls_test, a_queue_with_jobs_and_room_makes_none) {
    const auto q = samepage::queue_bytes::create(fresh_name("queue"));
    ASSERT_TRUE(q) << q.error().message();
    const std::array<std::byte, 64> value{};
    const auto turn = [&] {
        if (!q->push(value) || !q->push(value)) return false;
        auto first = q->take(), second = q->take();
        if (!first || !second || !first->give_back()) return false;
        auto again = q->take();
        return again && again->id() + 1 == second->id() && again->acknowledge() && second->acknowledge();
    };
    expect_none(turn, turn);
    if (IsSkipped()) return;
    EXPECT_EQ(q->info()->next_id, 2 * (rounds + 1) + 1);
}

TEST_F(system_calls_test, an_uncontended_table_makes_none) {
    const std::string name = fresh_name("table");
    const auto t = samepage::table_bytes::create(name);
    samepage::table_options reading;
    reading.access = samepage::access::read_only;
    const auto reader = samepage::table_bytes::open(name, reading);
    ASSERT_TRUE(t && reader);
    std::array<std::byte, 100> value{};
    const auto key = std::as_bytes(std::span("key", 3)), other = std::as_bytes(std::span("other", 5));
    const auto turn = [&] {
        const auto put = t->put(key, value);
        const auto seen = reader->get(key, value);
        const auto again = t->compare_exchange(key, put ? *put : 0, value);
        const auto inserted = t->insert(other, value);
        const auto erased = t->erase(other);
        return put && seen && seen->version == *put && again && inserted && erased && *erased && t->size() == 1;
    };
    // The first turn claims the child's slot and gets cells.
    expect_none(turn, turn);
}

// That the counter counts: with a sleeper the same store makes one, and the next none.
TEST_F(system_calls_test, a_store_makes_one_when_somebody_sleeps) {
    const auto c = cell_bytes::create(fresh_name("sleeper"));
    ASSERT_TRUE(c) << c.error().message();
    signal_pipe prepared, asleep;
    std::array<std::byte, 100> value{};
    const pid_t writer = start([&] { return c->store(value) && prepared.give() && asleep.take(); },
                               [&] {
                                   bool all = true;
                                   for (std::uint64_t i = 0; i < rounds; ++i) all = c->store(value) && all;
                                   return all;
                               });
    ASSERT_TRUE(prepared.take());
    // Its wake is only counted. So it sleeps until it looks by itself.
    std::thread sleeper([&] {
        const auto seen = c->wait(1);
        EXPECT_TRUE(seen && *seen > 1);
    });
    while (c->info()->waiters == 0) std::this_thread::yield();
    asleep.give();
    const int status = status_of(writer);
    if (status != 0) static_cast<void>(c->store(value));  // let it go
    sleeper.join();
    SKIP_WITHOUT_FILTER(status);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(counted_calls::current->calls, 1);
    EXPECT_EQ(counted_calls::current->first, SYS_futex);
}

// Nor does one that listens: the store after its arming rings once, the next ones not.
TEST_F(system_calls_test, a_store_rings_once_when_somebody_listens) {
    const auto c = cell_bytes::create(fresh_name("listener"));
    ASSERT_TRUE(c) << c.error().message();
    signal_pipe prepared, armed;
    std::array<std::byte, 100> value{};
    const pid_t writer = start([&] { return c->store(value) && prepared.give() && armed.take(); },
                               [&] {
                                   bool all = true;
                                   for (std::uint64_t i = 0; i < rounds; ++i) all = c->store(value) && all;
                                   return all;
                               });
    ASSERT_TRUE(prepared.take());
    const auto seen = c->arm();
    EXPECT_TRUE(seen) << seen.error().message();
    armed.give();
    const int status = status_of(writer);
    SKIP_WITHOUT_FILTER(status);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(counted_calls::current->calls, 1);
    EXPECT_EQ(counted_calls::current->first, SYS_fallocate);
}

}  // namespace
