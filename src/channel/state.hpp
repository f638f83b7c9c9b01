// What a channel's handle holds, for the channel and its subscribers.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "channel/ring.hpp"
#include "samepage/channel.hpp"
#include "shared/bell.hpp"
#include "shared/owner_word.hpp"
#include "shared/patience.hpp"
#include "shared/structured.hpp"
#include "shared/wait_word.hpp"

namespace samepage {

using channels::ring;

struct channel_bytes::state {
    shared::structured opened;
    std::optional<ring> content;
    std::optional<shared::participants> self;
    std::optional<shared::owner_word> owner;
    std::optional<shared::wait_word> waiters;  // none: this handle may not mark itself
    std::optional<shared::bell> bell;          // likewise
    std::optional<shared::wait_word> room;
    wait_strategy strategy;

    state() = default;
    ~state() {
        if (self && opened.may_write()) self->stop_being_sole();
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    static result<channel_bytes> open(std::string_view place, os::disposition disposition,
                                      const channel_options& options);
    result<void> attach(const channel_options& options, const char* operation);

    // A sender's turn. Ends at its end, and then wakes those who wait for a message if one was sent.
    class turn {
       public:
        turn(const state& s, std::uint64_t identity) noexcept : state_(&s), identity_(identity) {}
        turn(turn&& other) noexcept
            : state_(other.state_),
              identity_(std::exchange(other.identity_, 0)),
              sent_(other.sent_),
              repaired_(other.repaired_) {}
        turn& operator=(turn&&) = delete;
        ~turn() { end(); }
        std::uint64_t identity() const noexcept { return identity_; }
        void sent() noexcept { sent_ = true; }
        void is_repaired(bool repaired) noexcept { repaired_ = repaired; }
        void end() noexcept {
            if (identity_ == 0) return;
            static_cast<void>(state_->owner->release(std::exchange(identity_, 0), repaired_));
            if (sent_) state_->tell_those_who_wait();
        }

       private:
        const state* state_;
        std::uint64_t identity_;
        bool sent_ = false;
        bool repaired_ = true;  // what an owner that died had begun is done
    };
    // After the turn. Nobody waits, most of the time.
    void tell_those_who_wait() const {
        const bool woke = waiters->wake_all(opened.object());
        if (bell->ring(opened.object()) || woke) owner->end_bias();
    }
    result<turn> take_turn(shared::patience& until, const char* operation) const;

    result<void> be_sole(duration timeout, const char* operation) const;
    result<void> may_send(std::size_t size_bytes, const char* operation) const;
    // Runs `step` in turns of its own until it isn't blocked by a registered subscriber, or `until` has passed.
    template <class Step>
    result<ring::outcome> when_there_is_room(Step&& step, shared::patience& until, const char* operation) const;
    // What a step that is blocked has to do in its turn: true: the blocker was dead, try again.
    result<bool> free_if_dead(std::uint32_t subscriber, const char* operation) const;
    error blocked_error(const ring::outcome& by, bool waited, const char* operation) const;
    result<void> end_dead_loans(const char* operation) const;
    error all_out_error() const;
    result<std::uint32_t> register_subscriber(const subscribe_options& options, channels::reading_place& at,
                                              std::uint64_t& missed, std::uint64_t& identity) const;
    result<channels::reading_place> find_start(const subscribe_options& options, std::uint64_t& missed) const;

    error may_not_mark(const char* operation) const {
        return error(errc::denied, operation,
                     opened.place() + " may only be read by this process, which can't announce that it listens; " +
                         "receive now and then");
    }
    error corrupt(const char* operation) const {
        return error(errc::corrupt, operation,
                     opened.place() + " holds what no sender writes; something else has written in it");
    }
};

}  // namespace samepage
