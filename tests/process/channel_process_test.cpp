// Channels between processes: killed and living senders, borrowers and subscribers.
// SPDX-License-Identifier: MIT
#include "samepage/channel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "channel_actor.hpp"
#include "runner.hpp"
#include "scratch.hpp"

namespace {

using channel_actor::flood_text;
using runner::fresh_name;
using runner::patience;
using runner::process;
using samepage::channel_bytes;
using samepage::errc;
using samepage::no_wait;
using samepage::subscriber_bytes;

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

samepage::channel_options of_capacity(std::uint64_t bytes, std::uint32_t loans = 3) {
    samepage::channel_options options;
    options.capacity_bytes = bytes;
    options.loans = loans;
    return options;
}

samepage::subscribe_options registered(samepage::start where = samepage::start::newest) {
    samepage::subscribe_options options;
    options.start = where;
    options.registered = true;
    return options;
}

process sender_of(const std::string& name, const std::string& answer = "opened") {
    process p = process::start("sender");
    EXPECT_EQ(p.ask("channel c " + name), answer);
    return p;
}

TEST(channel_process_test, messages_go_from_process_to_process_and_back) {
    const std::string name = fresh_name("news");
    process other = sender_of(name, "created");
    EXPECT_EQ(other.ask("send c first"), "1");
    const auto c = channel_bytes::open(name);
    ASSERT_TRUE(c) << c.error().message();
    auto s = c->subscribe(registered(samepage::start::oldest));
    ASSERT_TRUE(s) << s.error().message();
    EXPECT_EQ(other.ask("subscribe s c oldest"), "1");
    EXPECT_EQ(c->send_text("second").value(), 2U);
    EXPECT_EQ(other.ask("borrow l c third"), "lent");
    EXPECT_EQ(other.ask("publish l"), "3");
    for (const char* text : {"first", "second", "third"}) EXPECT_EQ(s->receive_text(no_wait)->text, text);
    EXPECT_EQ(other.ask("receive s"), "1 0 first");
    EXPECT_EQ(other.ask("receive s"), "2 0 second");
    EXPECT_EQ(other.ask("receive s"), "3 0 third");
    EXPECT_EQ(other.ask("receive s"), "timed_out");
}

TEST(channel_process_test, lives_as_long_as_its_last_holder) {
    const std::string name = fresh_name("lives");
    process first = sender_of(name, "created");
    EXPECT_EQ(first.ask("send c x"), "1");
    process second = sender_of(name);
    EXPECT_EQ(second.ask("subscribe s c oldest"), "1");
    first.kill();
    EXPECT_EQ(second.ask("receive s"), "1 0 x") << "a message outlives the process that sent it";
    second.kill();
    EXPECT_EQ(code_of(channel_bytes::open(name)), errc::not_found);
}

TEST(channel_process_test, a_sleeper_wakes_when_another_process_sends) {
    const std::string name = fresh_name("wake");
    const auto c = channel_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    process sleeper = process::start("sender");
    ASSERT_EQ(sleeper.ask("channel c " + name + " ro"), "opened");
    ASSERT_EQ(sleeper.ask("subscribe s c"), "1");
    for (std::uint64_t i = 1; i <= 20; ++i) {
        ASSERT_EQ(sleeper.ask("await s"), "sleeping");
        while (c->info()->waiters == 0) std::this_thread::yield();
        ASSERT_EQ(c->send_text("x").value(), i);
        ASSERT_EQ(sleeper.line(), std::to_string(i) + " 0 x");
    }
}

TEST(channel_process_test, a_dead_registered_subscriber_holds_nobody_back) {
    const std::string name = fresh_name("dead");
    const auto c = channel_bytes::create(name, of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    process reader = sender_of(name);
    ASSERT_EQ(reader.ask("subscribe s c registered"), "1");
    const std::string text(100, 'x');
    std::uint64_t sent = 0;
    while (c->send_text(text, no_wait)) ASSERT_LT(++sent, 1000U);
    const auto refused = c->send_text(text, std::chrono::milliseconds(20));
    EXPECT_EQ(code_of(refused), errc::timed_out);
    EXPECT_NE(refused.error().message().find("process " + std::to_string(reader.id())), std::string::npos)
        << refused.error().message();
    reader.kill();
    EXPECT_FALSE(c->info()->registered.at(0).live);
    for (std::uint64_t i = 1; i <= 2 * sent; ++i) ASSERT_EQ(c->send_text(text, no_wait).value(), sent + i);
    EXPECT_TRUE(c->info()->registered.empty());
}

TEST(channel_process_test, a_sender_that_waits_goes_on_when_the_subscriber_is_killed) {
    const std::string name = fresh_name("goes-on");
    const auto c = channel_bytes::create(name, of_capacity(100));
    ASSERT_TRUE(c) << c.error().message();
    process reader = sender_of(name), sender = sender_of(name);
    ASSERT_EQ(reader.ask("subscribe s c registered"), "1");
    std::uint64_t sent = 0;
    while (c->send_text(std::string(100, 'x'), no_wait)) ++sent;
    sender.send("flood_bytes c 100");
    ASSERT_EQ(sender.line(), "flooding");
    reader.kill();
    while (c->info()->next_sequence < 5 * sent) std::this_thread::yield();
}

TEST(channel_process_test, loans_of_the_dead_are_lent_again) {
    const std::string name = fresh_name("loans");
    const auto c = channel_bytes::create(name, of_capacity(100, 2));
    ASSERT_TRUE(c) << c.error().message();
    for (std::uint64_t round = 1; round <= 10; ++round) {
        process a = sender_of(name), b = sender_of(name);
        ASSERT_EQ(a.ask("borrow l c from a"), "lent");
        ASSERT_EQ(b.ask("borrow l c from b"), "lent");
        EXPECT_EQ(code_of(c->borrow(1)), errc::full);
        a.kill();
        auto mine = c->borrow(1);
        ASSERT_TRUE(mine) << mine.error().message();
        EXPECT_EQ(b.ask("publish l"), std::to_string(round)) << "a living borrower's block is its own";
        auto s = c->subscribe(registered(samepage::start::oldest));
        std::string last;
        while (const auto seen = s->receive_text(no_wait)) last = seen->text;
        EXPECT_EQ(last, "from b");
    }
}

TEST(channel_process_test, a_file_keeps_its_messages_over_kills) {
    const std::string path = scratch::file(fresh_name("kept"));
    for (int i = 1; i <= 10; ++i) {
        process p = process::start("sender");
        ASSERT_EQ(p.ask("channel c " + path), i == 1 ? "created" : "opened");
        ASSERT_EQ(p.ask("subscribe s c registered"), std::to_string(i));
        ASSERT_EQ(p.ask("send c message " + std::to_string(i)), std::to_string(i));
        p.kill();
    }
    const auto c = channel_bytes::open(path);
    ASSERT_TRUE(c) << c.error().message();
    samepage::subscribe_options options;
    options.start = samepage::start::oldest;
    auto s = c->subscribe(options);
    for (int i = 1; i <= 10; ++i) EXPECT_EQ(s->receive_text(no_wait)->text, "message " + std::to_string(i));
}

// What a registered subscriber gets of many senders, each of which numbers its messages.
class chronicle {
   public:
    explicit chronicle(subscriber_bytes s) : mine_(std::move(s)), thread_([this] { run(); }) {}
    // Receives what is there, and ends. What each sender sent last.
    std::map<std::uint64_t, std::uint64_t> finish() {
        stop_ = true;
        thread_.join();
        return last_;
    }

   private:
    void run() {
        for (std::uint64_t next = mine_.next_sequence();; ++next) {
            const bool last_look = stop_;
            const auto seen = mine_.receive_text(std::chrono::milliseconds(20));
            if (!seen && seen.error().code() == errc::timed_out) {
                if (last_look) return;
                --next;
                continue;
            }
            if (!seen) return ADD_FAILURE() << seen.error().message(), mine_.close();
            unsigned long long sender = 0, number = 0;
            const bool named = std::sscanf(seen->text.c_str(), "%llu %llu ", &sender, &number) == 2;
            const bool right = named && seen->text == flood_text(sender, number) && number == last_[sender] + 1;
            if (!right || seen->sequence != next || seen->missed != 0)
                return ADD_FAILURE() << "message " << seen->sequence << ": " << seen->text, mine_.close();
            last_[sender] = number;
        }
    }
    subscriber_bytes mine_;
    std::map<std::uint64_t, std::uint64_t> last_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

// Claim: whatever instruction senders, borrowers and subscribers are killed at, what they were told is sent is there,
// once, whole and in order, what was under way is there whole or not at all, and the others go on.
TEST(channel_process_test, a_storm_of_kills_loses_and_tears_nothing) {
    const std::string name = fresh_name("storm"), acks_name = fresh_name("acks");
    const auto c = channel_bytes::create(name, of_capacity(200));
    ASSERT_TRUE(c) << c.error().message();
    constexpr std::size_t senders_max = 4096;
    const auto acks = samepage::region::create(acks_name, senders_max * 8);
    ASSERT_TRUE(acks) << acks.error().message();
    chronicle all(std::move(c->subscribe(registered()).value()));
    const char* const wished = std::getenv("SAMEPAGE_STORM_SECONDS");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(wished != nullptr ? std::atoi(wished) : 3);
    std::uint64_t mine = 0, next_sender = 1;
    const auto send = [&](int count) {
        for (int i = 0; i < count && !HasFailure(); ++i) {
            const auto sent = c->send_text(flood_text(0, mine + 1), patience);
            if (!sent) ADD_FAILURE() << sent.error().message();
            ++mine;
        }
    };
    do {
        process a = sender_of(name), b = sender_of(name), reader = sender_of(name);
        EXPECT_EQ(reader.ask("subscribe s c registered").find_first_not_of("0123456789"), std::string::npos);
        EXPECT_EQ(reader.ask("follow s"), "following");
        EXPECT_EQ(a.ask("flood c " + std::to_string(next_sender) + " 2 " + acks_name), "flooding");
        EXPECT_EQ(b.ask("flood c " + std::to_string(next_sender + 2) + " 1 " + acks_name), "flooding");
        next_sender += 3;
        send(20);
        for (process* victim : {&a, &reader, &b}) {
            EXPECT_FALSE(victim->ended()) << "it gave up by itself";
            victim->kill();
            send(10);
        }
    } while (std::chrono::steady_clock::now() < end && next_sender + 3 < senders_max && !HasFailure());
    auto last = all.finish();
    EXPECT_EQ(last[0], mine);
    for (std::uint64_t sender = 1; sender < next_sender; ++sender) {
        const auto acknowledged =
            reinterpret_cast<const std::atomic<std::uint64_t>*>(acks->data() + sender * 8)->load();
        EXPECT_GE(last[sender], acknowledged) << "acknowledged, and lost, of sender " << sender;
        EXPECT_LE(last[sender], acknowledged + 2) << "invented, of sender " << sender;
    }
    std::vector<channel_bytes::loan> loans;
    for (int i = 0; i < 3; ++i) {
        auto loan = c->borrow(200, no_wait);
        ASSERT_TRUE(loan) << loan.error().message();
        loans.push_back(std::move(*loan));
    }
}

}  // namespace
