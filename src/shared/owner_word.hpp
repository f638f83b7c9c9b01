// A lock in one 64-bit word of shared memory: taking it and being known as its owner are one instruction.
// SPDX-License-Identifier: MIT
//
// Layout of the word
//   bits 0-15   the owner's slot + 1, 0 when free          \ together the owner's identity (participants.hpp)
//   bits 32-63  the owner's generation, 0 when free        /
//   bit 16      contended: somebody may be sleeping on the word; whoever releases it wakes one
//   bit 17      starving: on an owned word: hand it over when it is released. On a free word: only who has already
//               waited, or whose deadline has passed, takes it
//   bit 18      died: an owner died, and nobody has said yet that what the word guards is repaired
// Sleepers sleep on the low half.
//
// Invariants
//   I1 Only its owner makes an owned word free; anybody who has learnt from the kernel that the owner is dead replaces
//      *exactly the word that was asked about* by its own identity, or buries it: free, and died. Identities never come
//      twice, so a word taken meanwhile is never stolen.
//   I2 A waiter only adds `contended` and `starving`.
//   I3 Who has slept takes the word as contended: others may sleep too, and the flag of the one that woke it is gone.
//
// Crash story: killed with the word: it names a dead one; the next who asks takes it, and `died` stays until somebody
// calls it repaired. Killed after the release and before the wake, or woken and killed: the others' slices (10 ms) end.
// A stopped owner is alive: its word isn't touched, waiters time out and name it.
//
// Order: taking is an acquire, releasing is seq_cst, so that a release is also the publication that wait_word.hpp asks
// for, without a second locked instruction.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "os/os.hpp"
#include "samepage/result.hpp"
#include "samepage/wait.hpp"
#include "shared/participants.hpp"

namespace samepage::shared {

class owner_word {
   public:
    static constexpr std::uint64_t contended = 1U << 16;
    static constexpr std::uint64_t starving = 1U << 17;
    static constexpr std::uint64_t died = 1U << 18;
    static constexpr std::uint64_t flags = contended | starving | died;

    struct acquisition {
        std::uint64_t identity;  // of this handle, to release it with
        bool owner_died;         // and nobody has repaired since
    };

    owner_word(std::atomic<std::uint64_t>& word, participants& self, const os::held_object& object,
               unsigned point) noexcept
        : word_(&word), self_(&self), object_(&object), point_(point) {}

    // Takes it where it is free and nothing is to be said. The identity, or 0: then call acquire().
    std::uint64_t try_fast() const noexcept {
        const std::uint64_t me = self_->identity();
        std::uint64_t seen = 0;
        // acquire: pairs with the seq_cst exchange in release() (owner). relaxed: a failed try has seen nothing.
        return me != 0 && word_->compare_exchange_strong(seen, me, std::memory_order_acquire, std::memory_order_relaxed)
                   ? me
                   : 0;
    }

    // timed_out names the living owner; with no wait it is taken if it is free or its owner is dead. full, corrupt.
    result<acquisition> acquire(duration timeout, wait_strategy strategy, const char* operation) const;

    // False: it isn't `identity`'s. `repaired`: what it guards is whole again, forget that an owner died.
    bool release(std::uint64_t identity, bool repaired) const {
        std::uint64_t seen = identity;
        // seq_cst (default): pairs with the acquires in try_fast() and acquire() (owner), and orders the caller's
        // publication before its look at who sleeps (sleepers)
        if (word_->compare_exchange_strong(seen, 0)) return true;
        return release_flagged(identity, repaired, seen);
    }

    // For who doesn't want the word, only that no dead one has it: the next owner is told. False: `seen` lives.
    result<bool> bury(std::uint64_t seen, const char* operation) const;

    std::uint64_t load() const noexcept { return word_->load(); }
    static bool is_free(std::uint64_t word) noexcept { return (word & identity_bits) == 0; }

   private:
    bool release_flagged(std::uint64_t identity, bool repaired, std::uint64_t seen) const;
    result<bool> take_from_dead(std::uint64_t seen, std::uint64_t me, const char* operation) const;
    void sleep(std::uint64_t seen, bool hungry, const os::deadline& until) const;
    const std::atomic<std::uint32_t>& low_half() const noexcept {
        return *reinterpret_cast<const std::atomic<std::uint32_t>*>(word_);
    }

    std::atomic<std::uint64_t>* word_;
    participants* self_;
    const os::held_object* object_;
    unsigned point_;
};

// Owning an owner word: released at its end. One thread's.
class turn {
   public:
    turn(const owner_word& owner, std::uint64_t identity) noexcept : owner_(&owner), identity_(identity) {}
    turn(turn&& other) noexcept
        : owner_(other.owner_), identity_(std::exchange(other.identity_, 0)), repaired_(other.repaired_) {}
    turn& operator=(turn&&) = delete;
    ~turn() {
        if (identity_ != 0) static_cast<void>(owner_->release(identity_, repaired_));
    }
    std::uint64_t identity() const noexcept { return identity_; }
    // What an owner that died had begun can't be finished: the next one hears of the death, too.
    void is_not_repaired() noexcept { repaired_ = false; }

   private:
    const owner_word* owner_;
    std::uint64_t identity_;
    bool repaired_ = true;
};

}  // namespace samepage::shared
