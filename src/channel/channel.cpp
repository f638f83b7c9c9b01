// Channels: a ring of messages, an owner word for senders and wait words, in a structured object.
// SPDX-License-Identifier: MIT
//
// Layout: layout.hpp. Each part has its protocol, invariants and crash story in its own header: channel/ring.hpp
// (messages, loans, registered subscribers), shared/owner_word.hpp (whose turn it is), shared/wait_word.hpp (who
// sleeps).
//
// A send: take the turn; S1 to S6 of ring.hpp; release the turn; wake those who sleep, if any.
//   Killed before its record is there: nothing was sent; after that: it was. The turn is then a dead one's, and the
//   next sender takes it. Sleepers that nobody has woken look again by themselves (wait_word.hpp).
//
// Why a sleeper misses no message: as in cell.cpp. It marks itself, reads the owner word, then the record's meta; the
// sender stores meta, releases the owner word (seq_cst), reads the mark (seq_cst). So does a listener in an event loop,
// its mark being in the bell (bell.hpp).
//
// Why a sender that waits for room misses none: it marks itself in the word for room, then reads the subscriber's
// position (seq_cst). A subscriber that passes the end of a segment or a loaned message, for which alone senders wait,
// stores its position (seq_cst), then reads the mark (seq_cst). Death wakes nobody: the sender asks again every 10 ms.
#include <algorithm>
#include <string>

#include "channel/state.hpp"
#include "shared/await.hpp"

namespace samepage {

namespace {

constexpr const char* sending = "send in a channel";
constexpr const char* borrowing = "borrow from a channel";
constexpr const char* listening = "listen to a channel";
constexpr const char* publishing = "publish in a channel";

// Death wakes nobody: a sender that waits for a subscriber asks the kernel that often.
constexpr duration slice = std::chrono::milliseconds(10);

error closed(const char* operation) { return error(errc::closed, operation); }

}  // namespace

channel_bytes::channel_bytes() noexcept = default;
channel_bytes::channel_bytes(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}
channel_bytes::channel_bytes(channel_bytes&&) noexcept = default;
channel_bytes& channel_bytes::operator=(channel_bytes&&) noexcept = default;
channel_bytes::~channel_bytes() = default;
void channel_bytes::close() noexcept { state_.reset(); }

// ---- Opening -------------------------------------------------------------------------------------------------------

result<channel_bytes> channel_bytes::state::open(std::string_view place, os::disposition disposition,
                                                 const channel_options& options) {
    const char* const operation = disposition == os::disposition::open_existing ? "open a channel" : "create a channel";
    if (options.capacity_bytes == 0 || options.capacity_bytes > channels::capacity_max)
        return error(errc::invalid_argument, operation, "a capacity is 1 byte to 256 MiB");
    if (options.loans > channels::loans_max)
        return error(errc::invalid_argument, operation,
                     "a channel has at most " + std::to_string(channels::loans_max) + " loans");
    const auto shape = channels::shape::of(options.capacity_bytes, options.loans);
    shared::structured_request request;
    request.place = place;
    request.disposition = disposition;
    request.access = options.access;
    request.timeout = options.timeout;
    request.spec.kind = kind::channel;
    request.spec.format_version = channels::format_version;
    request.spec.fingerprint = channels::fingerprint;
    request.spec.object_bytes = shape.object_bytes();
    request.spec.parameters = {shape.capacity_bytes, shape.ring_bytes, shape.loans, 0};
    request.initialise = [&](std::span<std::byte> object) { ring(object.data(), shape).initialise(); };
    request.operation = operation;
    auto s = std::make_shared<state>();
    if (auto opened = s->opened.open(request); !opened) return opened.error();
    if (auto attached = s->attach(options, operation); !attached) return attached.error();
    if (options.sole_writer) {
        if (auto alone = s->be_sole(options.timeout, operation); !alone) return alone.error();
    }
    return channel_bytes(std::move(s));
}

result<void> channel_bytes::state::attach(const channel_options& options, const char* operation) {
    if (!channels::shape::fits(opened.header()))
        return error(errc::corrupt, operation, opened.place() + " says a size that cannot be; make it anew");
    content.emplace(&opened.at<std::byte>(0), channels::shape::from(opened.header()));
    self.emplace(opened.object(), opened.participants());
    owner.emplace(opened.at<std::atomic<std::uint64_t>>(channels::owner_offset), *self, opened.object(),
                  channels::owner_point, shared::owner_word::usual);
    if (std::byte* const page = opened.wait_page(); page != nullptr) {
        const auto word = [&](std::uint64_t offset) -> std::atomic<std::uint32_t>& {
            return *reinterpret_cast<std::atomic<std::uint32_t>*>(page + offset - shared::wait_page_offset);
        };
        waiters.emplace(word(channels::waiters_offset), channels::waiters_point);
        bell.emplace(word(channels::bell_offset));
        room.emplace(word(channels::room_offset), channels::room_point);
    }
    strategy = options.strategy;
    return {};
}

result<channel_bytes> channel_bytes::create(std::string_view place, const channel_options& options) {
    return state::open(place, os::disposition::create_or_open, options);
}

result<channel_bytes> channel_bytes::create_new(std::string_view place, const channel_options& options) {
    return state::open(place, os::disposition::create_new, options);
}

result<channel_bytes> channel_bytes::open(std::string_view place, const channel_options& options) {
    return state::open(place, os::disposition::open_existing, options);
}

// ---- Turns and room ------------------------------------------------------------------------------------------------

result<void> channel_bytes::state::may_send(std::size_t size_bytes, const char* operation) const {
    if (!opened.may_write()) return error(errc::denied, operation, "it was opened read-only; open it to write");
    const std::uint64_t capacity_bytes = content->its_shape().capacity_bytes;
    if (size_bytes <= capacity_bytes) return {};
    return error(errc::too_large, operation,
                 "the message has " + std::to_string(size_bytes) + " bytes, the channel takes at most " +
                     std::to_string(capacity_bytes) + "; create it with a capacity of " + std::to_string(size_bytes));
}

result<channel_bytes::state::turn> channel_bytes::state::take_turn(shared::patience& until,
                                                                   const char* operation) const {
    if (const std::uint64_t identity = owner->try_fast(); identity != 0) return turn(*this, identity);
    const auto taken = owner->acquire(until.end().left(), strategy, operation);
    if (!taken) return taken.error();
    turn mine(*this, taken->identity);
    if (!taken->owner_died || content->catch_up()) return mine;
    mine.is_repaired(false);
    return corrupt(operation);
}

result<void> channel_bytes::state::be_sole(duration timeout, const char* operation) const {
    if (auto good = may_send(0, operation); !good) return good;
    shared::patience until(timeout);
    const auto mine = take_turn(until, operation);
    if (!mine) return mine.error();
    return self->become_sole(operation);
}

result<bool> channel_bytes::state::free_if_dead(std::uint32_t subscriber, const char* operation) const {
    const std::uint64_t identity = content->subscriber(subscriber).identity.load();
    if (identity == 0) return true;
    const result<bool> live = self->is_live(identity, operation);
    if (!live) return live;
    if (!*live) content->unregister(subscriber, identity);
    return !*live;
}

error channel_bytes::state::blocked_error(const ring::outcome& by, bool waited, const char* operation) const {
    const std::uint64_t identity = content->subscriber(by.subscriber).identity.load();
    const std::string who = identity == 0 ? "one that has just left" : self->describe(identity);
    return error(waited ? errc::timed_out : errc::full, operation,
                 "there is no room until " + who + ", a registered subscriber, has received more" +
                     (waited ? "; wait longer" : ""));
}

template <class Step>
result<ring::outcome> channel_bytes::state::when_there_is_room(Step&& step, shared::patience& until,
                                                               const char* operation) const {
    for (;;) {
        ring::outcome last;
        {
            auto mine = take_turn(until, operation);
            if (!mine) return mine.error();
            for (;;) {
                const result<ring::outcome> tried = step(mine->identity());
                if (!tried) return tried.error();
                last = *tried;
                if (last.how == ring::sent::done) {
                    if (last.sequence != 0) mine->sent();
                    return last;
                }
                if (last.how == ring::sent::corrupt) return corrupt(operation);
                const result<bool> was_dead = free_if_dead(last.subscriber, operation);
                if (!was_dead) return was_dead.error();
                if (!*was_dead) break;
            }
        }
        if (until.end().passed()) return blocked_error(last, until.waits(), operation);
        const auto& in_the_way = content->subscriber(last.subscriber);
        const auto has_moved = [&] {
            // seq_cst (default): pairs with the store in subscriber_bytes::state::announce() (place, sleepers)
            return in_the_way.position.load() >= last.needed || in_the_way.identity.load() == 0;
        };
        const auto a_slice = os::deadline::after(std::min(slice, until.end().left()));
        shared::await(has_moved, has_moved, &*room, opened.object(), strategy, a_slice);
    }
}

// ---- Sending -------------------------------------------------------------------------------------------------------

result<std::uint64_t> channel_bytes::send(std::span<const std::byte> message, duration timeout) const {
    if (state_ && state_->opened.may_write() && message.size() <= state_->content->its_shape().capacity_bytes)
        [[likely]] {
        const state& s = *state_;
        const std::uint64_t identity = s.owner->try_fast();
        if (identity != 0) [[likely]] {
            const std::uint64_t sequence = s.self->has_no_other_sole() ? s.content->try_send(message) : 0;
            static_cast<void>(s.owner->release(identity, true));
            if (sequence != 0) [[likely]] {
                s.tell_those_who_wait();
                return sequence;
            }
        }
    }
    return send_waiting(message, timeout);
}

result<std::uint64_t> channel_bytes::send_waiting(std::span<const std::byte> message, duration timeout) const {
    if (!state_) return closed(sending);
    const state& s = *state_;
    if (auto good = s.may_send(message.size(), sending); !good) return good.error();
    const auto step = [&](std::uint64_t) -> result<ring::outcome> {
        if (auto good = s.self->may_write(sending); !good) return good.error();
        return s.content->send(message);
    };
    shared::patience until(timeout);
    const auto sent = s.when_there_is_room(step, until, sending);
    if (!sent) return sent.error();
    return sent->sequence;
}

result<std::size_t> channel_bytes::send_many(std::span<const std::span<const std::byte>> messages,
                                             duration timeout) const {
    if (!state_) return closed(sending);
    const state& s = *state_;
    for (const auto& message : messages) {
        if (auto good = s.may_send(message.size(), sending); !good) return good.error();
    }
    shared::patience until(timeout);
    std::size_t done = 0;
    // As many as there is room for are one step.
    const auto step = [&](std::uint64_t) -> result<ring::outcome> {
        if (auto good = s.self->may_write(sending); !good) return good.error();
        ring::outcome last{ring::sent::done, 0, 0, 0};
        const std::size_t before = done;
        while (done < messages.size()) {
            const ring::outcome now = s.content->send(messages[done]);
            if (now.how != ring::sent::done) return done == before ? now : last;
            last = now;
            ++done;
        }
        return last;
    };
    while (done < messages.size()) {
        const auto sent = s.when_there_is_room(step, until, sending);
        if (sent) continue;
        if (done == 0) return sent.error();
        break;
    }
    return done;
}

// ---- Loans ---------------------------------------------------------------------------------------------------------

result<channel_bytes::loan> channel_bytes::borrow(std::size_t size_bytes, duration timeout) const {
    if (!state_) return closed(borrowing);
    const state& s = *state_;
    if (auto good = s.may_send(size_bytes, borrowing); !good) return good.error();
    if (s.content->its_shape().loans == 0)
        return error(errc::full, borrowing, "this channel was created without loans; create it with some");
    const auto lent = [&](std::uint32_t block, std::uint64_t identity) {
        loan mine;
        mine.channel_ = state_;
        mine.bytes_ = s.content->block(block).first(size_bytes);
        mine.identity_ = identity;
        mine.block_ = block;
        return mine;
    };
    if (const std::uint64_t me = s.owner->try_fast(); me != 0) [[likely]] {
        const std::optional<std::uint32_t> free = s.content->free_block();
        if (free) s.content->lend(*free, me);
        static_cast<void>(s.owner->release(me, true));
        if (free) return lent(*free, me);
    }
    std::uint64_t identity = 0;
    std::optional<std::uint32_t> block;
    const auto step = [&](std::uint64_t me) -> result<ring::outcome> {
        const ring& content = *s.content;
        ring::blocks_seen seen = content.look_at_blocks();
        if (!seen.free && seen.is_any_lent) {
            if (auto freed = s.end_dead_loans(borrowing); !freed) return freed.error();
            seen = content.look_at_blocks();
        }
        block = seen.free ? seen.free : seen.oldest;
        if (!block) return s.all_out_error();
        if (!seen.free) {
            const ring::outcome given_up = content.give_up_loan(seen.oldest_position);
            if (given_up.how != ring::sent::done) return given_up;
        }
        content.lend(*block, me);
        identity = me;
        return ring::outcome{ring::sent::done, 0, 0, 0};
    };
    shared::patience until(timeout);
    if (const auto done = s.when_there_is_room(step, until, borrowing); !done) return done.error();
    return lent(*block, identity);
}

// Blocks that the dead had on loan are free.
result<void> channel_bytes::state::end_dead_loans(const char* operation) const {
    for (std::uint32_t i = 0; i < content->its_shape().loans; ++i) {
        const std::uint64_t borrower = content->borrower_of(i);
        if (borrower == 0) continue;
        const result<bool> live = self->is_live(borrower, operation);
        if (!live) return live.error();
        if (!*live) content->end_loan(i);
    }
    return {};
}

error channel_bytes::state::all_out_error() const {
    for (std::uint32_t i = 0; i < content->its_shape().loans; ++i) {
        if (const std::uint64_t borrower = content->borrower_of(i); borrower != 0) {
            return error(errc::full, borrowing,
                         "all " + std::to_string(content->its_shape().loans) + " loans are out, one to " +
                             self->describe(borrower) + "; publish or drop some");
        }
    }
    return error(errc::busy, borrowing, "loans were given back just now; try again");
}

result<std::uint64_t> channel_bytes::loan::publish(std::size_t size_bytes, duration timeout) {
    const auto* from = static_cast<const state*>(channel_.get());
    if (from == nullptr) return closed(publishing);
    if (size_bytes > bytes_.size())
        return error(errc::invalid_argument, publishing,
                     "the loan has " + std::to_string(bytes_.size()) + " bytes, borrow more");
    if (from->self->identity() != identity_) {
        drop();
        return error(errc::not_owner, publishing, "it was borrowed before this process was forked; borrow here");
    }
    const auto is_sent = [&](std::uint64_t sequence) {
        channel_.reset();
        bytes_ = {};
        identity_ = 0;
        return sequence;
    };
    if (const std::uint64_t me = from->owner->try_fast(); me != 0) [[likely]] {
        ring::outcome at_once;
        if (from->self->has_no_other_sole()) at_once = from->content->send_loan(block_, size_bytes);
        static_cast<void>(from->owner->release(me, true));
        if (at_once.how == ring::sent::done) [[likely]] {
            from->tell_those_who_wait();
            return is_sent(at_once.sequence);
        }
    }
    const auto step = [&](std::uint64_t) -> result<ring::outcome> {
        if (auto good = from->self->may_write(publishing); !good) return good.error();
        return from->content->send_loan(block_, size_bytes);
    };
    shared::patience until(timeout);
    const auto sent = from->when_there_is_room(step, until, publishing);
    if (sent) return is_sent(sent->sequence);
    if (sent.error().code() != errc::timed_out && sent.error().code() != errc::full) drop();
    return sent.error();
}

void channel_bytes::loan::drop() noexcept {
    const auto* from = static_cast<const state*>(channel_.get());
    if (from != nullptr && from->self->identity() == identity_) from->content->end_loan(block_);
    channel_.reset();
    bytes_ = {};
    identity_ = 0;
}

// ---- Event loops ---------------------------------------------------------------------------------------------------

result<native_handle> channel_bytes::descriptor() const {
    if (!state_) return closed(listening);
    if (!state_->bell) return state_->may_not_mark(listening);
    return state_->bell->armed_descriptor(state_->opened.object());
}

result<void> channel_bytes::arm() const {
    if (!state_) return closed(listening);
    if (!state_->bell) return state_->may_not_mark(listening);
    if (const auto armed = state_->bell->arm(state_->opened.object()); !armed) return armed.error();
    // seq_cst (default): pairs with the release of the turn, as for sleepers (sleepers)
    state_->owner->settle();
    return {};
}

// ---- What it is ----------------------------------------------------------------------------------------------------

bool channel_bytes::is_open() const noexcept { return state_ != nullptr; }
bool channel_bytes::created() const noexcept { return state_ && state_->opened.object().created(); }
std::uint64_t channel_bytes::capacity_bytes() const noexcept {
    return state_ ? state_->content->its_shape().capacity_bytes : 0;
}

access channel_bytes::access() const noexcept {
    return state_ && state_->opened.may_write() ? access::read_write : access::read_only;
}

result<channel_info> channel_bytes::info() const {
    constexpr const char* operation = "look at a channel";
    if (!state_) return closed(operation);
    const state& s = *state_;
    const ring& content = *s.content;
    const auto oldest = content.oldest();
    const auto newest = content.newest();
    if (!oldest || !newest) return s.corrupt(operation);
    channel_info info;
    info.next_sequence = newest->sequence;
    info.oldest_sequence = oldest->sequence;
    info.capacity_bytes = content.its_shape().capacity_bytes;
    info.ring_bytes = content.its_shape().ring_bytes;
    info.loans = content.its_shape().loans;
    for (std::uint32_t i = 0; i < info.loans; ++i) {
        const std::uint64_t borrower = content.borrower_of(i);
        if (borrower == 0) continue;
        const auto live = s.self->is_live(borrower, operation);
        if (!live) return live.error();
        if (*live) ++info.loans_out;
    }
    for (std::uint32_t i = 0; i < channels::subscribers_max; ++i) {
        const std::uint64_t identity = content.subscriber(i).identity.load();
        if (identity == 0) continue;
        const auto live = s.self->is_live(identity, operation);
        if (!live) return live.error();
        channel_info::subscriber one;
        one.live = *live;
        if (*live) one.process = s.self->process_of(identity);
        const std::uint64_t position = content.subscriber(i).position.load();
        const auto at = content.place_at(position);
        one.lag_bytes = newest->position >= position ? newest->position - position : 0;
        one.lag_messages = at && newest->sequence >= at->sequence ? newest->sequence - at->sequence : 0;
        info.registered.push_back(one);
    }
    if (const std::uint64_t sender = s.owner->owner(); sender != 0) info.sender_process = s.self->process_of(sender);
    info.sole_writer_process = s.self->sole_process();
    info.sleeps = s.waiters.has_value();
    if (info.sleeps) info.waiters = s.waiters->sleepers();
    return info;
}

result<void> channel_bytes::check_name() const {
    if (!state_) return closed("check the name");
    return state_->opened.object().check_name();
}

}  // namespace samepage
