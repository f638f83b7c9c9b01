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
//   bit 19      biased: the owner has released the word, and may come back without a locked instruction
//   bits 20-31  how often that owner's handle has biased the word, 1 to 4095; 0 when it isn't biased
// Sleepers sleep on the low half.
//
// Invariants
//   I1 Only its owner makes an owned word free; anybody who has learnt from the kernel that the owner is dead replaces
//      *exactly the word that was asked about* by its own identity, or buries it: free, and died. Identities never come
//      twice, so a word taken meanwhile is never stolen.
//   I2 A waiter only adds `contended` and `starving`.
//   I3 Who has slept takes the word as contended: others may sleep too, and the flag of the one that woke it is gone.
//
// Bias: who takes the word again and again, with nobody between, keeps it (the idea: Kawachiya, Koseki and Onodera,
// "Lock reservation", 2002). It is one thread, the biased one, of a handle, which has a byte of its own in the object,
// `busy`. The full barrier between its store and its load is made by whoever takes the word from it (os.hpp).
//
//   the biased one, its word being B             who wants a word that is biased
//   F1 word == B, not busy? else as anybody      R1 mark it contended: from here on it isn't B
//   F2 busy = 1                                  R2 a barrier everywhere
//   F3 word == B? else G1                        R3 not busy: replace the word by one's own identity
//   … what the word guards …                     R4 busy, and dead: the same, and `died` if it still is busy
//   G1 busy = 0                                  R5 busy: sleep on the word, ask again
//   G2 word == B? else make it free, wake one
//
//   I4 Who is past F3 and before G1 is seen busy in R3: F3 saw no mark, so it and F2 were before R2. Nobody enters by B
//      after R1.
//   I5 B never comes again: each bias of a handle has another number, and the 4095th is the last. A word that is only
//      flagged alike would let R3 succeed that asked for an earlier bias (tests/models/bias.pml found it).
//   I6 `busy` is changed by the biased one, and by who makes a bias, owning the word: the leftover of a dead one whose
//      slot that is stays for R4 as long as a word can name it.
//   I7 Who sleeps for what the word guards settles it, after it has marked itself: that is R2, since neither G1 nor
//      F2 is the locked instruction that the sleepers' rule counts on (wait_word.hpp).
// A bias ends when somebody takes the word, or when its owner wakes a sleeper: then a locked instruction costs nothing
// beside. After it was taken, sixteen times as many turns in a row must come before the next.
//
// Crash story: killed with the word: it names a dead one; the next who asks takes it, and `died` stays until somebody
// calls it repaired. Killed between F2 and G1: R4 tells it. Killed after the release and before the wake, or woken and
// killed: the others' slices (10 ms) end.
// A stopped owner is alive: its word isn't touched, waiters time out and name it.
//
// Order: taking is an acquire, releasing is seq_cst, so that a release is also the publication that wait_word.hpp asks
// for, without a second locked instruction. Of a biased word: I7.
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
    static constexpr std::uint64_t biased = 1U << 19;
    static constexpr std::uint64_t one_bias = 1U << 20;
    static constexpr std::uint32_t biases_max = 4095;

    struct acquisition {
        std::uint64_t identity;  // of this handle, to release it with
        bool owner_died;         // and nobody has repaired since
    };

    // Turns in a row before a bias: before the first, and at most.
    struct bias_after {
        std::uint32_t first, most;
    };
    static constexpr bias_after never{~std::uint32_t{0}, ~std::uint32_t{0}};
    static constexpr bias_after usual{256, std::uint32_t{1} << 20};

    owner_word(std::atomic<std::uint64_t>& word, participants& self, const os::held_object& object, unsigned point,
               const bias_after& when = never) noexcept
        : word_(&word),
          self_(&self),
          object_(&object),
          point_(point),
          turns_most_(when.most),
          turns_wanted_(when.first) {}
    // Another way to the same word, without a bias.
    owner_word(const owner_word& other) noexcept
        : owner_word(*other.word_, *other.self_, *other.object_, other.point_) {}
    owner_word& operator=(const owner_word&) = delete;

    // Takes it where it is free and nothing is to be said. The identity, or 0: then call acquire().
    std::uint64_t try_fast() const noexcept {
        const std::uint64_t me = self_->identity();
        // relaxed: what this thread has stored, or a word of another's with which it does nothing
        if (const std::uint64_t mine = bias_.load(std::memory_order_relaxed); mine != 0) [[likely]] {
            if (biased_thread_.load(std::memory_order_relaxed) == os::this_thread()) [[likely]]
                return (mine & identity_bits) == me && enter(mine) ? me : 0;
        }
        std::uint64_t seen = 0;
        // acquire: pairs with the seq_cst exchange in release() (owner). relaxed: a failed try has seen nothing.
        if (me == 0 || !word_->compare_exchange_strong(seen, me, std::memory_order_acquire, std::memory_order_relaxed))
            return 0;
        // relaxed: a hint when to begin a bias; threads that share the handle may lose a count
        turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return me;
    }

    // timed_out names the living owner; with no wait it is taken if it is free or its owner is dead. full, corrupt.
    result<acquisition> acquire(duration timeout, wait_strategy strategy, const char* operation) const;

    // False: it isn't `identity`'s. `repaired`: what it guards is whole again, forget that an owner died.
    bool release(std::uint64_t identity, bool repaired) const {
        // relaxed: what it names is stored by its owner alone
        std::uint64_t seen = word_->load(std::memory_order_relaxed);
        // Without a busy byte this handle has never biased it, and what looks so is damage. relaxed: its own pointer
        std::atomic<std::uint8_t>* const busy = busy_.load(std::memory_order_relaxed);
        if (busy != nullptr && (seen & biased) != 0 && (seen & identity_bits) == identity) [[likely]]
            return leave(seen, *busy);
        // relaxed: this handle's own count
        const bool was_one_of_many =
            repaired && turns_.load(std::memory_order_relaxed) >= turns_wanted_.load(std::memory_order_relaxed);
        if (was_one_of_many && begin_bias(identity)) [[unlikely]]
            return true;
        seen = identity;
        // seq_cst (default): pairs with the acquires in try_fast() and acquire() (owner), and orders the caller's
        // publication before its look at who sleeps (sleepers)
        const bool was_mine = word_->compare_exchange_strong(seen, 0) || release_flagged(identity, repaired, seen);
        if (was_one_of_many) [[unlikely]]
            get_ready();
        return was_mine;
    }

    // For who doesn't want the word, only that no dead one has it: the next owner is told. False: `seen` lives.
    result<bool> bury(std::uint64_t seen, const char* operation) const;

    std::uint64_t load() const noexcept { return word_->load(); }
    // The identity of who has it just now, or 0. For people.
    std::uint64_t owner() const noexcept;
    // For who sleeps for what the word guards: after it has marked itself and before it looks.
    void settle() const noexcept {
        // seq_cst (default): pairs with the compare-and-swap in release() (sleepers)
        if ((word_->load() & biased) != 0) os::barrier_everywhere();
    }
    // For an owner that has released it and found somebody asleep: then a bias saves nothing.
    void end_bias() const noexcept;
    static bool is_free(std::uint64_t word) noexcept { return (word & identity_bits) == 0; }

   private:
    // F1 to F3.
    bool enter(std::uint64_t mine) const noexcept {
        // relaxed: what this thread alone changes, or what F3 decides
        std::atomic<std::uint8_t>& busy = *busy_.load(std::memory_order_relaxed);
        if (word_->load(std::memory_order_relaxed) != mine || busy.load(std::memory_order_relaxed) != 0) [[unlikely]]
            return false;
        busy.store(1, std::memory_order_relaxed);
        os::fast_barrier();
        // acquire: pairs with the compare-and-swap in begin_bias() (owner): what it guards is looked at after it
        if (word_->load(std::memory_order_acquire) == mine) [[likely]]
            return true;
        leave(mine, busy);
        return false;
    }
    // G1 and G2.
    bool leave(std::uint64_t seen, std::atomic<std::uint8_t>& busy) const {
        // release: pairs with the acquire in take_biased() (busy). A survivor sees it idle, and what it did done.
        busy.store(0, std::memory_order_release);
        os::fast_barrier();
        // relaxed: it only asks whether there is a mark
        if (word_->load(std::memory_order_relaxed) == seen && (seen & flags) == 0) [[likely]]
            return true;
        make_free(seen & identity_bits);
        return true;
    }
    void make_free(std::uint64_t identity) const;
    bool begin_bias(std::uint64_t identity) const;
    void get_ready() const noexcept;
    void forget_bias() const noexcept;
    result<bool> take_biased(std::uint64_t& seen, std::uint64_t& settled, std::uint64_t me, bool& owner_died,
                             const char* operation) const;
    bool is_idle(std::uint64_t seen) const noexcept;
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

    std::uint32_t turns_most_;

    // This handle's bias. Changed by the biased thread, or by one that owns the word: a hint, the word decides.
    mutable std::atomic<std::uint64_t> bias_{0};  // B, or 0
    mutable std::atomic<std::atomic<std::uint8_t>*> busy_{nullptr};
    mutable std::atomic<const void*> biased_thread_{nullptr};  // the only one there will be
    mutable std::atomic<std::uint32_t> turns_{0};              // in a row
    mutable std::atomic<std::uint32_t> turns_wanted_;
    mutable std::atomic<std::uint32_t> biases_{0};
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
