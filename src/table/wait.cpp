// Waits for changes of a table: of one key, or of any.
// SPDX-License-Identifier: MIT
//
// Why a sleeper misses no change: as in cell.cpp. It marks itself in the wait word, reads the stripe's owner word (of
// all stripes, who waits for any key), then the slot. The writer stores the slot, releases the owner word (seq_cst),
// reads the mark (seq_cst). Who waits for a locked key reads the lock's owner instead, which who unlocks changes.
#include <algorithm>
#include <string>

#include "shared/await.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::closed;
using tables::is_key;
using tables::no_key_that_can_be;

namespace {

constexpr const char* waiting = "wait for a table";

}  // namespace

result<std::uint64_t> table_bytes::wait(std::span<const std::byte> key, std::uint64_t version, duration timeout) const {
    if (!state_) return closed(waiting);
    if (!is_key(key)) return no_key_that_can_be(key, waiting);
    const state& s = *state_;
    const unsigned stripe = tables::stripe_of(s.hash(key));
    // An error ends the waiting, too.
    result<tables::seen_record> now = tables::seen_record{};
    const auto changed = [&] {
        now = s.look(key);
        return (!now && now.error().code() != errc::busy) || (now && now->number != version);
    };
    // seq_cst (default): the read of the owner word, see "Why a sleeper misses no change" (sleepers)
    const auto changed_for_sleepers = [&] {
        static_cast<void>(s.bytes->fixed().stripes[stripe].owner.load());
        return changed();
    };
    const auto* const word = s.key_waits.empty() ? nullptr : &s.key_waits[stripe % tables::key_waits_count];
    const auto end = os::deadline::after(timeout);
    bool is_over = changed();
    while (!is_over && !end.passed()) {
        // That a record expires wakes nobody.
        const duration next = now ? tables::time_to(now->expires_ns) : forever;
        const auto slice = os::deadline::after(std::min(end.left(), next));
        is_over = shared::await(changed, changed_for_sleepers, word, s.opened.object(), s.strategy, slice);
    }
    if (is_over && !now) return now.error();
    if (is_over) return now->number;
    return error(errc::timed_out, waiting,
                 "the record's version is " + std::to_string(version) + " still; wait longer");
}

std::uint64_t table_bytes::changes() const noexcept {
    std::uint64_t count = 0;
    if (state_) {
        for (const auto& stripe : state_->bytes->fixed().stripes) count += tables::read(stripe.changes);
    }
    return count;
}

result<std::uint64_t> table_bytes::wait_any(std::uint64_t changes, duration timeout) const {
    if (!state_) return closed(waiting);
    const state& s = *state_;
    std::uint64_t now = changes;
    const auto changed = [&] { return (now = this->changes()) != changes; };
    const auto changed_for_sleepers = [&] {
        // seq_cst (default): the reads of the owner words, see "Why a sleeper misses no change" (sleepers)
        for (const auto& stripe : s.bytes->fixed().stripes) static_cast<void>(stripe.owner.load());
        return changed();
    };
    const auto* const word = s.any_wait ? &*s.any_wait : nullptr;
    if (shared::await(changed, changed_for_sleepers, word, s.opened.object(), s.strategy, os::deadline::after(timeout)))
        return now;
    return error(errc::timed_out, waiting, "nothing was put or erased; wait longer");
}

}  // namespace samepage
