// Subscribers: a place in a channel that one reader moves along. The protocol is in channel/ring.hpp.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include "channel/state.hpp"
#include "shared/await.hpp"

namespace samepage {

using channels::reading_place;

namespace {

constexpr const char* receiving = "receive from a channel";
constexpr const char* subscribing = "subscribe to a channel";

// Copies of one message that were overtaken, and records passed over in one step, before a call gives up.
constexpr unsigned tries_max = 100;

}  // namespace

struct subscriber_bytes::state {
    std::shared_ptr<channel_bytes::state> channel;
    ring content;  // the channel's: copied, so that it is one step nearer
    reading_place at;
    std::uint64_t wanted = 0;           // no message before this one is given
    std::uint64_t missed = 0;           // since the last one that was given
    std::uint32_t usual_bytes = 0;      // the size of the last one that was received the quick way
    std::uint64_t identity = 0;         // registered: who it is
    std::optional<std::uint32_t> slot;  // registered: where
    unsigned spins;                     // looks that a call takes before it begins to wait as the strategy says
    bool viewing = false;               // registered: what is before `at` is not announced yet

    state(std::shared_ptr<channel_bytes::state> c)
        : channel(std::move(c)),
          content(*channel->content),
          spins(channel->strategy == wait_strategy::sleep ? 0 : shared::spins_before_sleep) {}
    ~state() {
        if (!is_mine()) return;
        content.unregister(*slot, identity);
        channel->room->wake_all(channel->opened.object());
    }
    bool is_mine() const noexcept { return slot && channel->self->identity() == identity; }

    result<void> begin_receiving();
    ring::found next();
    bool catch_up_with_oldest();
    void pass(const ring::found& record) noexcept;
    void announce(std::uint64_t from, bool loaned) noexcept;
    result<ring::found> next_message(shared::patience& until);
    error overtaken() const {
        return error(errc::busy, receiving, "senders overtook it in every try; receive faster, or register");
    }
};

subscriber_bytes::subscriber_bytes() noexcept = default;
subscriber_bytes::subscriber_bytes(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
subscriber_bytes::subscriber_bytes(subscriber_bytes&&) noexcept = default;
subscriber_bytes& subscriber_bytes::operator=(subscriber_bytes&&) noexcept = default;
subscriber_bytes::~subscriber_bytes() = default;
void subscriber_bytes::close() noexcept { state_.reset(); }

// ---- Subscribing ---------------------------------------------------------------------------------------------------

result<reading_place> channel_bytes::state::find_start(const subscribe_options& options, std::uint64_t& missed) const {
    const bool is_oldest = options.sequence != 0 || options.start == start::oldest;
    auto at = is_oldest ? content->oldest() : content->newest();
    if (!at) return corrupt(subscribing);
    if (options.sequence == 0) return *at;
    if (at->sequence > options.sequence) missed = at->sequence - options.sequence;
    while (at->sequence < options.sequence) {
        const ring::found record = content->look(*at);
        const bool is_record = record.how == ring::sight::message || record.how == ring::sight::passed;
        // The end, or overtaken: then receiving finds out how far.
        if (!is_record || !content->is_kept(at->position)) break;
        if (record.how == ring::sight::message) ++at->sequence;
        at->position = record.end;
    }
    return *at;
}

// In a turn, so that `oldest` stands still meanwhile.
result<std::uint32_t> channel_bytes::state::register_subscriber(const subscribe_options& options, reading_place& at,
                                                                std::uint64_t& missed, std::uint64_t& identity) const {
    if (!opened.may_write())
        return error(errc::denied, subscribing, "a registered subscriber writes; open the channel to write");
    shared::patience until(options.timeout);
    auto mine = take_turn(until, subscribing);
    if (!mine) return mine.error();
    auto found = find_start(options, missed);
    if (!found) return found.error();
    at = *found;
    identity = mine->identity();
    auto slot = content->register_subscriber(identity, at);
    for (std::uint32_t i = 0; !slot && i < channels::subscribers_max; ++i) {
        const result<bool> freed = free_if_dead(i, subscribing);
        if (!freed) return freed.error();
        if (*freed) slot = content->register_subscriber(identity, at);
    }
    if (!slot)
        return error(errc::full, subscribing,
                     std::to_string(channels::subscribers_max) + " registered subscribers live; subscribe without");
    return *slot;
}

result<subscriber_bytes> channel_bytes::subscribe(const subscribe_options& options) const {
    if (!state_) return error(errc::closed, subscribing);
    auto s = std::make_unique<subscriber_bytes::state>(state_);
    s->wanted = options.sequence;
    if (options.registered) {
        const auto slot = state_->register_subscriber(options, s->at, s->missed, s->identity);
        if (!slot) return slot.error();
        s->slot = *slot;
    } else {
        const auto at = state_->find_start(options, s->missed);
        if (!at) return at.error();
        s->at = *at;
    }
    return subscriber_bytes(std::move(s));
}

// ---- Going along ---------------------------------------------------------------------------------------------------

// Tells senders that all before `at` has been received; it came from `from`.
void subscriber_bytes::state::announce(std::uint64_t from, bool loaned) noexcept {
    auto& position = content.subscriber(*slot).position;
    const std::uint64_t segment_bytes = content.its_shape().ring_bytes / channels::segments_count;
    if (((from ^ at.position) & ~(segment_bytes - 1)) == 0 && !loaned) [[likely]] {
        // release: pairs with the acquire in ring::in_the_way() (place): what was copied was copied before
        position.store(at.position, std::memory_order_release);
        return;
    }
    // seq_cst (default): pairs with the load in when_there_is_room() (place, sleepers)
    position.store(at.position);
    channel->room->wake_all(channel->opened.object());
}

void subscriber_bytes::state::pass(const ring::found& record) noexcept {
    const std::uint64_t from = at.position;
    at.position = record.end;
    if (slot) announce(from, record.loaned);
}

result<void> subscriber_bytes::state::begin_receiving() {
    if (!slot) return {};
    if (!is_mine()) return error(errc::not_owner, receiving, "it was registered before this process was forked");
    // What was viewed is received now. Whatever it was, senders may be waiting for it.
    if (std::exchange(viewing, false)) announce(0, true);
    return {};
}

// Goes on from the oldest message that is kept. False: what is there cannot be.
bool subscriber_bytes::state::catch_up_with_oldest() {
    const auto oldest = content.oldest();
    if (!oldest || oldest->sequence < at.sequence || oldest->position < at.position) return false;
    missed += oldest->sequence - std::max(at.sequence, std::min(wanted, oldest->sequence));
    at = *oldest;
    if (slot) announce(0, true);
    return true;
}

// The record of the next message, which stays the next; or nothing, or corrupt.
ring::found subscriber_bytes::state::next() {
    ring::found record;
    for (unsigned tries = 0; tries < tries_max;) {
        record = content.look(at);
        // Given up, though its bytes are still there.
        if (record.how == ring::sight::message && !content.is_kept(at.position)) record.how = ring::sight::overtaken;
        switch (record.how) {
            case ring::sight::message:
                if (at.sequence >= wanted) return record;
                pass(record);
                ++at.sequence;
                continue;
            case ring::sight::passed: pass(record); break;
            case ring::sight::overtaken:
                if (!catch_up_with_oldest()) {
                    record.how = ring::sight::corrupt;
                    return record;
                }
                break;
            default: return record;
        }
        ++tries;
    }
    return record;
}

result<ring::found> subscriber_bytes::state::next_message(shared::patience& until) {
    for (;;) {
        const ring::found record = next();
        if (record.how == ring::sight::message) return record;
        if (record.how == ring::sight::corrupt) return channel->corrupt(receiving);
        if (record.how != ring::sight::nothing) return overtaken();
        const auto has_news = [&] { return content.has_news(at.position); };
        // seq_cst (default): the read of the owner word, see "Why a sleeper misses no message" (sleepers)
        const auto has_news_for_sleepers = [&] { return channel->owner->settle(), has_news(); };
        const shared::wait_word* const word = channel->waiters ? &*channel->waiters : nullptr;
        if (!shared::await(has_news, has_news_for_sleepers, word, channel->opened.object(), channel->strategy,
                           until.end()))
            return error(errc::timed_out, receiving, "there was no message; wait longer");
    }
}

// ---- Receiving -----------------------------------------------------------------------------------------------------

result<received> subscriber_bytes::receive(std::span<std::byte> into, duration timeout) {
    if (!state_) return error(errc::closed, receiving);
    state& s = *state_;
    ring::found record = s.content.look(s.at, s.usual_bytes);
    for (unsigned turn = 0; record.how == ring::sight::nothing && turn < s.spins && timeout > no_wait; ++turn) {
        shared::relax();
        s.content.expect(s.at);
        record = s.content.look(s.at, s.usual_bytes);
    }
    const bool is_plain = record.how == ring::sight::message && record.size_bytes <= into.size() &&
                          s.at.sequence >= s.wanted && (!s.slot || (!s.viewing && s.is_mine()));
    if (is_plain) [[likely]] {
        shared::load_bytes(into.data(), record.data, static_cast<std::size_t>(record.size_bytes));
        if (s.content.is_kept(s.at.position)) [[likely]] {
            s.pass(record);
            if (record.size_bytes != s.usual_bytes) s.usual_bytes = static_cast<std::uint32_t>(record.size_bytes);
            return received{s.at.sequence++, std::exchange(s.missed, 0), static_cast<std::size_t>(record.size_bytes)};
        }
    }
    return receive_waiting(into, timeout);
}

result<received> subscriber_bytes::receive_waiting(std::span<std::byte> into, duration timeout) {
    return receive_with(
        [&](std::size_t size_bytes) -> result<std::byte*> {
            if (size_bytes <= into.size()) return into.data();
            return error(errc::too_large, receiving,
                         "the message has " + std::to_string(size_bytes) + " bytes, there is room for " +
                             std::to_string(into.size()) + "; give a larger buffer")
                .set_needed_bytes(size_bytes);
        },
        timeout);
}

// `room_for` gives where a message of that many bytes is copied to.
template <class RoomFor>
result<received> subscriber_bytes::receive_with(RoomFor&& room_for, duration timeout) {
    state& s = *state_;
    if (auto mine = s.begin_receiving(); !mine) return mine.error();
    shared::patience until(timeout);
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        const auto record = s.next_message(until);
        if (!record) return record.error();
        const auto size_bytes = static_cast<std::size_t>(record->size_bytes);
        const result<std::byte*> into = room_for(size_bytes);
        // A length that is no message's any more is nobody's business.
        if (!into && s.content.is_kept(s.at.position)) return into.error();
        if (!into) continue;
        shared::load_bytes(*into, record->data, size_bytes);
        if (!s.content.is_kept(s.at.position)) continue;
        const std::uint64_t sequence = s.at.sequence++;
        s.pass(*record);
        return received{sequence, std::exchange(s.missed, 0), size_bytes};
    }
    return s.overtaken();
}

result<subscriber_bytes::text_message> subscriber_bytes::receive_text(duration timeout) {
    if (!state_) return error(errc::closed, receiving);
    std::string text;
    const auto seen = receive_with(
        [&](std::size_t size_bytes) -> result<std::byte*> {
            text.resize(size_bytes);
            return reinterpret_cast<std::byte*>(text.data());
        },
        timeout);
    if (!seen) return seen.error();
    return text_message{seen->sequence, seen->missed, std::move(text)};
}

result<subscriber_bytes::view> subscriber_bytes::receive_view(duration timeout) {
    if (!state_) return error(errc::closed, receiving);
    state& s = *state_;
    if (auto mine = s.begin_receiving(); !mine) return mine.error();
    shared::patience until(timeout);
    const auto record = s.next_message(until);
    if (!record) return record.error();
    view seen;
    seen.channel_ = s.channel;
    seen.bytes_ = {record->data, static_cast<std::size_t>(record->size_bytes)};
    seen.sequence_ = s.at.sequence++;
    seen.missed_ = std::exchange(s.missed, 0);
    seen.position_ = s.at.position;
    s.at.position = record->end;
    s.viewing = s.slot.has_value();
    return seen;
}

bool subscriber_bytes::view::is_valid() const noexcept {
    const auto* from = static_cast<const channel_bytes::state*>(channel_.get());
    // acquire: pairs with the release in give_up() (payload): the uses of the bytes come before the question
    std::atomic_thread_fence(std::memory_order_acquire);
    return from != nullptr && from->content->is_kept(position_);
}

result<std::size_t> subscriber_bytes::receive_many(std::span<std::byte> into, std::span<part> parts, duration timeout) {
    std::size_t used = 0;
    std::size_t count = 0;
    while (count < parts.size()) {
        const auto seen = receive(into.subspan(used), count == 0 ? timeout : no_wait);
        if (!seen && count == 0) return seen.error();
        if (!seen) break;
        parts[count++] = {seen->sequence, seen->missed, into.subspan(used, seen->size_bytes)};
        used = std::min(into.size(), used + static_cast<std::size_t>(shared::copy_room(seen->size_bytes)));
    }
    return count;
}

result<void> subscriber_bytes::wait(duration timeout) {
    if (!state_) return error(errc::closed, receiving);
    if (auto mine = state_->begin_receiving(); !mine) return mine.error();
    shared::patience until(timeout);
    const auto record = state_->next_message(until);
    if (!record) return record.error();
    return {};
}

std::uint64_t subscriber_bytes::next_sequence() const noexcept { return state_ ? state_->at.sequence : 0; }
bool subscriber_bytes::is_registered() const noexcept { return state_ && state_->slot.has_value(); }
bool subscriber_bytes::is_open() const noexcept { return state_ != nullptr; }

}  // namespace samepage
