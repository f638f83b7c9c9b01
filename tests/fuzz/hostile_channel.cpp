// Hostile bytes in a channel: senders, borrowers and subscribers that have it open, and those who open it now.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <optional>
#include <thread>

#include "channel/layout.hpp"
#include "hostile.hpp"
#include "samepage/channel.hpp"

namespace hostile {

namespace {

using samepage::channel_bytes;
using samepage::channel_options;
using samepage::no_wait;
using samepage::subscribe_options;
using samepage::subscriber_bytes;
namespace channels = samepage::channels;

constexpr std::size_t capacity_bytes = 100;
constexpr std::uint32_t loans = 3;  // so that one is kept free
constexpr const char* kept = "what is kept";
constexpr std::uint64_t body_at = samepage::shared::body_offset;

const std::array<std::uint64_t, 16> spots = {
    0,
    channels::waiters_offset,
    channels::room_offset,
    samepage::shared::participants_offset,
    samepage::shared::participants_offset + 64,
    channels::owner_offset,
    body_at + offsetof(channels::body, tail),
    body_at + offsetof(channels::body, oldest),
    body_at + offsetof(channels::body, marks),
    body_at + offsetof(channels::body, subscribers),
    body_at + offsetof(channels::body, blocks),
    channels::ring_offset,
    channels::ring_offset + 32,
    channels::ring_offset + 64,
    channels::ring_offset + 96,
    channels::ring_offset + channels::shape::ring_for(capacity_bytes) - 128,
};

template <class T>
void explained(const samepage::result<T>& r) {
    if (!r) require_explained(r.error());
}

// Receives in every way, for as long as there is something, a few times.
void receive(subscriber_bytes& s) {
    std::array<std::byte, capacity_bytes> bytes;
    std::array<subscriber_bytes::part, 3> parts;
    std::array<std::byte, 3> few;
    bool more = true;
    for (int i = 0; i < 10 && more; ++i) {
        const auto small = s.receive(few, no_wait);
        explained(small);
        const auto seen = s.receive(bytes, no_wait);
        explained(seen);
        require(!seen || seen->size_bytes <= bytes.size(), "more was received than there is room for");
        const auto view = s.receive_view(no_wait);
        explained(view);
        if (view) {
            require(view->bytes().size() <= capacity_bytes, "a view is larger than a message can be");
            static_cast<void>(std::accumulate(view->bytes().begin(), view->bytes().end(), 0,
                                              [](int sum, std::byte b) { return sum ^ static_cast<int>(b); }));
            static_cast<void>(view->is_valid());
        }
        const auto text = s.receive_text(no_wait);
        explained(text);
        require(!text || text->text.size() <= capacity_bytes, "a text is larger than a message can be");
        const auto many = s.receive_many(bytes, parts, no_wait);
        explained(many);
        explained(s.wait(no_wait));
        more = small || seen || view || text || many;
    }
}

void subscribe(const channel_bytes& c, std::uint64_t sequence, bool registered) {
    for (const auto where : {samepage::start::oldest, samepage::start::newest}) {
        subscribe_options options;
        options.start = where;
        options.sequence = where == samepage::start::oldest ? 0 : sequence;
        options.registered = registered;
        options.timeout = no_wait;
        auto s = c.subscribe(options);
        explained(s);
        if (s) receive(*s);
    }
}

void send(const channel_bytes& c) {
    const std::array<std::byte, capacity_bytes> message{};
    explained(c.send(message, no_wait));
    explained(c.send_text("mine", no_wait));
    const std::array<std::span<const std::byte>, 3> batch = {std::span(message).first(50), message, {}};
    explained(c.send_many(batch, no_wait));
    std::array<std::optional<channel_bytes::loan>, loans> all;
    for (auto& one : all) {
        auto loan = c.borrow(capacity_bytes, no_wait);
        explained(loan);
        if (!loan) continue;
        std::fill(loan->bytes().begin(), loan->bytes().end(), std::byte{'l'});
        one = std::move(*loan);
    }
    if (all[0]) explained(all[0]->publish(no_wait));
    for (auto& one : all) {
        one.reset();
        if (auto loan = c.borrow(capacity_bytes, no_wait)) explained(loan->publish(no_wait));
    }
}

struct channel_under_attack {
    std::string path = scratch_path();
    channel_bytes sender = make(path);
    channel_bytes reader = open(path, samepage::access::read_only).value();
    victim bytes{path};

    static channel_bytes make(const std::string& path) {
        channel_options options;
        options.capacity_bytes = capacity_bytes;
        options.loans = loans;
        channel_bytes c = std::move(channel_bytes::create(path, options).value());
        c.send_text(kept).value();
        auto loan = std::move(c.borrow(10).value());
        std::fill(loan.bytes().begin(), loan.bytes().end(), std::byte{'l'});
        loan.publish().value();
        c.send_text(kept).value();
        return c;
    }
    static samepage::result<channel_bytes> open(const std::string& path, samepage::access access) {
        channel_options options;
        options.access = access;
        return channel_bytes::open(path, options);
    }
    static subscribe_options from_oldest(bool registered) {
        subscribe_options options;
        options.start = samepage::start::oldest;
        options.registered = registered;
        return options;
    }
};

// Those who have it open, when the bytes come while they are in the middle of something.
void use(channel_under_attack& channel, input bytes, std::uint64_t sequence, bool looks) {
    auto before = channel.reader.subscribe(channel_under_attack::from_oldest(false));
    auto lossless = channel.sender.subscribe(channel_under_attack::from_oldest(true));
    auto loan = channel.sender.borrow(10, no_wait);
    channel.bytes.patch(bytes, spots);
    if (before) receive(*before);
    if (lossless) receive(*lossless);
    if (loan) explained(loan->publish(no_wait));
    send(channel.sender);
    channel.bytes.patch(bytes, spots);
    for (const auto* c : {&channel.reader, &channel.sender}) {
        subscribe(*c, sequence, c == &channel.sender);
        if (looks) explained(c->info());
    }
}

}  // namespace

void attack_channel(input bytes) {
    static channel_under_attack channel;
    const bool looks = looks_too(bytes);
    const std::uint64_t sequence = bytes.size() < 2 ? 1 : std::uint64_t{1} << bytes[1] % 64;
    use(channel, bytes, sequence, looks);

    channel.bytes.patch(bytes, spots);
    for (const auto access : {samepage::access::read_only, samepage::access::read_write}) {
        const auto fresh = channel_under_attack::open(channel.path, access);
        explained(fresh);
        if (!fresh) continue;
        subscribe(*fresh, sequence, access == samepage::access::read_write);
        if (access == samepage::access::read_write) send(*fresh);
    }

    // Bytes that come and go at any moment: what was checked must be what is used.
    if (!bytes.empty() && (bytes[0] & 0x70) == 0x70) {
        channel.bytes.mend();
        std::atomic<bool> stop{false};
        std::thread damage([&] {
            while (!stop) {
                channel.bytes.patch(bytes, spots);
                channel.bytes.mend();
            }
        });
        use(channel, bytes, sequence, false);
        stop = true;
        damage.join();
    }

    channel.bytes.mend();
    auto again = channel.reader.subscribe(channel_under_attack::from_oldest(false)).value();
    require(again.receive_text(no_wait).value().text == kept, "after mending, the first message isn't there");
    require(again.receive_text(no_wait).value().text == "llllllllll", "after mending, the loaned one isn't there");
    require(channel.sender.send_text("more").value() == 4, "after mending, nothing can be sent");
    require(channel.sender.borrow(1, no_wait).has_value(), "after mending, nothing can be borrowed");
}

}  // namespace hostile
