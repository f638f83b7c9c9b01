// Waiting for an owner word, stealing it from the dead, handing it over. The protocol is in the header.
// SPDX-License-Identifier: MIT
//
// relaxed: a load of the word only looks; the compare-and-swap that follows it decides. One that fails has read nothing
// but the word, and a waiter's flag publishes nothing.
#include "shared/owner_word.hpp"

#include <algorithm>
#include <string>
#include <thread>

#include "shared/poll.hpp"

namespace samepage::shared {

namespace {

constexpr duration slice = std::chrono::milliseconds(10);          // death wakes nobody: ask again after that
constexpr duration reserved_slice = std::chrono::milliseconds(1);  // what a newcomer lets those who waited go first
constexpr duration patience = std::chrono::milliseconds(1);        // then a waiter asks for the word to be handed over

// Only a process that keeps damaging the word makes a release lose that often.
constexpr unsigned tries_max = 10000;

error taken_error(const participants& self, std::uint64_t word, const char* operation) {
    if (owner_word::is_free(word))
        return error(errc::timed_out, operation, "others were faster all the time; wait longer");
    return error(errc::timed_out, operation,
                 self.describe(word) + " has it and is alive (running or stopped); wait longer, or look what it does");
}

}  // namespace

result<owner_word::acquisition> owner_word::acquire(duration timeout, wait_strategy strategy,
                                                    const char* operation) const {
    const result<std::uint64_t> claimed = self_->claim(operation);
    if (!claimed) return claimed.error();
    const std::uint64_t me = *claimed;
    const os::deadline until = os::deadline::after(timeout);
    const os::deadline patient_until = os::deadline::after(patience);
    bool waited = false;  // has slept, or polled for as long
    for (;;) {
        std::uint64_t seen = 0;
        const bool is_free_now =
            poll([&] { return is_free(seen = word_->load(std::memory_order_relaxed)); },
                 strategy == wait_strategy::sleep ? strategy : wait_strategy::spin_then_sleep, until);
        if ((seen & ~(identity_bits | flags)) != 0) {
            return error(errc::corrupt, operation, "an owner word is damaged; something else has written in it");
        }
        if (is_free_now && ((seen & starving) == 0 || waited || until.passed())) {
            const std::uint64_t taken = me | (seen & died) | (waited ? contended : 0);
            // acquire: pairs with the seq_cst exchange in release() (owner)
            if (word_->compare_exchange_strong(seen, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
                return acquisition{me, (seen & died) != 0};
            }
            continue;
        }
        if (!is_free_now) {
            const result<bool> stolen = take_from_dead(seen, me, operation);
            if (!stolen) return stolen.error();
            if (*stolen) return acquisition{me, true};
        }
        if (until.passed()) {
            if (word_->load(std::memory_order_relaxed) != seen) continue;
            return taken_error(*self_, seen, operation);
        }
        if (strategy == wait_strategy::spin) {
            std::this_thread::yield();
            waited = waited || patient_until.passed();
        } else {
            sleep(seen, waited && patient_until.passed(), until);
            waited = true;
        }
    }
}

// True: the owner that `seen` names was dead, and the word is ours.
result<bool> owner_word::take_from_dead(std::uint64_t seen, std::uint64_t me, const char* operation) const {
    const result<bool> live = self_->is_live(seen, operation);
    if (!live) return live;
    if (*live) return false;
    // acquire: there is no partner, a dead owner released nothing; its stores are in memory since its slot is free
    return word_->compare_exchange_strong(seen, me | died | contended, std::memory_order_acquire,
                                          std::memory_order_relaxed);
}

result<bool> owner_word::bury(std::uint64_t seen, const char* operation) const {
    const result<bool> live = self_->is_live(seen, operation);
    if (!live || *live) return live ? result<bool>(false) : live;
    // Sleepers end their slices. A word that has changed meanwhile was taken, or buried, by another.
    static_cast<void>(word_->compare_exchange_strong(seen, (seen & starving) | died, std::memory_order_relaxed));
    return true;
}

// Until the word changes from `seen`, marked as awaited, or a slice is over.
void owner_word::sleep(std::uint64_t seen, bool hungry, const os::deadline& until) const {
    duration longest = reserved_slice;
    if (!is_free(seen)) {
        longest = slice;
        const std::uint64_t marked = seen | contended | (hungry ? starving : 0);
        if (marked != seen && !word_->compare_exchange_strong(seen, marked, std::memory_order_relaxed)) return;
        seen = marked;
    }
    object_->wait(point_, low_half(), static_cast<std::uint32_t>(seen),
                  os::deadline::after(std::min(longest, until.left())));
}

bool owner_word::release_flagged(std::uint64_t identity, bool repaired, std::uint64_t seen) const {
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        if ((seen & identity_bits) != identity) return false;
        // One who starves gets it: the free word keeps the flag, and newcomers wait.
        const std::uint64_t next = (seen & starving) | (repaired ? 0 : seen & died);
        if (!word_->compare_exchange_weak(seen, next)) continue;
        if ((seen & contended) != 0) object_->wake(point_, low_half(), 1);
        return true;
    }
    return false;
}

}  // namespace samepage::shared
