// Channels in one process: every call, its answers and its refusals.
// SPDX-License-Identifier: MIT
#include "samepage/channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <random>
#include <thread>

#include "channel/layout.hpp"
#include "runner.hpp"
#include "samepage/lock.hpp"
#include "scratch.hpp"

namespace {

using runner::fresh_name;
using samepage::access;
using samepage::channel;
using samepage::channel_bytes;
using samepage::channel_options;
using samepage::errc;
using samepage::no_wait;
using samepage::start;
using samepage::subscribe_options;
using samepage::subscriber_bytes;

constexpr samepage::duration moment = std::chrono::milliseconds(20);

template <class T>
errc code_of(const samepage::result<T>& r) {
    return r ? errc{} : r.error().code();
}

channel_options of_capacity(std::uint64_t bytes, std::uint32_t loans = 2) {
    channel_options o;
    o.capacity_bytes = bytes;
    o.loans = loans;
    return o;
}

channel_options reading() {
    channel_options o;
    o.access = access::read_only;
    return o;
}

subscribe_options from(start where) {
    subscribe_options o;
    o.start = where;
    return o;
}

subscribe_options from(std::uint64_t sequence) {
    subscribe_options o;
    o.sequence = sequence;
    return o;
}

subscribe_options registered(start where = start::newest) {
    subscribe_options o = from(where);
    o.registered = true;
    return o;
}

std::string text_of(const samepage::result<subscriber_bytes::text_message>& seen) {
    return seen ? seen->text : seen.error().message();
}

TEST(channel_test, a_message_goes_from_sender_to_subscribers) {
    const std::string name = fresh_name("news");
    const auto sender = channel_bytes::create(name);
    ASSERT_TRUE(sender) << sender.error().message();
    EXPECT_TRUE(sender->created());
    EXPECT_EQ(sender->capacity_bytes(), 256U << 10);
    const auto other = channel_bytes::open(name, reading());
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ(other->access(), access::read_only);
    auto one = other->subscribe(), two = sender->subscribe();
    ASSERT_TRUE(one && two);
    EXPECT_EQ(code_of(one->receive_text(no_wait)), errc::timed_out);
    EXPECT_EQ(sender->send_text("hello").value(), 1U);
    EXPECT_EQ(sender->send_text("").value(), 2U);
    for (auto* s : {&*one, &*two}) {
        const auto first = s->receive_text(no_wait);
        ASSERT_TRUE(first) << first.error().message();
        EXPECT_EQ(first->text, "hello");
        EXPECT_EQ(first->sequence, 1U);
        EXPECT_EQ(first->missed, 0U);
        EXPECT_EQ(text_of(s->receive_text(no_wait)), "");
        EXPECT_EQ(s->next_sequence(), 3U);
        EXPECT_EQ(code_of(s->receive_text(moment)), errc::timed_out);
    }
}

TEST(channel_test, one_begins_with_the_newest_the_oldest_or_a_number) {
    const auto c = channel_bytes::create(fresh_name("starts"));
    for (const char* text : {"a", "b", "c"}) ASSERT_TRUE(c->send_text(text));
    EXPECT_EQ(text_of(c->subscribe(from(start::oldest))->receive_text(no_wait)), "a");
    EXPECT_EQ(text_of(c->subscribe(from(2))->receive_text(no_wait)), "b");
    auto newest = c->subscribe();
    auto later = c->subscribe(from(5));
    EXPECT_EQ(code_of(newest->receive_text(no_wait)), errc::timed_out);
    ASSERT_TRUE(c->send_text("d"));
    EXPECT_EQ(code_of(later->receive_text(no_wait)), errc::timed_out);
    ASSERT_TRUE(c->send_text("e"));
    EXPECT_EQ(text_of(newest->receive_text(no_wait)), "d");
    const auto fifth = later->receive_text(no_wait);
    EXPECT_EQ(text_of(fifth), "e");
    EXPECT_EQ(fifth->sequence, 5U);
    EXPECT_EQ(fifth->missed, 0U);
}

TEST(channel_test, who_is_overtaken_is_told_how_many_are_gone) {
    const auto c = channel_bytes::create(fresh_name("overtaken"), of_capacity(64));
    auto slow = c->subscribe(from(start::oldest));
    constexpr std::uint64_t sent = 1000;
    for (std::uint64_t i = 1; i <= sent; ++i) ASSERT_EQ(c->send_text(std::to_string(i)).value(), i);
    std::uint64_t expected = 1;
    for (;;) {
        const auto seen = slow->receive_text(no_wait);
        if (!seen) break;
        EXPECT_EQ(seen->missed == 0, expected != 1) << "only the first one comes after a gap";
        EXPECT_EQ(seen->sequence, expected + seen->missed);
        EXPECT_EQ(seen->text, std::to_string(seen->sequence));
        expected = seen->sequence + 1;
    }
    EXPECT_EQ(expected, sent + 1);
    // Twice the largest message is kept at least.
    EXPECT_GE(c->info()->next_sequence - c->info()->oldest_sequence, 2 * 64U / 64);
    const auto late = c->subscribe(from(1))->receive_text(no_wait);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->missed, late->sequence - 1);
}

// Every length, around every end of the ring, against a copy of all that was sent.
TEST(channel_test, messages_of_any_length_come_whole_and_in_order) {
    for (const std::uint64_t capacity : {std::uint64_t{1}, std::uint64_t{100}, std::uint64_t{5000}}) {
        const auto c = channel_bytes::create(fresh_name("lengths"), of_capacity(capacity));
        ASSERT_TRUE(c);
        auto s = c->subscribe();
        auto lossless = c->subscribe(registered());
        std::mt19937 random(7);
        std::deque<std::string> sent;
        for (int i = 0; i < 3000; ++i) {
            std::string text(static_cast<std::size_t>(random() % (capacity + 1)), '\0');
            for (char& letter : text) letter = static_cast<char>(random());
            ASSERT_TRUE(c->send_text(text, no_wait)) << i;
            sent.push_back(text);
            if (sent.size() < 3 && random() % 3 == 0) continue;
            while (!sent.empty() && random() % 8 != 0) {
                ASSERT_EQ(text_of(s->receive_text(no_wait)), sent.front()) << i;
                ASSERT_EQ(text_of(lossless->receive_text(no_wait)), sent.front()) << i;
                sent.pop_front();
            }
            if (sent.size() > 2) {
                for (; !sent.empty(); sent.pop_front()) {
                    ASSERT_EQ(text_of(s->receive_text(no_wait)), sent.front()) << i;
                    ASSERT_EQ(text_of(lossless->receive_text(no_wait)), sent.front()) << i;
                }
            }
        }
    }
}

TEST(channel_test, too_long_is_refused_and_too_small_a_buffer_keeps_the_message) {
    const auto c = channel_bytes::create(fresh_name("long"), of_capacity(100));
    auto s = c->subscribe();
    const auto refused = c->send_text(std::string(101, 'x'));
    EXPECT_EQ(code_of(refused), errc::too_large);
    EXPECT_NE(refused.error().message().find("101"), std::string::npos);
    ASSERT_TRUE(c->send_text("12345"));
    std::array<std::byte, 4> small;
    const auto too_small = s->receive(small, no_wait);
    EXPECT_EQ(code_of(too_small), errc::too_large);
    EXPECT_NE(too_small.error().message().find("5 bytes"), std::string::npos);
    EXPECT_EQ(text_of(s->receive_text(no_wait)), "12345");
}

TEST(channel_test, a_registered_subscriber_is_waited_for) {
    const auto c = channel_bytes::create(fresh_name("lossless"), of_capacity(200));
    auto s = c->subscribe(registered());
    ASSERT_TRUE(s) << s.error().message();
    EXPECT_TRUE(s->is_registered());
    std::uint64_t sent = 0;
    samepage::result<std::uint64_t> last = 0;
    const std::string text(200, 'x');
    while ((last = c->send_text(text, no_wait))) ASSERT_LT(++sent, 100U);
    EXPECT_EQ(code_of(last), errc::full);
    EXPECT_NE(last.error().message().find("registered"), std::string::npos) << last.error().message();
    EXPECT_EQ(code_of(c->send_text(text, moment)), errc::timed_out);
    const auto info = c->info();
    ASSERT_TRUE(info);
    ASSERT_EQ(info->registered.size(), 1U);
    EXPECT_TRUE(info->registered[0].live);
    EXPECT_EQ(info->registered[0].lag_messages, sent);
    EXPECT_GE(info->registered[0].lag_bytes, sent * 200);
    for (std::uint64_t i = 1; i <= sent; ++i) {
        const auto seen = s->receive_text(no_wait);
        ASSERT_TRUE(seen);
        EXPECT_EQ(seen->sequence, i);
        EXPECT_EQ(seen->missed, 0U);
    }
    EXPECT_TRUE(c->send_text(text, no_wait));
    EXPECT_EQ(c->info()->registered[0].lag_messages, 1U);
    s->close();
    for (std::uint64_t i = 0; i < 3 * sent; ++i) ASSERT_TRUE(c->send_text(text, no_wait));
    EXPECT_TRUE(c->info()->registered.empty());
}

TEST(channel_test, a_waiting_sender_goes_on_when_there_is_room) {
    const auto c = channel_bytes::create(fresh_name("room"), of_capacity(1000));
    auto s = c->subscribe(registered());
    constexpr int count = 2000;
    std::thread reader([&] {
        for (int i = 0; i < count; ++i) {
            const auto seen = s->receive_text();
            ASSERT_TRUE(seen) << seen.error().message();
            ASSERT_EQ(seen->text, std::string(1000, static_cast<char>('a' + i % 26)));
            ASSERT_EQ(seen->missed, 0U);
        }
    });
    for (int i = 0; i < count; ++i) {
        const auto sent = c->send_text(std::string(1000, static_cast<char>('a' + i % 26)), samepage::forever);
        ASSERT_TRUE(sent) << sent.error().message();
    }
    reader.join();
}

TEST(channel_test, only_so_many_can_register) {
    const auto c = channel_bytes::create(fresh_name("many"), of_capacity(100));
    std::vector<subscriber_bytes> all;
    for (std::uint32_t i = 0; i < samepage::channels::subscribers_max; ++i) {
        auto s = c->subscribe(registered());
        ASSERT_TRUE(s);
        all.push_back(std::move(*s));
    }
    EXPECT_EQ(code_of(c->subscribe(registered())), errc::full);
    EXPECT_TRUE(c->subscribe());
    all.pop_back();
    EXPECT_TRUE(c->subscribe(registered()));
    const auto reader = channel_bytes::open(fresh_name("none"), reading());
    EXPECT_EQ(code_of(reader), errc::not_found);
}

TEST(channel_test, readers_dont_send_nor_register) {
    const std::string name = fresh_name("readers");
    const auto c = channel_bytes::create(name);
    const auto reader = channel_bytes::open(name, reading());
    EXPECT_EQ(code_of(reader->send_text("x")), errc::denied);
    EXPECT_EQ(code_of(reader->borrow(1)), errc::denied);
    EXPECT_EQ(code_of(reader->subscribe(registered())), errc::denied);
    EXPECT_EQ(code_of(samepage::lock::open(name)), errc::wrong_kind);
    EXPECT_EQ(code_of(samepage::region::open(name)), errc::wrong_kind);
}

TEST(channel_test, loans_are_sent_without_a_copy) {
    const auto c = channel_bytes::create(fresh_name("loans"), of_capacity(10000));
    auto s = c->subscribe();
    auto lossless = c->subscribe(registered());
    for (int i = 0; i < 20; ++i) {
        auto loan = c->borrow(10000, no_wait);
        ASSERT_TRUE(loan) << loan.error().message();
        ASSERT_EQ(loan->bytes().size(), 10000U);
        std::memset(loan->bytes().data(), 'a' + i, 10000);
        ASSERT_TRUE(c->send_text("between"));  // a loan has no place in the order
        ASSERT_EQ(loan->publish(5000 + static_cast<std::size_t>(i), no_wait).value(),
                  static_cast<std::uint64_t>(2 * i + 2));
        EXPECT_TRUE(loan->bytes().empty());
        EXPECT_EQ(code_of(loan->publish()), errc::closed);
        const std::string expected(5000 + static_cast<std::size_t>(i), static_cast<char>('a' + i));
        for (auto* each : {&*s, &*lossless}) {
            ASSERT_EQ(text_of(each->receive_text(no_wait)), "between");
            ASSERT_EQ(text_of(each->receive_text(no_wait)), expected);
        }
    }
}

TEST(channel_test, loans_come_to_an_end_and_go_back) {
    const auto c = channel_bytes::create(fresh_name("out"), of_capacity(100, 2));
    auto one = c->borrow(100), two = c->borrow(1);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(c->info()->loans_out, 2U);
    const auto third = c->borrow(1);
    EXPECT_EQ(code_of(third), errc::full);
    EXPECT_NE(third.error().message().find("all 2 loans are out"), std::string::npos) << third.error().message();
    one->drop();
    EXPECT_EQ(c->info()->loans_out, 1U);
    auto again = c->borrow(1);
    ASSERT_TRUE(again);
    *two = {};
    EXPECT_EQ(code_of(c->borrow(101)), errc::too_large);
    EXPECT_EQ(code_of(again->publish(2, no_wait)), errc::invalid_argument);
    EXPECT_TRUE(again->publish());
    EXPECT_EQ(code_of(channel_bytes::create(fresh_name("none"), of_capacity(100, 0))->borrow(1)), errc::full);
}

// A block that is a message is lent again: the oldest first, and only when no registered subscriber still wants it.
TEST(channel_test, a_loaned_message_gives_way_to_the_next_loan) {
    const auto c = channel_bytes::create(fresh_name("give way"), of_capacity(100, 2));
    auto slow = c->subscribe(from(start::oldest));
    auto lossless = c->subscribe(registered());
    const auto publish = [&](const char* text) {
        auto loan = c->borrow(3, no_wait);
        if (!loan) return code_of(loan);
        std::memcpy(loan->bytes().data(), text, 3);
        return code_of(loan->publish());
    };
    ASSERT_EQ(publish("one"), errc{});
    ASSERT_EQ(publish("two"), errc{});
    EXPECT_EQ(publish("no!"), errc::full);
    EXPECT_EQ(text_of(lossless->receive_text(no_wait)), "one");
    ASSERT_EQ(publish("tri"), errc{});
    const auto after = slow->receive_text(no_wait);
    EXPECT_EQ(text_of(after), "two");
    EXPECT_EQ(after->missed, 1U);
    EXPECT_EQ(text_of(slow->receive_text(no_wait)), "tri");
    EXPECT_EQ(text_of(lossless->receive_text(no_wait)), "two");
    EXPECT_EQ(text_of(lossless->receive_text(no_wait)), "tri");
}

TEST(channel_test, a_view_is_valid_until_its_bytes_are_needed) {
    const auto c = channel_bytes::create(fresh_name("views"), of_capacity(200));
    auto s = c->subscribe(), lossless = c->subscribe(registered());
    ASSERT_TRUE(c->send_text("here"));
    const auto seen = s->receive_view(no_wait);
    ASSERT_TRUE(seen) << seen.error().message();
    EXPECT_EQ(seen->bytes().size(), 4U);
    EXPECT_EQ(std::memcmp(seen->bytes().data(), "here", 4), 0);
    EXPECT_EQ(seen->sequence(), 1U);
    const auto kept = lossless->receive_view(no_wait);
    ASSERT_TRUE(kept);
    const std::string text(200, 'x');
    std::uint64_t sent = 0;
    while (c->send_text(text, no_wait)) ASSERT_LT(++sent, 100U);
    EXPECT_TRUE(kept->is_valid());
    EXPECT_TRUE(seen->is_valid());
    EXPECT_EQ(text_of(lossless->receive_text(no_wait)), text);  // so the view is received now
    while (lossless->receive_text(no_wait)) continue;
    for (std::uint64_t i = 0; i < sent - 4; ++i) ASSERT_TRUE(c->send_text(text, no_wait));
    EXPECT_FALSE(kept->is_valid());
    EXPECT_FALSE(seen->is_valid());
}

TEST(channel_test, many_go_at_once) {
    const auto c = channel_bytes::create(fresh_name("batch"), of_capacity(100));
    auto s = c->subscribe();
    auto lossless = c->subscribe(registered());
    std::vector<std::string> texts;
    for (int i = 0; i < 10; ++i) texts.push_back("message " + std::to_string(i));
    std::vector<std::span<const std::byte>> batch;
    for (const auto& text : texts) batch.push_back(std::as_bytes(std::span(text)));
    EXPECT_EQ(c->send_many(batch, no_wait).value(), 10U);
    std::array<std::byte, 100> buffer;
    std::array<subscriber_bytes::part, 20> parts;
    const auto first = s->receive_many(buffer, parts, no_wait);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(*first, 6U);  // each takes 16 bytes, and a last one of 9 bytes fits at 96 no more
    for (std::size_t i = 0; i < *first; ++i) {
        EXPECT_EQ(parts[i].sequence, i + 1);
        EXPECT_EQ(std::memcmp(parts[i].bytes.data(), texts[i].data(), texts[i].size()), 0);
    }
    EXPECT_EQ(s->receive_many(buffer, std::span(parts).first(3), no_wait).value(), 3U);
    EXPECT_EQ(s->receive_many(buffer, parts, no_wait).value(), 1U);
    EXPECT_EQ(code_of(s->receive_many(buffer, parts, no_wait)), errc::timed_out);
    // As many as there is room for, while a registered subscriber doesn't receive.
    std::size_t sent = 10, now = 10;
    for (int i = 0; i < 1000 && now == 10; ++i) {
        const auto more = c->send_many(batch, no_wait);
        if (!more) break;
        sent += now = *more;
    }
    EXPECT_EQ(code_of(c->send_many(batch, no_wait)), errc::full);
    for (std::size_t i = 0; i < sent; ++i) ASSERT_EQ(text_of(lossless->receive_text(no_wait)), texts[i % 10]) << i;
    EXPECT_EQ(code_of(lossless->receive_text(no_wait)), errc::timed_out);
}

TEST(channel_test, a_file_keeps_its_messages) {
    const std::string path = scratch::file("news.page");
    {
        const auto c = channel_bytes::create(path, of_capacity(100));
        ASSERT_TRUE(c) << c.error().message();
        ASSERT_TRUE(c->send_text("one"));
        auto loan = c->borrow(3);
        std::memcpy(loan->bytes().data(), "two", 3);
        ASSERT_TRUE(loan->publish());
    }
    const auto c = channel_bytes::open(path);
    ASSERT_TRUE(c) << c.error().message();
    auto s = c->subscribe(from(start::oldest));
    EXPECT_EQ(text_of(s->receive_text(no_wait)), "one");
    EXPECT_EQ(text_of(s->receive_text(no_wait)), "two");
    EXPECT_EQ(c->send_text("three").value(), 3U);
    EXPECT_EQ(text_of(s->receive_text(no_wait)), "three");
}

TEST(channel_test, typed_messages_have_their_size) {
    struct point {
        std::int32_t x, y;
    };
    const std::string name = fresh_name("points");
    const auto c = channel<point>::create(name);
    auto s = c->subscribe();
    ASSERT_TRUE(c->send({1, -2}));
    ASSERT_TRUE(c->bytes().send_text("twelve bytes"));
    ASSERT_TRUE(c->bytes().send_text("x"));
    ASSERT_TRUE(c->send({3, 4}));
    const auto first = s->receive(no_wait);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->value.y, -2);
    EXPECT_EQ(code_of(s->receive(no_wait)), errc::wrong_kind);
    EXPECT_EQ(code_of(s->receive(no_wait)), errc::wrong_kind);
    const auto last = s->receive(no_wait);
    ASSERT_TRUE(last) << last.error().message();
    EXPECT_EQ(last->value.x, 3);
    EXPECT_EQ(last->sequence, 4U);
}

TEST(channel_test, what_is_closed_says_so) {
    const channel_bytes none;
    EXPECT_EQ(code_of(none.send_text("x")), errc::closed);
    EXPECT_EQ(code_of(none.subscribe()), errc::closed);
    EXPECT_EQ(code_of(none.borrow(1)), errc::closed);
    EXPECT_EQ(code_of(none.info()), errc::closed);
    subscriber_bytes nobody;
    EXPECT_EQ(code_of(nobody.receive_text()), errc::closed);
    EXPECT_EQ(code_of(nobody.wait()), errc::closed);
    EXPECT_EQ(nobody.next_sequence(), 0U);
    // A subscriber keeps the channel of a handle that is closed.
    const std::string name = fresh_name("kept");
    auto c = channel_bytes::create(name);
    auto s = c->subscribe();
    ASSERT_TRUE(c->send_text("still here"));
    c->close();
    EXPECT_TRUE(channel_bytes::open(name));
    EXPECT_EQ(text_of(s->receive_text(no_wait)), "still here");
    s->close();
    EXPECT_EQ(code_of(channel_bytes::open(name)), errc::not_found);
}

TEST(channel_test, sizes_that_cannot_be_are_refused) {
    EXPECT_EQ(code_of(channel_bytes::create(fresh_name("no"), of_capacity(0))), errc::invalid_argument);
    EXPECT_EQ(code_of(channel_bytes::create(fresh_name("no"), of_capacity((256U << 20) + 1))), errc::invalid_argument);
    EXPECT_EQ(code_of(channel_bytes::create(fresh_name("no"), of_capacity(1, 65))), errc::invalid_argument);
}

}  // namespace
