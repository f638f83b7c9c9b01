// Descriptors in event loops: no value, message or job is slept through, whoever stores it, forks, or is killed. Linux.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "forked.hpp"
#include "runner.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/queue.hpp"
#include "scratch.hpp"

namespace {

using forked::status_of;
using runner::fresh_name;
using runner::process;
using samepage::cell_bytes;
using samepage::errc;

constexpr int forever_ms = static_cast<int>(std::chrono::milliseconds(runner::patience).count());

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

bool readable(samepage::native_handle descriptor, int within_ms = 0) {
    pollfd one{static_cast<int>(descriptor), POLLIN, 0};
    return ::poll(&one, 1, within_ms) == 1;
}

// An event loop over cells, as a program has it: waits until one is readable, arms it and looks.
class event_loop {
   public:
    ~event_loop() { ::close(epoll_); }
    event_loop() = default;
    event_loop(const event_loop&) = delete;
    event_loop& operator=(const event_loop&) = delete;

    void add(const cell_bytes& c, std::uint64_t number) {
        const auto descriptor = c.descriptor();
        ASSERT_TRUE(descriptor) << descriptor.error().message();
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = number;
        ASSERT_EQ(::epoll_ctl(epoll_, EPOLL_CTL_ADD, static_cast<int>(*descriptor), &event), 0);
    }
    // The number of one that is readable.
    std::uint64_t next() {
        epoll_event event{};
        int got = 0;
        while ((got = ::epoll_wait(epoll_, &event, 1, forever_ms)) < 0 && errno == EINTR) {
        }
        if (got != 1) throw runner::failure("no cell became readable");
        return event.data.u64;
    }

   private:
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
};

TEST(descriptor_test, one_loop_sees_what_two_writers_store_in_two_cells) {
    constexpr std::uint64_t rounds = 500;
    const std::string names[2] = {fresh_name("a"), fresh_name("b")};
    cell_bytes cells[2];
    process writers[2] = {process::start("writer"), process::start("writer")};
    event_loop loop;
    for (std::uint64_t i = 0; i < 2; ++i) {
        cells[i] = std::move(cell_bytes::create(names[i]).value());
        loop.add(cells[i], i);
        ASSERT_EQ(writers[i].ask("cell c " + names[i]), "opened");
        writers[i].send("stores c " + std::to_string(rounds));
    }
    std::uint64_t seen[2] = {0, 0};
    while (seen[0] != rounds || seen[1] != rounds) {
        const std::uint64_t i = loop.next();
        const auto version = cells[i].arm();
        ASSERT_TRUE(version) << version.error().message();
        ASSERT_GE(*version, seen[i]);
        ASSERT_LE(*version, rounds);
        seen[i] = *version;
    }
    for (process& writer : writers) EXPECT_EQ(writer.line(), std::to_string(rounds));
}

// Claim: with both sides in step no value is lost, however arming and storing fall together.
TEST(descriptor_test, each_value_of_a_ping_pong_arrives) {
    constexpr std::uint64_t rounds = 2000;
    const auto ping = cell_bytes::create(fresh_name("ping")), pong = cell_bytes::create(fresh_name("pong"));
    ASSERT_TRUE(ping && pong);
    const auto play = [](const cell_bytes& in, const cell_bytes& out, bool begins) {
        const auto descriptor = in.descriptor();
        if (!descriptor) return false;
        if (begins && !out.store_text("x")) return false;
        for (std::uint64_t seen = 0; seen < rounds;) {
            const auto version = in.arm();
            if (!version) return false;
            if (*version == seen) {
                if (!readable(*descriptor, forever_ms)) return false;
            } else {
                seen = *version;
                if (!(begins && seen == rounds) && !out.store_text("x")) return false;
            }
        }
        return true;
    };
    std::thread other([&] { EXPECT_TRUE(play(*ping, *pong, false)); });
    EXPECT_TRUE(play(*pong, *ping, true));
    other.join();
}

TEST(descriptor_test, a_value_stored_between_arming_and_waiting_is_there) {
    const std::string name = fresh_name("between");
    const auto c = cell_bytes::create(name);
    const auto writer = cell_bytes::open(name);
    ASSERT_TRUE(c && writer);
    const auto descriptor = c->descriptor();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    EXPECT_FALSE(readable(*descriptor));
    for (std::uint64_t version = 1; version <= 3; ++version) {
        ASSERT_EQ(writer->store_text("x").value(), version);
        EXPECT_TRUE(readable(*descriptor));
        EXPECT_EQ(c->arm().value(), version);
        EXPECT_FALSE(readable(*descriptor));
    }
    // Not armed again: what comes then makes it no more readable than it is, and arming gives it.
    ASSERT_TRUE(writer->store_text("x") && writer->store_text("y"));
    EXPECT_EQ(c->arm().value(), 5U);
    EXPECT_FALSE(readable(*descriptor));
}

TEST(descriptor_test, a_typed_cell_and_a_read_only_handle_have_one_too) {
    const std::string name = fresh_name("typed");
    const auto writer = samepage::cell<int>::create(name);
    ASSERT_TRUE(writer) << writer.error().message();
    samepage::cell_options reading;
    reading.access = samepage::access::read_only;
    const auto reader = samepage::cell<int>::open(name, reading);
    ASSERT_TRUE(reader) << reader.error().message();
    const auto descriptor = reader->descriptor();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    ASSERT_TRUE(writer->store(7));
    EXPECT_TRUE(readable(*descriptor));
    EXPECT_EQ(reader->arm().value(), 1U);
    EXPECT_EQ(reader->load()->value, 7);
}

TEST(descriptor_test, several_handles_are_all_rung) {
    const std::string name = fresh_name("several");
    std::vector<cell_bytes> listeners;
    for (int i = 0; i < 5; ++i) {
        listeners.push_back(std::move(cell_bytes::create(name).value()));
        ASSERT_TRUE(listeners.back().descriptor());
    }
    const auto writer = cell_bytes::open(name);
    ASSERT_TRUE(writer && writer->store_text("x"));
    for (const cell_bytes& listener : listeners) EXPECT_TRUE(readable(*listener.descriptor()));
}

TEST(descriptor_test, a_forked_child_has_its_own) {
    const auto c = cell_bytes::create(fresh_name("forked"));
    ASSERT_TRUE(c) << c.error().message();
    const auto descriptor = c->descriptor();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    ASSERT_TRUE(c->store_text("before the fork"));
    const pid_t child = forked::run([&] {
        if (::fcntl(static_cast<int>(*descriptor), F_GETFD) != -1) return 1;  // the parent's is closed here
        const auto own = c->descriptor();
        if (!own || readable(*own)) return 2;
        if (c->arm().value_or(0) != 1) return 3;
        return c->store_text("of the child") && readable(*own) ? 0 : 4;
    });
    EXPECT_EQ(status_of(child), 0);
    EXPECT_TRUE(readable(*descriptor)) << "the child has not taken what was the parent's";
    EXPECT_EQ(c->arm().value(), 2U);
    EXPECT_FALSE(readable(*descriptor));
}

TEST(descriptor_test, it_ends_with_its_handle) {
    const std::string name = fresh_name("ends");
    auto c = cell_bytes::create(name);
    const auto other = cell_bytes::open(name);
    ASSERT_TRUE(c && other);
    const auto descriptor = c->descriptor();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    c->close();
    EXPECT_EQ(::fcntl(static_cast<int>(*descriptor), F_GETFD), -1);
    EXPECT_EQ(code_of(c->descriptor()), errc::closed);
    EXPECT_EQ(code_of(c->arm()), errc::closed);
    EXPECT_TRUE(other->store_text("x"));
}

TEST(descriptor_test, a_file_has_one_too_and_nothing_is_left_beside_it) {
    const std::string folder = scratch::file(fresh_name("folder"));
    std::filesystem::create_directory(folder);
    const std::string path = folder + "/file";
    {
        const auto c = cell_bytes::create(path);
        ASSERT_TRUE(c) << c.error().message();
        const auto descriptor = c->descriptor();
        ASSERT_TRUE(descriptor) << descriptor.error().message();
        process writer = process::start("writer");
        ASSERT_EQ(writer.ask("cell c " + path), "opened");
        static_cast<void>(c->arm());
        ASSERT_EQ(writer.ask("store c x"), "1");
        EXPECT_TRUE(readable(*descriptor, forever_ms));
        writer.kill();
    }
    unsigned files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.is_regular_file() ? 1U : 0U;
    EXPECT_EQ(files, 1U);
}

// A killed listener costs the next writer one ring, and nobody anything after that.
TEST(descriptor_test, a_killed_listener_is_forgotten) {
    const std::string name = fresh_name("killed");
    const auto c = cell_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process listener = process::start("writer");
    ASSERT_EQ(listener.ask("cell c " + name), "opened");
    ASSERT_EQ(listener.ask("listen c"), "0");
    listener.kill();
    const auto descriptor = c->descriptor();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    ASSERT_TRUE(c->store_text("x"));
    EXPECT_EQ(c->arm().value(), 1U);
    ASSERT_TRUE(c->store_text("y"));
    EXPECT_TRUE(readable(*descriptor));
}

TEST(descriptor_test, no_more_than_there_are_is_said_with_what_to_do) {
    const auto c = cell_bytes::create(fresh_name("many"));
    ASSERT_TRUE(c) << c.error().message();
    constexpr int no_namespace = 77;
    const int status = status_of(forked::run([&] {
        // In a namespace of its own, so that nobody else is short of them.
        if (::unshare(CLONE_NEWUSER) != 0) return no_namespace;
        const int limit = ::open("/proc/sys/user/max_inotify_instances", O_WRONLY | O_CLOEXEC);
        if (limit < 0 || ::write(limit, "0", 1) != 1) return no_namespace;
        const auto refused = c->descriptor();
        if (code_of(refused) != errc::full) return 1;
        if (refused.error().message().find("max_user_instances") == std::string::npos) return 2;
        return c->store_text("x") ? 0 : 3;
    }));
    if (status == no_namespace) GTEST_SKIP() << "no user namespace to be had";
    EXPECT_EQ(status, 0);
}

// Claim: a loop that arms and then receives all there is comes to every message; and nobody rings when none listens.
TEST(descriptor_test, no_message_of_a_channel_is_slept_through) {
    const std::string name = fresh_name("news");
    const auto c = samepage::channel_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    auto one = c->subscribe(), two = c->subscribe();
    const auto descriptor = c->descriptor();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    EXPECT_EQ(*descriptor, c->descriptor().value());
    ASSERT_TRUE(c->arm());
    EXPECT_FALSE(readable(*descriptor));
    ASSERT_TRUE(c->send_text("rings"));
    EXPECT_TRUE(readable(*descriptor));
    constexpr int messages = 2000;
    std::thread sender([&] {
        const auto own = samepage::channel_bytes::open(name);
        ASSERT_TRUE(own) << own.error().message();
        for (int i = 1; i < messages; ++i) ASSERT_TRUE(own->send_text(std::to_string(i)));
    });
    int first = 0, second = 0, wakes = 0;
    while (first < messages || second < messages) {
        if (!readable(*descriptor, forever_ms)) break;
        ++wakes;
        ASSERT_TRUE(c->arm());
        while (one->receive_text(samepage::no_wait)) ++first;
        while (two->receive_text(samepage::no_wait)) ++second;
    }
    sender.join();
    EXPECT_LE(wakes, messages) << "each send rings once at most, also when it is armed again meanwhile";
    EXPECT_EQ(first, messages);
    EXPECT_EQ(second, messages);
}

// Claim: a loop that arms and then takes all there is comes to every job, also to those that are given back.
TEST(descriptor_test, no_job_of_a_queue_is_slept_through) {
    const std::string name = fresh_name("jobs");
    const auto q = samepage::queue_bytes::create(name);
    ASSERT_TRUE(q) << q.error().message();
    const auto descriptor = q->descriptor();
    ASSERT_TRUE(descriptor) << descriptor.error().message();
    ASSERT_TRUE(q->arm());
    EXPECT_FALSE(readable(*descriptor));
    ASSERT_TRUE(q->push_text("rings"));
    EXPECT_TRUE(readable(*descriptor));
    auto held = q->take(samepage::no_wait);
    ASSERT_TRUE(held && q->arm());
    EXPECT_FALSE(readable(*descriptor));
    ASSERT_TRUE(held->give_back());
    EXPECT_TRUE(readable(*descriptor));
    constexpr std::uint64_t jobs = 2000;
    std::thread pusher([&] {
        const auto own = samepage::queue_bytes::open(name);
        ASSERT_TRUE(own) << own.error().message();
        for (std::uint64_t i = 2; i <= jobs; ++i) ASSERT_TRUE(own->push_text("job"));
    });
    std::uint64_t finished = 0;
    while (finished < jobs && readable(*descriptor, forever_ms)) {
        ASSERT_TRUE(q->arm());
        while (auto job = q->take(samepage::no_wait)) {
            if (job->id() % 7 == 0 && job->deliveries() == 1) continue;  // its end gives it back
            ASSERT_TRUE(job->acknowledge());
            ++finished;
        }
    }
    pusher.join();
    EXPECT_EQ(finished, jobs);
}

}  // namespace
