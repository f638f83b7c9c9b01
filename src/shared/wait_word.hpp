// A word on which processes sleep until something is published: who publishes makes no system call when nobody sleeps.
// SPDX-License-Identifier: MIT
//
// Layout: 32 bits in the wait page. Low 14 bits: how many have marked themselves since the last wake. High 18 bits:
// a sequence number, raised by every wake.
//
// Roles: a sleeper waits for a condition that lies elsewhere ("a newer version"). A waker has just changed it.
//
//   sleeper                                     waker
//   S1 mark: count + 1, remember the sequence   W1 publish the change
//   S2 look at the condition: changed? go       W2 load the word: count 0? done, without a system call
//   S3 load the word: other sequence? S1        W3 compare-and-swap: count 0, sequence + 1
//   S4 sleep while the word is that value; S2   W4 wake everybody who sleeps on the word
//
// Invariants
//   I1 S1 is before S2 and W1 before W2 in one total order, so either the sleeper sees the change or the waker the
//      mark.
//   I2 The mark that a waker clears (W3) is in the very word on which the sleeper sleeps: a sleeper whose mark was
//      cleared finds another sequence, in S3 or in the kernel's comparison in S4. A mark in another word than the one
//      slept on loses wakes; tests/models/wait.pml shows it.
//   I3 A count that is too high costs one wake too many; W3 sets it to 0.
//
// Crash story: a sleeper killed after S1 leaves the count too high (I3). A waker killed after W1 or W3 has woken
// nobody: sleepers look again after a slice, which grows from 10 ms to half a second. Damage in the word does the same,
// no more.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "os/os.hpp"

namespace samepage::shared {

inline constexpr std::uint32_t sleepers_mask = (1U << 14) - 1;
inline constexpr std::uint32_t one_wake = 1U << 14;
inline constexpr unsigned everybody = 0x7fffffff;

// Written by sleepers and wakers by the rules above; shown by `info`.
class wait_word {
   public:
    // `point`: the word's number for the system, the same in every process.
    wait_word(std::atomic<std::uint32_t>& word, unsigned point) noexcept : word_(&word), point_(point) {}

    // How many sleep, as far as the word knows. relaxed: a number for people.
    std::uint32_t sleepers() const noexcept { return word_->load(std::memory_order_relaxed) & sleepers_mask; }

    // For the waker, after it has published with a seq_cst store or exchange. Inline: nobody sleeps, most of the time.
    // True: somebody was asleep.
    bool wake_all(const os::held_object& object) const {
        // seq_cst (default): pairs with the mark in wait() (sleepers)
        if ((word_->load() & sleepers_mask) == 0) return false;
        clear_and_wake(object);
        return true;
    }

    // For the sleeper: until changed() says true (returns true) or `until` has passed (returns what changed() then
    // says). changed() must read with seq_cst.
    template <class Changed>
    bool wait(const os::held_object& object, Changed&& changed, const os::deadline& until) const;

   private:
    void clear_and_wake(const os::held_object& object) const;
    std::uint32_t mark() const noexcept;                 // S1; the sequence
    void unmark(std::uint32_t sequence) const noexcept;  // takes the mark back, if nobody has cleared it
    void sleep(const os::held_object& object, std::uint32_t seen, duration slice, const os::deadline& until) const;

    std::atomic<std::uint32_t>* word_;
    unsigned point_;
};

template <class Changed>
bool wait_word::wait(const os::held_object& object, Changed&& changed, const os::deadline& until) const {
    constexpr duration slice_max = std::chrono::milliseconds(500);
    duration slice = std::chrono::milliseconds(10);
    std::uint32_t sequence = mark();
    for (;;) {
        if (changed()) break;
        if (until.passed()) {
            unmark(sequence);
            return false;
        }
        // relaxed: S3 only saves a system call, the kernel compares again; the mark (S1) was seq_cst.
        const std::uint32_t seen = word_->load(std::memory_order_relaxed);
        if ((seen & ~sleepers_mask) != sequence) {
            sequence = mark();
            continue;
        }
        sleep(object, seen, slice, until);
        slice = std::min(slice * 2, slice_max);
    }
    unmark(sequence);
    return true;
}

}  // namespace samepage::shared
