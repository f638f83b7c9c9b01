// What a queue handle holds.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>

#include "queue/ring.hpp"
#include "samepage/queue.hpp"
#include "shared/await.hpp"
#include "shared/bell.hpp"
#include "shared/owner_word.hpp"
#include "shared/patience.hpp"
#include "shared/structured.hpp"
#include "shared/wait_word.hpp"

namespace samepage {

namespace queues {

inline error closed(const char* operation) { return error(errc::closed, operation); }

inline error corrupt(const char* operation) {
    return error(errc::corrupt, operation, "the queue's bytes cannot be; something else has written in it");
}

}  // namespace queues

using shared::patience;
using shared::turn;

struct queue_bytes::state {
    shared::structured opened;
    std::optional<queues::ring> jobs;
    mutable std::optional<shared::participants> self;  // its first use claims a slot
    std::optional<shared::owner_word> owner;
    std::optional<shared::wait_word> takers, pushers;
    std::optional<shared::bell> bell;  // for those who take
    wait_strategy strategy = wait_strategy::spin_then_sleep;

    // Where this handle's threads stand: hints that they share. Before `place` they have seen no job that is ready, as
    // of `known_rewinds`; before `finished` all is done.
    mutable std::atomic<std::uint64_t> place{0}, known_rewinds{0}, finished{0};
    mutable std::atomic<std::uint32_t> takes{0};
    mutable std::atomic<std::int64_t> next_sweep{0};  // not before, in the steady clock's units

    static result<queue_bytes> open(std::string_view place, os::disposition disposition, const queue_options& options);
    void attach(wait_strategy how);

    result<turn> own(patience& until, const char* operation) const;
    // Until changed() says so, or the slice or the time is over.
    template <class Changed, class ChangedForSleepers>
    void wait(const shared::wait_word& word, Changed&& changed, ChangedForSleepers&& changed_for_sleepers,
              duration slice, patience& until) const {
        const auto end = os::deadline::after(std::min(slice, until.end().left()));
        shared::await(changed, changed_for_sleepers, &word, opened.object(), strategy, end);
    }
    // After a job has become ready. Nobody waits, most of the time.
    void tell_takers() const {
        const bool woke = takers->wake_all(opened.object());
        if (bell->ring(opened.object()) || woke) owner->end_bias();
    }
    shared::wait_word callers_of(std::uint64_t id) const noexcept {
        const auto index = static_cast<unsigned>(id % queues::callers_words);
        return {opened.at<std::atomic<std::uint32_t>>(queues::callers_offset + index * queues::wait_word_stride),
                queues::callers_point + index};
    }
    // Whether a record's state names this handle, in this process.
    bool is_own(std::uint64_t word) const noexcept { return self->identity() == (word & shared::identity_bits); }

    result<queues::ring::pushed> push(std::span<const std::byte> bytes, bool calls, std::uint64_t room_bytes,
                                      patience& until, const char* operation) const;
    error why_full(const queues::ring::pushed& tried, bool waited, const char* operation) const;
    bool sweep() const;
    bool is_sweep_due() const;
    queues::ring::outcome take_from_place(std::uint64_t me, queues::seen_record& got) const;
    result<queues::ring::outcome> try_take(queues::seen_record& got, bool thorough) const;
    bool may_be_ready() const noexcept;
    template <class Look>
    result<void> look(Look&& what) const;
    result<job> unpack(const queues::seen_record& got) const;
};

}  // namespace samepage
