// Channels between threads: nothing lost, doubled, torn or out of order. Messages check themselves.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "runner.hpp"
#include "samepage/channel.hpp"
#include "shared/words.hpp"

namespace {

using runner::fresh_name;
using runner::patience;
using samepage::access;
using samepage::channel_bytes;
using samepage::channel_options;
using samepage::errc;
using samepage::no_wait;
using samepage::start;
using samepage::subscriber_bytes;
using samepage::wait_strategy;

constexpr std::size_t words_max = 15;
constexpr std::uint64_t senders = 3;

// The sender's `number`th message: every word follows from the first, and so does how many there are.
struct message {
    std::vector<std::uint64_t> words;
    static message of(std::uint64_t sender, std::uint64_t number) {
        message m;
        m.words.resize(static_cast<std::size_t>(1 + (number * 7 + sender) % words_max));
        for (std::size_t i = 0; i < m.words.size(); ++i) m.words[i] = (sender << 32 | number) * (i + 1);
        return m;
    }
    std::span<const std::byte> bytes() const { return std::as_bytes(std::span(words)); }
};

// What a subscriber has seen.
class witness {
   public:
    explicit witness(std::uint64_t next_sequence) : next_(next_sequence) {}

    // False, and a failure: it is not whole, or not in order.
    bool sees(std::span<const std::byte> bytes, std::uint64_t sequence, std::uint64_t missed) {
        std::uint64_t first = 0;
        if (bytes.size() < sizeof first) return is_right(false, sequence);
        std::memcpy(&first, bytes.data(), sizeof first);
        const std::uint64_t sender = first >> 32, number = first & 0xffffffff;
        if (sender >= senders) return is_right(false, sequence);
        const message sent = message::of(sender, number);
        const bool whole =
            bytes.size() == sent.bytes().size() && std::memcmp(bytes.data(), sent.bytes().data(), bytes.size()) == 0;
        const bool in_order = sequence == next_ + missed && number > last_[sender];
        next_ = sequence + 1;
        last_[sender] = number;
        ++count_;
        missed_ += missed;
        return is_right(whole && in_order, sequence);
    }
    std::uint64_t next() const { return next_; }
    std::uint64_t count() const { return count_; }
    std::uint64_t missed() const { return missed_; }

   private:
    static bool is_right(bool right, std::uint64_t sequence) {
        EXPECT_TRUE(right) << "message " << sequence << " is torn or in the wrong place";
        return right;
    }
    std::uint64_t next_, count_ = 0, missed_ = 0;
    std::uint64_t last_[senders] = {};
};

channel_options small(wait_strategy strategy = wait_strategy::spin_then_sleep) {
    channel_options options;
    options.capacity_bytes = words_max * 8;
    options.strategy = strategy;
    return options;
}

samepage::subscribe_options registered(start where = start::newest) {
    samepage::subscribe_options options;
    options.start = where;
    options.registered = true;
    return options;
}

// Sends messages 1 to `count` in three ways, waiting where it must.
void send_all(const std::string& name, std::uint64_t sender, std::uint64_t count) {
    const auto c = channel_bytes::open(name, small());
    ASSERT_TRUE(c) << c.error().message();
    for (std::uint64_t i = 1; i <= count;) {
        if (i % 10 != 0 || i + 2 > count) {
            const auto sent = c->send(message::of(sender, i).bytes(), patience);
            ASSERT_TRUE(sent) << sent.error().message();
            ++i;
            continue;
        }
        const message three[] = {message::of(sender, i), message::of(sender, i + 1), message::of(sender, i + 2)};
        const std::array<std::span<const std::byte>, 3> batch = {three[0].bytes(), three[1].bytes(), three[2].bytes()};
        const auto sent = c->send_many(batch, patience);
        ASSERT_TRUE(sent) << sent.error().message();
        i += *sent;
    }
}

// Until message `last` has been received or, by one that may be overtaken, missed.
void receive_copies(subscriber_bytes& s, witness& w, std::uint64_t last) {
    std::array<std::byte, words_max * 8> copy;
    while (w.next() <= last) {
        const auto seen = s.receive(copy, patience);
        if (!seen && seen.error().code() == errc::busy) continue;
        ASSERT_TRUE(seen) << seen.error().message();
        if (!w.sees(std::span(copy).first(seen->size_bytes), seen->sequence, seen->missed)) return;
    }
}

// The same in place. One that may be overtaken uses what it has copied only when it was valid.
void receive_views(subscriber_bytes& s, witness& w, std::uint64_t last) {
    std::array<std::byte, words_max * 8> copy;
    std::uint64_t missed = 0;
    while (w.next() <= last) {
        const auto seen = s.receive_view(patience);
        if (!seen && seen.error().code() == errc::busy) continue;
        ASSERT_TRUE(seen) << seen.error().message();
        missed += seen->missed();
        auto bytes = seen->bytes();
        if (!s.is_registered()) {
            samepage::shared::load_bytes(copy.data(), bytes.data(), bytes.size());
            bytes = std::span(copy).first(bytes.size());
        }
        if (!seen->is_valid()) {
            ASSERT_FALSE(s.is_registered());
            ASSERT_LT(seen->sequence(), last) << "nobody sends any more";
            ++missed;
        } else if (!w.sees(bytes, seen->sequence(), std::exchange(missed, 0))) {
            return;
        }
    }
}

// Claim: with senders that send flat out, registered subscribers get each message once, in one order, whole; others
// get some of them so, and know how many they missed.
TEST(channel_thread_test, every_message_comes_once_whole_and_in_order) {
    const std::string name = fresh_name("many");
    const auto c = channel_bytes::create(name, small());
    ASSERT_TRUE(c) << c.error().message();
    constexpr std::uint64_t each = 3000, all = senders * each;
    auto reading = small();
    reading.access = access::read_only;
    const auto reader = channel_bytes::open(name, reading);
    ASSERT_TRUE(reader) << reader.error().message();
    std::vector<subscriber_bytes> subscribers;
    for (int i = 0; i < 2; ++i) {
        subscribers.push_back(std::move(c->subscribe(registered()).value()));
        subscribers.push_back(std::move(reader->subscribe().value()));
    }
    std::vector<witness> witnesses(subscribers.size(), witness(1));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < subscribers.size(); ++i) {
        threads.emplace_back([&, i] {
            (i < 2 ? receive_copies : receive_views)(subscribers[i], witnesses[i], all);
            subscribers[i].close();  // so that senders go on whatever has happened
        });
    }
    for (std::uint64_t sender = 0; sender < senders; ++sender)
        threads.emplace_back([&, sender] { send_all(name, sender, each); });
    for (auto& thread : threads) thread.join();
    for (const std::size_t i : {0U, 2U}) EXPECT_EQ(witnesses[i].count(), all);
    for (const std::size_t i : {1U, 3U}) EXPECT_EQ(witnesses[i].count() + witnesses[i].missed(), all);
}

// Claim: whoever registers while senders give up old messages gets every message from its first one on.
TEST(channel_thread_test, who_registers_in_the_crowd_misses_nothing) {
    const std::string name = fresh_name("crowd");
    const auto c = channel_bytes::create(name, small());
    ASSERT_TRUE(c) << c.error().message();
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (std::uint64_t sender = 0; sender < 2; ++sender) {
        threads.emplace_back([&, sender] {
            const auto own = channel_bytes::open(name, small());
            ASSERT_TRUE(own) << own.error().message();
            for (std::uint64_t i = 1; !stop; ++i) {
                const auto sent = own->send(message::of(sender, i).bytes(), patience);
                ASSERT_TRUE(sent) << sent.error().message();
            }
        });
    }
    for (int round = 0; round < 100 && !HasFailure(); ++round) {
        auto s = c->subscribe(registered(round % 2 == 0 ? start::oldest : start::newest));
        if (!s) {
            ADD_FAILURE() << s.error().message();
            break;
        }
        witness w(s->next_sequence());
        receive_copies(*s, w, s->next_sequence() + 60);
        EXPECT_EQ(w.missed(), 0U);
    }
    stop = true;
    for (auto& thread : threads) thread.join();
}

// Claim: blocks that threads fill in place are theirs until they publish, and the message's until it is received.
TEST(channel_thread_test, loans_of_several_threads_stay_apart) {
    const std::string name = fresh_name("loans");
    const auto c = channel_bytes::create(name, small());
    ASSERT_TRUE(c) << c.error().message();
    constexpr std::uint64_t each = 1000, all = senders * each;
    auto one = c->subscribe(registered()), two = c->subscribe(registered());
    ASSERT_TRUE(one && two);
    witness first(1), second(1);
    std::vector<std::thread> threads;
    threads.emplace_back([&] { receive_views(*one, first, all), one->close(); });
    threads.emplace_back([&] { receive_copies(*two, second, all), two->close(); });
    // All use one mapping: the thread sanitizer takes the turn in another one for another turn, and sees no order.
    const auto lend = [&](std::uint64_t sender) {
        for (std::uint64_t i = 1; i <= each; ++i) {
            if (i % 5 == 0) static_cast<void>(c->borrow(1, patience));  // and drops it
            const message m = message::of(sender, i);
            auto loan = c->borrow(m.bytes().size(), patience);
            ASSERT_TRUE(loan) << loan.error().message();
            std::memcpy(loan->bytes().data(), m.bytes().data(), m.bytes().size());
            const auto sent = loan->publish(patience);
            ASSERT_TRUE(sent) << sent.error().message();
        }
    };
    for (std::uint64_t sender = 0; sender < senders; ++sender) threads.emplace_back([&, sender] { lend(sender); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(first.count(), all);
    EXPECT_EQ(second.count(), all);
    EXPECT_EQ(c->info()->loans_out, 0U);
}

// Claim: a lost wake would stop this game of ball for a while each; here no ball may be lost for ever.
TEST(channel_thread_test, waiters_get_every_message_in_time) {
    for (const auto strategy : {wait_strategy::sleep, wait_strategy::spin_then_sleep, wait_strategy::spin}) {
        const std::string there = fresh_name("there"), back = fresh_name("back");
        const auto a = channel_bytes::create(there, small(strategy)), b = channel_bytes::create(back, small(strategy));
        ASSERT_TRUE(a && b);
        constexpr std::uint64_t throws = 2000;
        auto at_a = a->subscribe(registered()), at_b = b->subscribe();
        ASSERT_TRUE(at_a && at_b);
        std::thread other([&] {
            for (std::uint64_t i = 1; i <= throws; ++i) {
                const auto seen = at_a->receive_text(patience);
                ASSERT_TRUE(seen) << seen.error().message();
                ASSERT_EQ(b->send_text(seen->text, patience).value(), i);
            }
        });
        for (std::uint64_t i = 1; i <= throws; ++i) {
            if (a->send_text(std::to_string(i), patience).value() != i) ADD_FAILURE() << "another number than " << i;
            const auto seen = at_b->receive_text(patience);
            if (!seen || seen->text != std::to_string(i)) {
                ADD_FAILURE() << (seen ? seen->text : seen.error().message());
                break;
            }
        }
        other.join();
    }
}

// Claim: senders that sleep until there is room are woken by whoever makes some, though each receives one at a time.
TEST(channel_thread_test, sleeping_senders_get_room) {
    const std::string name = fresh_name("room");
    const auto c = channel_bytes::create(name, small(wait_strategy::sleep));
    ASSERT_TRUE(c) << c.error().message();
    auto s = c->subscribe(registered());
    ASSERT_TRUE(s) << s.error().message();
    std::uint64_t filled = 0;
    while (c->send(message::of(0, filled + 1).bytes(), no_wait)) ++filled;
    constexpr std::uint64_t each = 500;
    std::vector<std::thread> threads;
    for (std::uint64_t sender = 1; sender < senders; ++sender) {
        threads.emplace_back([&, sender] {
            const auto own = channel_bytes::open(name, small(wait_strategy::sleep));
            ASSERT_TRUE(own) << own.error().message();
            for (std::uint64_t i = 1; i <= each; ++i) ASSERT_TRUE(own->send(message::of(sender, i).bytes(), patience));
        });
    }
    witness w(1);
    receive_copies(*s, w, filled + (senders - 1) * each);
    s->close();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(w.count(), filled + (senders - 1) * each);
}

TEST(channel_thread_test, one_message_wakes_all_who_wait) {
    const std::string name = fresh_name("wake");
    const auto c = channel_bytes::create(name);
    ASSERT_TRUE(c) << c.error().message();
    channel_options options;
    options.access = access::read_only;
    options.strategy = wait_strategy::sleep;
    const auto reader = channel_bytes::open(name, options);
    ASSERT_TRUE(reader) << reader.error().message();
    constexpr unsigned count = 30;
    std::vector<std::thread> sleepers;
    std::atomic<unsigned> woken{0};
    for (unsigned i = 0; i < count; ++i) {
        sleepers.emplace_back([&] {
            auto s = reader->subscribe();
            const auto seen = s->receive_text(patience);
            if (seen && seen->text == "good morning") ++woken;
        });
    }
    while (c->info()->waiters < count) std::this_thread::yield();
    ASSERT_TRUE(c->send_text("good morning"));
    for (auto& sleeper : sleepers) sleeper.join();
    EXPECT_EQ(woken, count);
    EXPECT_EQ(c->info()->waiters, 0U);
}

}  // namespace
