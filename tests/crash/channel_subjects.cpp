// Crash subjects: sending in a channel, every way, lending, subscribing and receiving.
// SPDX-License-Identifier: MIT
//
// The promise: after any death, what was acknowledged is there, whole and in order; what was in flight is there whole
// or not at all; numbers have no holes; the next one sends and borrows at once; and neither a dead subscriber nor a
// dead borrower stands in anybody's way.
#include <cstring>
#include <thread>
#include <vector>

#include "channel_stream.hpp"

namespace crash {

namespace {

using samepage::channel_bytes;
using samepage::errc;
using samepage::no_wait;
using samepage::result;
using samepage::subscriber_bytes;

// 85 messages of 48 bytes leave 16 of the ring: the next one needs padding, and a segment to be given up. In a ring
// that is full, every 10 or 11 messages give up as many.
constexpr std::uint64_t nearly_full = 85;
constexpr std::uint64_t segment_messages = 11;

// The keeper's handle and, in some subjects, its subscriber, which sleeps in some.
struct kept {
    channel_bytes channel;
    subscriber_bytes subscriber;
    std::thread sleeper;
};

using operation = result<std::uint64_t> (*)(const scene&, const channel_bytes&, std::uint64_t act);

result<std::uint64_t> send(const scene& s, const channel_bytes& c, std::uint64_t act) {
    return c.send_text(text_of(s.me, act, 0), s.victim == 0 ? samepage::duration(patience) : short_wait);
}

result<std::uint64_t> send_three(const scene& s, const channel_bytes& c, std::uint64_t act) {
    const std::string texts[] = {text_of(s.me, act, 0), text_of(s.me, act, 1), text_of(s.me, act, 2)};
    std::vector<std::span<const std::byte>> messages;
    for (const std::string& text : texts) messages.push_back(std::as_bytes(std::span(text)));
    const auto sent = c.send_many(messages, patience);
    if (!sent) return sent.error();
    require(s, *sent == messages.size(), "some were sent only, though there is room");
    return *sent;
}

result<std::uint64_t> publish(const scene& s, const channel_bytes& c, std::uint64_t act) {
    const std::string text = text_of(s.me, act, 0);
    auto loan = c.borrow(100, patience);
    if (!loan) return loan.error();
    std::memcpy(loan->bytes().data(), text.data(), text.size());
    return loan->publish(text.size(), patience);
}

// Sends nothing: two loans, one of which goes back.
result<std::uint64_t> borrow(const scene&, const channel_bytes& c, std::uint64_t) {
    auto one = c.borrow(100, patience), two = c.borrow(200, patience);
    if (!one) return one.error();
    if (!two) return two.error();
    one->drop();
    return 0;
}

samepage::subscribe_options registering(samepage::start where) {
    samepage::subscribe_options options;
    options.start = where;
    options.registered = true;
    options.timeout = patience;
    return options;
}

// Sends nothing, but is in the way of whoever sends while it lives.
result<std::uint64_t> come_and_go(const scene&, const channel_bytes& c, std::uint64_t) {
    auto one = c.subscribe(registering(samepage::start::newest));
    if (!one) return one.error();
    auto two = c.subscribe(registering(samepage::start::oldest));
    if (!two) return two.error();
    return two->next_sequence();
}

// The first act claims a slot, the second is the fast path.
void twice(const scene& s, operation how) {
    const channel_bytes c = open_channel(s);
    s.begin();
    for (int i = 0; i < 2; ++i) act_in(s, [&](std::uint64_t act) { return how(s, c, act); });
    s.end();
}

std::string reason(const result<std::uint64_t>& r) { return r ? "a wrong number" : r.error().message(); }

// All blocks can be on loan at once, and then no message that is kept is in one.
void lends_everything(const scene& s, const channel_bytes& c) {
    std::vector<channel_bytes::loan> all;
    for (int i = 0; i < 4; ++i) {
        auto loan = c.borrow(200, no_wait);
        require(s, loan.has_value(), "can't borrow: " + (loan ? "" : loan.error().message()));
        std::memset(loan->bytes().data(), 'x', loan->bytes().size());
        all.push_back(std::move(*loan));
    }
    require_whole(s, c);
}

// The channel is right, and goes on. `crowded`: the keeper's registered subscriber may live, and stays behind.
void is_right(const scene& s, const stream& what, bool crowded) {
    std::uint64_t next = judge_stream(s, open_channel(s, samepage::access::read_only), what);
    const channel_bytes c = open_channel(s);
    auto reader = c.subscribe();
    require(s, reader && reader->next_sequence() == next, "two readers see two ends");
    if (!crowded) lends_everything(s, c);
    for (int i = 0; i < (crowded ? 2 : 150); ++i, ++next) {
        const auto sent = c.send_text("on we go", no_wait);
        require(s, sent && *sent == next, "can't go on: " + reason(sent));
        require(s, reader->receive_text(no_wait).value().text == "on we go", "what was sent isn't there");
    }
    if (crowded) return;
    const auto info = c.info().value();
    require(s, info.registered.empty() && info.loans_out == 0 && info.next_sequence == next, "it doesn't say what is");
}

// While the victim stands still: readers pass it, senders get through or name it.
void beside_it(const scene& s, const stream& what, int messages) {
    const channel_bytes c = open_channel(s);
    judge_stream(s, c, what);
    for (int i = 0; i < messages; ++i) act_in(s, [&](std::uint64_t act) { return send(s, c, act); });
    judge_stream(s, c, what);
}

// The keeper's handle, open throughout, sees and does the same as a fresh one.
void still_works(const scene& s, void* held) {
    const channel_bytes& c = static_cast<kept*>(held)->channel;
    const std::uint64_t next = c.subscribe().value().next_sequence();
    require(s, c.send_text("and on", no_wait).value() == next, "who held the channel throughout can't go on");
    require(s, c.borrow(1, no_wait).has_value(), "who held the channel throughout can't borrow");
}

std::shared_ptr<kept> keep(const scene& s, const stream& what) {
    auto all = std::make_shared<kept>();
    all->channel = make_channel(s, what);
    return all;
}

subject sending(const char* name, const stream& what, operation how) {
    subject s;
    s.name = name;
    s.prepare = [=](const scene& at) { return keep(at, what); };
    s.operate = [=](const scene& at) { twice(at, how); };
    s.recover = s.operate;
    s.check = [=](const scene& at) { is_right(at, what, false); };
    s.meanwhile = [=](const scene& at) { beside_it(at, what, 1); };
    s.survive = still_works;
    return s;
}

// The keeper has a registered subscriber that has received all there was.
subject sending_to_registered(const char* name, const stream& what, operation how) {
    subject s = sending(name, what, how);
    s.prepare = [=](const scene& at) {
        auto all = keep(at, what);
        all->subscriber = std::move(all->channel.subscribe(registering(samepage::start::newest)).value());
        return all;
    };
    s.check = [=](const scene& at) { is_right(at, what, true); };
    s.survive = [=](const scene& at, void* held) {
        auto& all = *static_cast<kept*>(held);
        const std::uint64_t end = all.channel.subscribe().value().next_sequence();
        for (std::uint64_t next = what.history + 1; next < end; ++next) {
            const auto seen = all.subscriber.receive_text(no_wait);
            require(at, seen && seen->sequence == next && seen->missed == 0, "a registered subscriber was overtaken");
        }
        still_works(at, held);
    };
    return s;
}

// The keeper sleeps until there is a message; whoever sends it may die before waking it.
subject waking() {
    const stream what;
    subject s = sending("channel.wake", what, send);
    s.on_paths = false;  // the sleeper must live
    s.prepare = [=](const scene& at) {
        auto all = keep(at, what);
        all->subscriber = std::move(all->channel.subscribe().value());
        all->sleeper = std::thread([all = all.get()] { all->subscriber.receive_text().value(); });
        while (all->channel.info().value().waiters == 0) std::this_thread::yield();
        return all;
    };
    // The check has sent: so it wakes up, or hangs.
    s.survive = [](const scene& at, void* held) {
        static_cast<kept*>(held)->sleeper.join();
        still_works(at, held);
    };
    return s;
}

// The messages of this subscriber from where it stands, without a hole.
void receive(const scene& s, subscriber_bytes& mine, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t next = mine.next_sequence();
        const auto seen = mine.receive_text(patience);
        require(s, seen.has_value(), "can't receive: " + (seen ? "" : seen.error().message()));
        require(s, seen->sequence == next && seen->missed == 0, "a registered subscriber was overtaken");
        require(s, next > 80 || seen->text == text_of(actor::keeper, next, 0), "not the message that was sent");
    }
}

// A registered subscriber comes to another segment. Whoever sends meanwhile has room for 5 messages before, no more.
subject receiving() {
    const stream what{.history = 80, .history_lost = 2 * segment_messages};
    subject s = sending("channel.receive", what, send);
    s.operate = [=](const scene& at) {
        const channel_bytes c = open_channel(at);
        auto mine = c.subscribe(registering(samepage::start::oldest));
        if (!mine) return;
        receive(at, *mine, segment_messages - 2);
        at.begin();
        receive(at, *mine, 3);
        at.end();
        receive(at, *mine, what.history - segment_messages - 1);
        while (at.of(actor::other).acknowledged + what.history >= mine->next_sequence()) receive(at, *mine, 1);
    };
    s.recover = nullptr;
    s.meanwhile = [=](const scene& at) { beside_it(at, what, 8); };
    return s;
}

subject receiving_read_only() {
    const stream what;
    subject s = sending("channel.receive_read_only", what, send);
    s.operate = [=](const scene& at) {
        const channel_bytes c = open_channel(at, samepage::access::read_only);
        at.begin();
        judge_stream(at, c, what);
        at.end();
    };
    s.recover = nullptr;
    s.stores_max = 0;
    return s;
}

// The victim sleeps until its time is up: what it has marked must not hinder anybody afterwards.
subject waiting() {
    subject s = sending("channel.wait", {}, send);
    s.operate = [](const scene& at) {
        const channel_bytes c = open_channel(at);
        auto mine = c.subscribe();
        at.begin();
        const auto seen = mine->receive_text(std::chrono::milliseconds(15));
        at.end();
        require(at, seen || seen.error().code() == errc::timed_out, "a wait ended for no reason");
    };
    return s;
}

// The victim waits for room that the keeper's registered subscriber doesn't give.
subject waiting_for_room() {
    const stream what{.history = 84};
    subject s = sending_to_registered("channel.wait_for_room", what,
                                      [](const scene& at, const channel_bytes& c, std::uint64_t act) {
                                          return c.send_text(text_of(at.me, act, 0), std::chrono::milliseconds(15));
                                      });
    s.on_paths = false;  // the subscriber must live
    s.prepare = [=](const scene& at) {
        auto all = keep(at, what);
        all->subscriber = std::move(all->channel.subscribe(registering(samepage::start::oldest)).value());
        return all;
    };
    s.check = [=](const scene& at) {
        judge_stream(at, open_channel(at), what);
        const auto refused = open_channel(at).send_text(std::string(100, 'x'), no_wait);
        require(at, !refused && refused.error().code() == errc::full, "a registered subscriber is overtaken");
    };
    s.survive = [=](const scene& at, void* held) {
        receive(at, static_cast<kept*>(held)->subscriber, what.history);
        still_works(at, held);
    };
    s.recover = nullptr;
    s.meanwhile = nullptr;  // naming who is in the way makes thousands of system calls, each of which would be a state
    return s;
}

// Made, used and given up: an opener never sees a half-made one.
subject creating() {
    const stream what{.history = 0};
    subject s = sending("channel.create", what, send);
    s.prepare = [](const scene&) { return std::shared_ptr<void>(); };
    s.operate = [=](const scene& at) {
        at.begin();
        samepage::channel_options options;
        options.capacity_bytes = 200;
        if (auto c = channel_bytes::create(at.place, options))
            act_in(at, [&](std::uint64_t act) { return send(at, *c, act); });
        at.end();
    };
    s.check = [=](const scene& at) {
        const bool there = channel_bytes::open(at.place).has_value();
        require(at, there || at.named || at.of(actor::victim).acknowledged == 0, "a file was lost");
        require(at, !there || !at.named, "the name of a dead process is not free");
        samepage::channel_options options;
        options.capacity_bytes = 200;
        const auto c = channel_bytes::create(at.place, options);
        require(at, c.has_value(), "can't create: " + (c ? "" : c.error().message()));
        if (at.named) return require(at, c->created() && c->info().value().next_sequence == 1, "not created anew");
        is_right(at, what, false);
    };
    s.recover = nullptr;
    s.meanwhile = nullptr;
    s.survive = nullptr;
    s.keeps = false;
    return s;
}

}  // namespace

std::vector<subject> channel_subjects() {
    const stream wrapping{.history = nearly_full, .history_lost = 2 * segment_messages};
    const stream batch{.parts = 3};
    const stream loaned{.history = 5, .loaned = 4, .history_lost = 5};
    const stream silent{.parts = 0};
    subject many = sending("channel.send_many", batch, send_three);
    many.recover = nullptr;  // as after one message, in many more states
    return {sending("channel.send", {}, send),
            sending("channel.send_wrapping", wrapping, send),
            sending_to_registered("channel.send_registered", wrapping, send),
            many,
            sending("channel.publish", loaned, publish),
            sending_to_registered("channel.publish_registered", {.history = nearly_full, .history_lost = nearly_full},
                                  publish),
            sending("channel.borrow", silent, borrow),
            sending("channel.register", silent, come_and_go),
            receiving(),
            receiving_read_only(),
            waiting(),
            waiting_for_room(),
            waking(),
            creating()};
}

}  // namespace crash
