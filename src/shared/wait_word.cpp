// The parts of the wait protocol that are not on the fast path. Layout, roles and invariants are in the header.
// SPDX-License-Identifier: MIT
#include "shared/wait_word.hpp"

namespace samepage::shared {

// Compare-and-swaps lost to others before a waker wakes without clearing, and a sleeper sleeps uncounted: only a
// process that keeps damaging the word gets anybody there.
constexpr unsigned tries_max = 10000;

void wait_word::clear_and_wake(const os::held_object& object) const {
    std::uint32_t seen = word_->load();
    const std::uint32_t sequence = seen & ~sleepers_mask;
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        // Somebody else has cleared it since we published, and wakes those who slept then.
        if ((seen & ~sleepers_mask) != sequence || (seen & sleepers_mask) == 0) return;
        if (word_->compare_exchange_weak(seen, sequence + one_wake)) break;
    }
    object.wake(point_, *word_, everybody);
}

std::uint32_t wait_word::mark() const noexcept {
    std::uint32_t seen = word_->load();
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        // Full: everybody is woken by a wake, whether counted or not.
        const std::uint32_t marked = (seen & sleepers_mask) == sleepers_mask ? seen : seen + 1;
        // seq_cst (default): pairs with the load in wake_all() (sleepers)
        if (word_->compare_exchange_weak(seen, marked)) break;
    }
    return seen & ~sleepers_mask;
}

// relaxed: a mark that is taken back announces nothing, and each count is replaced by one compare-and-swap.
void wait_word::unmark(std::uint32_t sequence) const noexcept {
    std::uint32_t seen = word_->load(std::memory_order_relaxed);
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        const std::uint32_t count = seen & sleepers_mask;
        if ((seen & ~sleepers_mask) != sequence || count == 0 || count == sleepers_mask) return;
        if (word_->compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed)) return;
    }
}

void wait_word::sleep(const os::held_object& object, std::uint32_t seen, duration slice,
                      const os::deadline& until) const {
    object.wait(point_, *word_, seen, os::deadline::after(std::min(slice, until.left())));
}

}  // namespace samepage::shared
