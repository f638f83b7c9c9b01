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

// Bits that no step sets.
bool is_damaged(std::uint64_t word) noexcept {
    if ((word & owner_word::biased) == 0) return (word & ~(identity_bits | owner_word::flags)) != 0;
    return (word & slot_bits) == 0 || (word & slot_bits) > slots_count || (word & owner_word::died) != 0;
}

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
    bool waited = false;        // has slept, or polled for as long
    std::uint64_t settled = 0;  // the biased word for which R2 was done
    for (;;) {
        std::uint64_t seen = 0;
        bool is_free_now = poll([&] { return is_free(seen = word_->load(std::memory_order_relaxed)) || is_idle(seen); },
                                strategy == wait_strategy::sleep ? strategy : wait_strategy::spin_then_sleep, until);
        if (is_damaged(seen))
            return error(errc::corrupt, operation, "an owner word is damaged; something else has written in it");
        if ((seen & biased) != 0) {
            acquisition mine{me, false};
            const result<bool> taken = take_biased(seen, settled, me, mine.owner_died, operation);
            if (!taken) return taken.error();
            if (*taken) {
                forget_bias();
                return mine;
            }
            is_free_now = false;
            if (seen == 0) continue;
        }
        if (is_free_now && ((seen & starving) == 0 || waited || until.passed())) {
            const std::uint64_t taken = me | (seen & died) | (waited ? contended : 0);
            // acquire: pairs with the seq_cst exchange in release() (owner)
            if (word_->compare_exchange_strong(seen, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
                forget_bias();
                return acquisition{me, (seen & died) != 0};
            }
            continue;
        }
        if (!is_free_now && (seen & biased) == 0) {
            const result<bool> stolen = take_from_dead(seen, me, operation);
            if (!stolen) return stolen.error();
            if (*stolen) {
                forget_bias();
                return acquisition{me, true};
            }
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

// ---- Bias ----------------------------------------------------------------------------------------------------------

// Out of a turn: it takes milliseconds, once in a process.
void owner_word::get_ready() const noexcept {
    // relaxed: a hint
    if (!os::answer_barriers()) turns_wanted_.store(never.first, std::memory_order_relaxed);
}

// At the end of the turn that was one too many in a row. False: it is to be released as ever.
bool owner_word::begin_bias(std::uint64_t identity) const {
    if (!os::answers_barriers()) return false;
    const void* const thread = os::this_thread();
    const void* first = nullptr;
    // relaxed, all of this handle's own: hints, the word decides
    if (!biased_thread_.compare_exchange_strong(first, thread, std::memory_order_relaxed) && first != thread)
        return false;
    const std::uint32_t number = biases_.load(std::memory_order_relaxed) + 1;
    if (number > biases_max) {
        turns_wanted_.store(never.first, std::memory_order_relaxed);
        return false;
    }
    std::atomic<std::uint8_t>* const busy = self_->busy_of(identity);
    busy->store(0, std::memory_order_relaxed);
    const std::uint64_t mine = identity | biased | number * one_bias;
    std::uint64_t seen = identity;
    // seq_cst (default): as in release(). A survivor finds it biased, and idle.
    if (!word_->compare_exchange_strong(seen, mine)) return false;
    biases_.store(number, std::memory_order_relaxed);
    busy_.store(busy, std::memory_order_relaxed);
    bias_.store(mine, std::memory_order_relaxed);
    return true;
}

// Somebody has taken the word, or is about to.
void owner_word::forget_bias() const noexcept {
    turns_.store(0, std::memory_order_relaxed);
    if (bias_.exchange(0, std::memory_order_relaxed) == 0) return;
    const std::uint32_t wanted = turns_wanted_.load(std::memory_order_relaxed);
    if (wanted != never.first) turns_wanted_.store(std::min(wanted * 16, turns_most_), std::memory_order_relaxed);
}

void owner_word::end_bias() const noexcept {
    turns_.store(0, std::memory_order_relaxed);
    std::uint64_t mine = bias_.load(std::memory_order_relaxed);
    if (mine == 0 || biased_thread_.load(std::memory_order_relaxed) != os::this_thread()) return;
    bias_.store(0, std::memory_order_relaxed);
    // release: pairs with the acquires in try_fast() and acquire() (owner). A word that is marked meanwhile is taken.
    word_->compare_exchange_strong(mine, 0, std::memory_order_release, std::memory_order_relaxed);
}

// G2, where the word was marked: who waits gets it.
void owner_word::make_free(std::uint64_t identity) const {
    std::uint64_t seen = word_->load(std::memory_order_relaxed);
    while ((seen & biased) != 0 && (seen & identity_bits) == identity) {
        if (!word_->compare_exchange_weak(seen, seen & starving)) continue;
        if ((seen & contended) != 0) object_->wake(point_, low_half(), 1);
        break;
    }
    forget_bias();
}

bool owner_word::is_idle(std::uint64_t seen) const noexcept {
    if ((seen & biased) == 0) return false;
    const std::atomic<std::uint8_t>* const busy = self_->busy_of(seen);
    return busy != nullptr && busy->load(std::memory_order_relaxed) == 0;
}

std::uint64_t owner_word::owner() const noexcept {
    const std::uint64_t seen = word_->load();
    return is_idle(seen) ? 0 : seen & identity_bits;
}

// R1 to R4, of a word that is whole. False, with `seen` 0: it has changed, look again; else it is as `seen`, and busy.
result<bool> owner_word::take_biased(std::uint64_t& seen, std::uint64_t& settled, std::uint64_t me, bool& owner_died,
                                     const char* operation) const {
    if ((seen & contended) == 0) {
        const std::uint64_t marked = seen | contended;
        if (!word_->compare_exchange_strong(seen, marked, std::memory_order_relaxed)) {
            seen = 0;
            return false;
        }
        seen = marked;
    }
    // `starving` may come to a word that was settled without it; that is the same bias.
    if (const std::uint64_t same = seen | starving; settled != same) {
        os::barrier_everywhere();
        settled = same;
    }
    const std::atomic<std::uint8_t>& busy = *self_->busy_of(seen);
    // acquire: pairs with the release in leave() (busy)
    bool is_busy = busy.load(std::memory_order_acquire) != 0;
    if (is_busy) {
        const result<bool> live = self_->is_live(seen, operation);
        if (!live || *live) return live ? result<bool>(false) : live;
        // acquire: as above. The dead one may have left before it died.
        is_busy = busy.load(std::memory_order_acquire) != 0;
    }
    owner_died = is_busy;
    // acquire: there is no partner but the one of `busy`
    if (word_->compare_exchange_strong(seen, me | contended | (is_busy ? died : 0), std::memory_order_acquire,
                                       std::memory_order_relaxed))
        return true;
    seen = 0;
    return false;
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
