// Channels where POSIX has its own ways: stopped processes and forks.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "forked.hpp"
#include "runner.hpp"
#include "samepage/channel.hpp"

namespace {

using forked::status_of;
using runner::fresh_name;
using runner::process;
using samepage::channel_bytes;
using samepage::channel_options;
using samepage::errc;
using samepage::no_wait;
using samepage::subscriber_bytes;

constexpr samepage::duration moment = std::chrono::milliseconds(50);

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

channel_options of_capacity(std::uint64_t bytes, std::uint32_t loans = 2) {
    channel_options options;
    options.capacity_bytes = bytes;
    options.loans = loans;
    return options;
}

samepage::subscribe_options registered(samepage::duration timeout = runner::patience) {
    samepage::subscribe_options options;
    options.registered = true;
    options.timeout = timeout;
    return options;
}

bool names(const samepage::error& why, const process& who) {
    return why.message().find("process " + std::to_string(who.id())) != std::string::npos;
}

// Sends until a registered subscriber is in the way.
std::uint64_t fill(const channel_bytes& c, std::size_t size_bytes) {
    std::uint64_t sent = 0;
    while (c.send_text(std::string(size_bytes, 'x'), no_wait)) ++sent;
    return sent;
}

// Claim: a sender stopped in the middle of a message is alive. Subscribers go on with what there is; others time out,
// naming it; and once it goes on, so do all.
TEST(channel_posix_test, a_stopped_sender_stops_only_senders) {
    const std::string name = fresh_name("stopped");
    const auto c = channel_bytes::create(name, of_capacity(1U << 20));
    ASSERT_TRUE(c && c->send_text("before"));
    process sender = process::start("sender");
    ASSERT_EQ(sender.ask("channel c " + name), "opened");
    ASSERT_EQ(sender.ask("flood_bytes c 1000000"), "flooding");
    // It has the turn nearly all the time.
    for (;;) {
        sender.stop();
        if (c->info()->sender_process == sender.id()) break;
        sender.resume();
    }
    const auto early = c->subscribe(registered(moment));
    EXPECT_EQ(code_of(early), errc::timed_out);
    EXPECT_TRUE(names(early.error(), sender)) << early.error().message();
    for (const auto& refused : {c->send_text("x", moment), c->send_text("x", no_wait)}) {
        ASSERT_EQ(code_of(refused), errc::timed_out);
        EXPECT_TRUE(names(refused.error(), sender)) << refused.error().message();
    }
    EXPECT_EQ(code_of(c->borrow(1, moment)), errc::timed_out);
    samepage::subscribe_options from_oldest;
    from_oldest.start = samepage::start::oldest;
    auto s = c->subscribe(from_oldest);
    ASSERT_TRUE(s) << s.error().message();
    for (std::uint64_t next = s->next_sequence();; ++next) {
        const auto seen = s->receive_text(no_wait);
        if (code_of(seen) == errc::timed_out) break;
        ASSERT_TRUE(seen) << seen.error().message();
        ASSERT_EQ(seen->sequence, next);
        ASSERT_TRUE(seen->text == "before" || seen->text == std::string(1000000, 'x'));
    }
    sender.resume();
    const auto sent = c->send_text("after", runner::patience);
    ASSERT_TRUE(sent) << sent.error().message();
    sender.kill();
    EXPECT_TRUE(c->send_text("and on", no_wait));
}

TEST(channel_posix_test, a_stopped_registered_subscriber_is_waited_for_and_named) {
    const std::string name = fresh_name("slow");
    const auto c = channel_bytes::create(name, of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    process reader = process::start("sender");
    ASSERT_EQ(reader.ask("channel c " + name), "opened");
    ASSERT_EQ(reader.ask("subscribe s c registered"), "1");
    reader.stop();
    fill(*c, 100);
    const auto refused = c->send_text(std::string(100, 'x'), moment);
    ASSERT_EQ(code_of(refused), errc::timed_out);
    EXPECT_TRUE(names(refused.error(), reader)) << refused.error().message();
    reader.resume();
    EXPECT_EQ(reader.ask("follow s"), "following");
    EXPECT_TRUE(c->send_text(std::string(100, 'x'), runner::patience));
}

TEST(channel_posix_test, a_stopped_subscriber_that_is_not_registered_stops_nobody) {
    const std::string name = fresh_name("reader");
    const auto c = channel_bytes::create(name, of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    process reader = process::start("sender");
    ASSERT_EQ(reader.ask("channel c " + name + " ro"), "opened");
    ASSERT_EQ(reader.ask("subscribe s c"), "1");
    ASSERT_EQ(reader.ask("await s"), "sleeping");
    reader.stop();
    for (std::uint64_t i = 1; i <= 1000; ++i) ASSERT_EQ(c->send_text("x", no_wait).value(), i);
    reader.resume();
    const std::string seen = reader.line();
    EXPECT_EQ(seen.substr(seen.rfind(' ')), " x");
}

TEST(channel_posix_test, a_forked_child_is_a_sender_of_its_own) {
    const auto c = channel_bytes::create(fresh_name("fork"), of_capacity(100, 2));
    ASSERT_TRUE(c && c->send_text("parent"));
    const auto mine = c->borrow(1);
    ASSERT_TRUE(mine) << mine.error().message();
    const pid_t child = forked::run([&]() -> int {
        const auto sent = c->send_text("child", no_wait);
        if (!sent || *sent != 2) return 1;
        const auto its = c->borrow(1);
        if (!its || c->info()->loans_out != 2) return 2;
        ::_exit(0);  // with its loan
    });
    EXPECT_EQ(status_of(child), 0);
    EXPECT_EQ(c->info()->loans_out, 1U) << "the child's loan ended with it, the parent's didn't";
    EXPECT_EQ(c->send_text("parent").value(), 3U);
}

TEST(channel_posix_test, a_forked_child_has_no_part_in_its_parents_loan) {
    const auto c = channel_bytes::create(fresh_name("fork-loan"), of_capacity(100, 1));
    ASSERT_TRUE(c) << c.error().message();
    auto loan = c->borrow(6);
    ASSERT_TRUE(loan) << loan.error().message();
    std::memcpy(loan->bytes().data(), "parent", 6);
    const pid_t child = forked::run([&] {
        if (code_of(loan->publish(no_wait)) != errc::not_owner) return 1;
        if (code_of(c->borrow(1)) != errc::full) return 2;  // publishing has dropped the child's copy, and no more
        return c->send_text("child", no_wait) ? 0 : 3;
    });
    EXPECT_EQ(status_of(child), 0);
    const pid_t second = forked::run([&] {
        loan->drop();
        return code_of(c->borrow(1)) == errc::full ? 0 : 1;
    });
    EXPECT_EQ(status_of(second), 0);
    auto s = c->subscribe();
    EXPECT_EQ(loan->publish(no_wait).value(), 2U);
    EXPECT_EQ(s->receive_text(no_wait)->text, "parent");
}

TEST(channel_posix_test, a_forked_childs_copy_of_a_registered_subscriber_is_its_parents) {
    const auto c = channel_bytes::create(fresh_name("fork-registered"), of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    auto s = c->subscribe(registered());
    ASSERT_TRUE(s && c->send_text("for the parent"));
    const pid_t child = forked::run([&] {
        std::array<std::byte, 100> bytes;
        std::array<subscriber_bytes::part, 1> parts;
        if (code_of(s->receive_text(no_wait)) != errc::not_owner) return 1;
        if (code_of(s->receive(bytes, no_wait)) != errc::not_owner) return 2;
        if (code_of(s->receive_view(no_wait)) != errc::not_owner) return 3;
        if (code_of(s->receive_many(bytes, parts, no_wait)) != errc::not_owner) return 4;
        if (code_of(s->wait(no_wait)) != errc::not_owner) return 5;
        auto own = c->subscribe(registered());  // claims the child's slot
        if (!own) return 6;
        s->close();
        return c->info()->registered.size() == 2 ? 0 : 7;
    });
    EXPECT_EQ(status_of(child), 0);
    const std::uint64_t sent = fill(*c, 100);
    EXPECT_EQ(s->receive_text(no_wait)->text, "for the parent") << "it was overtaken";
    for (std::uint64_t i = 0; i < sent; ++i) ASSERT_TRUE(s->receive_text(no_wait));
}

TEST(channel_posix_test, a_forked_childs_copy_of_another_subscriber_goes_on_by_itself) {
    const auto c = channel_bytes::create(fresh_name("fork-reader"));
    ASSERT_TRUE(c) << c.error().message();
    auto s = c->subscribe();
    ASSERT_TRUE(s && c->send_text("one") && c->send_text("two"));
    EXPECT_EQ(s->receive_text(no_wait)->text, "one");
    const pid_t child = forked::run([&] { return s->receive_text(no_wait)->text == "two" ? 0 : 1; });
    EXPECT_EQ(status_of(child), 0);
    EXPECT_EQ(s->receive_text(no_wait)->text, "two");
}

TEST(channel_posix_test, a_killed_subscriber_is_dead_while_its_forked_child_lives) {
    const std::string name = fresh_name("orphan");
    const auto c = channel_bytes::create(name, of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    forked::signal_pipe there, stay;
    const pid_t reader = forked::run([&] {
        const auto s = c->subscribe(registered());
        forked::run([&] {
            if (s) there.give();
            stay.take();
            return 0;
        });
        return ::pause();
    });
    ASSERT_TRUE(there.take()) << "the grandchild is there";
    const std::uint64_t sent = fill(*c, 100);
    ::kill(reader, SIGKILL);
    EXPECT_EQ(status_of(reader), 128 + SIGKILL);
    for (std::uint64_t i = 0; i < 2 * sent; ++i) ASSERT_TRUE(c->send_text(std::string(100, 'x'), no_wait));
    stay.give();
}

}  // namespace
