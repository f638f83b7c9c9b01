// channel: a stream of messages by name, which every subscriber sees.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "samepage/cell.hpp"
#include "samepage/duration.hpp"
#include "samepage/export.hpp"
#include "samepage/region.hpp"
#include "samepage/result.hpp"
#include "samepage/wait.hpp"

namespace samepage {

struct channel_options {
    samepage::access access = samepage::access::read_write;  // read_only: subscribes, doesn't send
    // The largest message, fixed when the channel is made; an existing one keeps its own. At most 256 MiB. The channel
    // keeps at least the newest messages of twice that, each counted with 16 to 31 bytes more than it has; but with a
    // loaned message's memory, which the next loan takes, all messages before that one go, too.
    std::uint64_t capacity_bytes = std::uint64_t{256} << 10;
    // Messages that can be on loan or, sent without a copy, be kept at once: with more, the oldest go, and a registered
    // subscriber may lag so far behind and no more. Of three or more, one is free for the next loan after each publish,
    // unless another is on loan just then, or a registered subscriber still wants the oldest. Each takes
    // capacity_bytes. 0 to 64.
    std::uint32_t loans = 4;
    wait_strategy strategy = wait_strategy::spin_then_sleep;
    // How long to wait for a process that is just creating or closing the same name and was stopped in it.
    duration timeout = std::chrono::seconds(5);
    // While this handle lives it alone writes: others are `denied`, in a sentence that names its process. Opening is
    // denied when there is one already. Ends with the handle, or its process. Needs the right to write.
    bool sole_writer = false;
};

enum class start : std::uint8_t {
    newest,  // with the next message that is sent
    oldest,  // with the oldest that is kept
};

struct subscribe_options {
    samepage::start start = samepage::start::newest;
    // Not 0: with this message, instead of `start`. Those before it that are gone count as missed, those that are
    // still to come are waited for.
    std::uint64_t sequence = 0;
    // Never overtaken: senders wait for it. Needs a channel opened to write. At most 64 at once.
    bool registered = false;
    // Registering takes a turn: how long to wait for a sender that was stopped in its own.
    duration timeout = writer_patience;
};

// A message that was copied out.
struct received {
    std::uint64_t sequence;  // 1 for a channel's first message, one more for each
    std::uint64_t missed;    // how many were overwritten before this subscriber came to them, since its last message
    std::size_t size_bytes;
};

// What there is to know about a channel, as of some moment during the call.
struct channel_info {
    struct subscriber {
        std::uint32_t process = 0;       // where the system shows it
        bool live = false;               // false: it died; the next sender that needs its room takes it
        std::uint64_t lag_messages = 0;  // sent and not yet received
        std::uint64_t lag_bytes = 0;     // the same in bytes of the ring
    };
    std::uint64_t next_sequence = 0;    // of the message that is sent next; 1: none has been
    std::uint64_t oldest_sequence = 0;  // the oldest that is kept; next_sequence: none is
    std::uint64_t capacity_bytes = 0;
    std::uint64_t ring_bytes = 0;
    std::uint32_t loans = 0;
    std::uint32_t loans_out = 0;            // on loan to living senders
    std::vector<subscriber> registered;     // the others leave no trace
    std::uint32_t waiters = 0;              // how many sleep until the next message; killed ones count until then
    std::uint32_t sender_process = 0;       // who is sending just now, where the system shows it
    std::uint32_t sole_writer_process = 0;  // who alone may send, where the system shows it
    bool sleeps = true;                     // false: this handle may not mark itself as waiting, and polls
};

class subscriber_bytes;

// Messages of bytes or text under a name. `channel<T>` is the same for messages of one T.
//
// Order: one, for all. A message has its place and number from the moment send() or publish() acknowledges it; the
// numbers have no holes.
// Processes: any number may send and subscribe. A subscriber needs only the right to read and leaves no trace: senders
// never wait for it, and when it is overtaken it is told how many messages it missed. A *registered* one is never
// overtaken; a dead one stops holding senders back at once. Senders take turns; a killed one's turn ends by itself,
// a stopped one makes the others time out, naming it.
// Threads: const functions from any thread; closing, moving and assigning by one thread while no other uses the handle.
// fork(): a child's handle is a sender of its own.
// Lifetime: as region. A channel at a path keeps its newest messages when its holders go.
// Failure: a sender killed anywhere leaves a whole message or none. Bytes that cannot be are `corrupt`.
//
//   auto news = samepage::channel_bytes::create("news").value();
//   news.send_text("hello").value();
//   // in another process:
//   auto news = samepage::channel_bytes::create("news").value();
//   auto mine = news.subscribe({.start = samepage::start::oldest}).value();
//   auto seen = mine.receive_text().value();   // {sequence 1, missed 0, "hello"}
class SAMEPAGE_API channel_bytes {
   public:
    // A message that is filled in place and sent without a copy. Takes no place in the order before publish(). Dropped
    // at its end. Move-only; one thread at a time. Ends before its process forks or in the process that borrowed it.
    class SAMEPAGE_API loan {
       public:
        loan() noexcept = default;  // nothing
        loan(loan&& other) noexcept { swap(other); }
        loan& operator=(loan&& other) noexcept {
            loan(std::move(other)).swap(*this);
            return *this;
        }
        ~loan() { drop(); }

        std::span<std::byte> bytes() const noexcept { return bytes_; }
        // Sends it, or its first `size_bytes`, and gives its number. Afterwards, and after an error other than
        // timed_out or full, it is empty. Errors as send().
        result<std::uint64_t> publish(duration timeout = writer_patience) { return publish(bytes_.size(), timeout); }
        result<std::uint64_t> publish(std::size_t size_bytes, duration timeout);
        void drop() noexcept;

       private:
        friend class channel_bytes;
        void swap(loan& other) noexcept {
            std::swap(channel_, other.channel_);
            std::swap(bytes_, other.bytes_);
            std::swap(identity_, other.identity_);
            std::swap(block_, other.block_);
        }

        std::shared_ptr<void> channel_;
        std::span<std::byte> bytes_;
        std::uint64_t identity_ = 0;
        std::uint32_t block_ = 0;
    };

    channel_bytes() noexcept;  // closed
    channel_bytes(channel_bytes&&) noexcept;
    channel_bytes& operator=(channel_bytes&&) noexcept;
    ~channel_bytes();

    // Makes it, or opens the one that exists: created() says which.
    static result<channel_bytes> create(std::string_view place, const channel_options& = {});
    // As create, but already_exists if there is one.
    static result<channel_bytes> create_new(std::string_view place, const channel_options& = {});
    // As create, but not_found if there is none.
    static result<channel_bytes> open(std::string_view place, const channel_options& = {});

    // Sends a message and gives its number. Waits at most `timeout` for another sender, and for registered subscribers
    // that must receive before there is room. too_large, timed_out (naming who is in the way; with no_wait and no room
    // it is `full`), denied (opened read-only), full (too many senders live).
    result<std::uint64_t> send(std::span<const std::byte> message, duration timeout = writer_patience) const;
    result<std::uint64_t> send_text(std::string_view text, duration timeout = writer_patience) const {
        return send(std::as_bytes(std::span(text)), timeout);
    }
    // Sends these in a row, with one wake. Gives how many: fewer than all when there was no room in time; when not
    // even the first could be sent, the error.
    result<std::size_t> send_many(std::span<const std::span<const std::byte>> messages,
                                  duration timeout = writer_patience) const;

    // Memory in the channel for a message of `size_bytes`, with whatever was in it. Takes the oldest loaned message's
    // if all are in use, as send() takes the oldest messages' room, and waits for the same. full: all are on loan to
    // living senders (named), or there are none.
    result<channel_bytes::loan> borrow(std::size_t size_bytes, duration timeout = writer_patience) const;

    // full: 64 registered subscribers live. timed_out: a stopped sender (named) has the turn.
    result<subscriber_bytes> subscribe(const subscribe_options& = {}) const;

    // For event loops, in place of waiting in receive(): as cell_bytes::descriptor and arm. The handle's, for all its
    // subscribers: whenever it is readable, and once at the beginning, call arm() *first*, then receive with no_wait
    // from each until nothing is left. A message that comes after arm() makes it readable again.
    //
    //   pollfd bell{static_cast<int>(news.descriptor().value()), POLLIN, 0};
    //   for (;; poll(&bell, 1, -1)) {
    //       news.arm().value();
    //       while (auto seen = mine.receive_text(samepage::no_wait)) std::puts(seen->text.c_str());
    //   }
    result<native_handle> descriptor() const;
    result<void> arm() const;

    bool is_open() const noexcept;
    bool created() const noexcept;
    samepage::access access() const noexcept;
    std::uint64_t capacity_bytes() const noexcept;
    result<channel_info> info() const;
    result<void> check_name() const;  // as region::check_name

    void close() noexcept;  // what the destructor does; subscribers and loans keep the channel

   private:
    friend class subscriber_bytes;
    struct state;
    explicit channel_bytes(std::shared_ptr<state> s) noexcept;
    result<std::uint64_t> send_waiting(std::span<const std::byte> message, duration timeout) const;
    std::shared_ptr<state> state_;
};

// One subscriber's place in a channel. Move-only. One thread at a time; several threads have several subscribers.
// fork(): a child's copy goes on by itself; a registered one is its parent's, and the child's copy says not_owner.
class SAMEPAGE_API subscriber_bytes {
   public:
    struct text_message {
        std::uint64_t sequence;
        std::uint64_t missed;
        std::string text;
    };
    // A message where it lies. Its bytes can be overwritten by senders at any time, except for a registered subscriber
    // until its next call: use them, then ask is_valid() whether they were the message's all along.
    class SAMEPAGE_API view {
       public:
        std::uint64_t sequence() const noexcept { return sequence_; }
        std::uint64_t missed() const noexcept { return missed_; }
        std::span<const std::byte> bytes() const noexcept { return bytes_; }
        bool is_valid() const noexcept;

       private:
        friend class subscriber_bytes;
        std::shared_ptr<const void> channel_;
        std::span<const std::byte> bytes_;
        std::uint64_t sequence_ = 0, missed_ = 0, position_ = 0;
    };
    struct part {
        std::uint64_t sequence;
        std::uint64_t missed;
        std::span<const std::byte> bytes;  // of the buffer that was given
    };

    subscriber_bytes() noexcept;  // closed
    subscriber_bytes(subscriber_bytes&&) noexcept;
    subscriber_bytes& operator=(subscriber_bytes&&) noexcept;
    ~subscriber_bytes();

    // Copies the next message out, waiting for it. timed_out; too_large when `into` is too small, saying what is
    // needed: the message stays the next. busy when it was overtaken in every one of many tries. corrupt.
    result<received> receive(std::span<std::byte> into, duration timeout = forever);
    result<text_message> receive_text(duration timeout = forever);
    // Looks at the next message in place.
    result<view> receive_view(duration timeout = forever);
    // Copies as many of the next messages as are there and fit, one after the other into `into` (each begins at a
    // multiple of 16), and gives their number. Waits for the first. Errors as receive(), if they meet the first.
    result<std::size_t> receive_many(std::span<std::byte> into, std::span<part> parts, duration timeout = forever);

    // Waits until there is a next message. timed_out.
    result<void> wait(duration timeout = forever);

    std::uint64_t next_sequence() const noexcept;  // of the message that receive() gives if none is missed
    bool is_registered() const noexcept;
    bool is_open() const noexcept;
    void close() noexcept;  // what the destructor does

   private:
    friend class channel_bytes;
    struct state;
    explicit subscriber_bytes(std::unique_ptr<state> s) noexcept;
    result<received> receive_waiting(std::span<std::byte> into, duration timeout);
    template <class RoomFor>
    result<received> receive_with(RoomFor&& room_for, duration timeout);
    std::unique_ptr<state> state_;
};

// A T and its number in the channel.
template <class T>
struct message {
    T value;
    std::uint64_t sequence;
    std::uint64_t missed;
};

// Subscribes to a channel of T. A message of another size is wrong_kind, and is passed over.
template <class T>
class subscriber {
   public:
    subscriber() noexcept = default;

    result<message<T>> receive(duration timeout = forever) {
        std::array<std::byte, sizeof(T)> copy;
        const auto seen = bytes_.receive(copy, timeout);
        if (!seen && seen.error().code() == errc::too_large) {
            // Another one by now, if it was overtaken meanwhile.
            const auto passed = bytes_.receive_view(no_wait);
            if (!passed) return passed.error();
            if (passed->bytes().size() != sizeof(T)) return wrong_size(passed->bytes().size());
            std::memcpy(copy.data(), passed->bytes().data(), sizeof(T));
            if (!passed->is_valid()) return error(errc::busy, "receive", "senders overtook it; try again");
            return message<T>{std::bit_cast<T>(copy), passed->sequence(), passed->missed()};
        }
        if (!seen) return seen.error();
        if (seen->size_bytes != sizeof(T)) return wrong_size(seen->size_bytes);
        return message<T>{std::bit_cast<T>(copy), seen->sequence, seen->missed};
    }
    subscriber_bytes& bytes() noexcept { return bytes_; }

   private:
    template <class>
    friend class channel;
    explicit subscriber(subscriber_bytes bytes) noexcept : bytes_(std::move(bytes)) {}
    static error wrong_size(std::size_t size_bytes) {
        return error(
            errc::wrong_kind, "receive",
            "the message has " + std::to_string(size_bytes) + " bytes, this type has " + std::to_string(sizeof(T)));
    }
    subscriber_bytes bytes_;
};

// A channel of one T: a thin view of channel_bytes. T's layout should be the same in all processes: fixed-width
// members, no pointers.
//
//   auto ticks = samepage::channel<tick>::create("ticks").value();
//   ticks.send({17, 42}).value();
//   auto mine = ticks.subscribe({.registered = true}).value();      // misses none: senders wait for it
//   tick next = mine.receive().value().value;
template <class T>
class channel {
    static_assert(std::is_trivially_copyable_v<T>, "a channel's messages are copied byte by byte");

   public:
    channel() noexcept = default;

    static result<channel> create(std::string_view place, const channel_options& options = {}) {
        return of(channel_bytes::create(place, options));
    }
    static result<channel> create_new(std::string_view place, const channel_options& options = {}) {
        return of(channel_bytes::create_new(place, options));
    }
    static result<channel> open(std::string_view place, const channel_options& options = {}) {
        return of(channel_bytes::open(place, options));
    }

    result<std::uint64_t> send(const T& value, duration timeout = writer_patience) const {
        return bytes_.send(std::as_bytes(std::span(&value, 1)), timeout);
    }
    result<subscriber<T>> subscribe(const subscribe_options& options = {}) const {
        auto made = bytes_.subscribe(options);
        if (!made) return made.error();
        return subscriber<T>(std::move(*made));
    }
    bool is_open() const noexcept { return bytes_.is_open(); }
    bool created() const noexcept { return bytes_.created(); }
    const channel_bytes& bytes() const noexcept { return bytes_; }
    void close() noexcept { bytes_.close(); }

   private:
    explicit channel(channel_bytes bytes) noexcept : bytes_(std::move(bytes)) {}
    static result<channel> of(result<channel_bytes> opened) {
        if (!opened) return opened.error();
        return channel(std::move(*opened));
    }
    channel_bytes bytes_;
};

}  // namespace samepage
