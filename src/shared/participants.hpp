// Who writes in an object: slots that the kernel frees at death, and generations that tell one holder from the next.
// SPDX-License-Identifier: MIT
//
// Layout, from participants_offset on
//   +0   u32 claims: where the next claimant begins to look. A hint; damage in it costs some looks.
//   +8   u64 sole: the identity of the only one that may write, 0: all may. A dead one's means 0.
//   +64  u32 generation[slots]: raised by each claimant of the slot, after the kernel has given it the slot.
// And from busy_offset on u8 busy[slots]: not 0 while a biased owner is in the middle of something (owner_word.hpp).
//
// An identity is (slot + 1) | generation << 32. It stands in owner words. It is never given twice: only who holds the
// slot raises its generation, and does so before it uses the identity.
//
// Invariants
//   I1 While (slot, g) lives, the slot is claimed in the kernel and generation[slot] == g.
//   I2 So an identity is dead if the kernel says that the slot is free, or if generation[slot] has moved on. The kernel
//      is asked first: a generation that has moved on after that proves the death too.
//   I3 Who writes asks for `sole` inside its noun's turn. It is set inside that turn (of a table: set, and then each
//      stripe's turn was taken once). So when it is set, nobody else writes, and nobody begins to while that one lives.
//
// Crash story: killed after the kernel's claim and before the generation is raised: the next claimant raises it, and no
// word holds an identity that was never raised to. Between those two steps of a *living* claimant, a dead predecessor's
// word still looks alive; who meets it then waits until its deadline, as for any living owner. `sole` changes by one
// instruction, only from 0, from a dead one's, or by that one itself: killed before or after it, it is as it was, or
// set and then a dead one's.
//
// fork(): the child has another os generation, so its first use claims a slot of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "os/os.hpp"
#include "samepage/result.hpp"
#include "shared/header.hpp"

namespace samepage::shared {

inline constexpr std::uint64_t slot_bits = 0xffff;
inline constexpr std::uint64_t generation_bits = 0xffffffff00000000U;
inline constexpr std::uint64_t identity_bits = slot_bits | generation_bits;

struct participants_area {
    std::atomic<std::uint32_t> claims;  // written by claimants (relaxed), read by claimants
    std::uint32_t unused;
    std::atomic<std::uint64_t> sole;  // written and read in turns (I3)
    std::uint32_t unused_too[12];
    std::atomic<std::uint32_t> generation[slots_count];  // written by the slot's holder, read by all who meet a word
};
static_assert(sizeof(participants_area) == body_offset - participants_offset);
static_assert(offsetof(participants_area, sole) == 8 && offsetof(participants_area, generation) == 64);

// This handle's part in an object. Any thread. Lives as long as the handle and its mapping.
class participants {
   public:
    // `area` is writable, in its object, and outlives this.
    participants(os::held_object& object, participants_area& area) noexcept : object_(&object), area_(&area) {}

    // This handle's identity, or 0 before the first claim (and in a forked child before its first).
    std::uint64_t identity() const noexcept {
        // acquire: pairs with the release in claim() (attach). relaxed: identity_ was stored before that release.
        return attached_.load(std::memory_order_acquire) == attach_mark() ? identity_.load(std::memory_order_relaxed)
                                                                          : 0;
    }
    // The same, after claiming a slot where needed. full: all slots are taken by live processes.
    result<std::uint64_t> claim(const char* operation);

    // In a turn of the noun's writers, the quick question: false may also mean that a dead one was.
    bool has_no_other_sole() const noexcept {
        // relaxed: turns order it (I3)
        const std::uint64_t word = area_->sole.load(std::memory_order_relaxed);
        return word == 0 || word == identity();
    }
    // In a turn of the noun's writers: denied names the only one that may write, if another handle that lives is it.
    result<void> may_write(const char* operation) const {
        if (has_no_other_sole()) [[likely]]
            return {};
        return pass_sole(operation);
    }
    // Of a handle that has claimed its slot: from the turn's end on it alone writes, until its end. As may_write().
    result<void> become_sole(const char* operation) const;
    void stop_being_sole() const noexcept;
    // The process that alone may write, where the system shows it; 0: none, or not shown. For messages.
    std::uint32_t sole_process() const;

    // Of the slot that an identity, or a word with one, names; null: it names none.
    std::atomic<std::uint8_t>* busy_of(std::uint64_t word) const noexcept {
        const std::uint64_t slot = word & slot_bits;
        if (slot == 0 || slot > slots_count) return nullptr;
        return reinterpret_cast<std::atomic<std::uint8_t>*>(area_) - participants_offset + busy_offset + (slot - 1);
    }
    // Whether the process that `word` names lives. Asks the kernel. corrupt: the word names no slot.
    result<bool> is_live(std::uint64_t word, const char* operation) const;
    // "process 4711", as far as the system shows it. For messages.
    std::string describe(std::uint64_t word) const;
    std::uint32_t process_of(std::uint64_t word) const;

   private:
    static std::uint64_t attach_mark() noexcept {
        // relaxed: it changes only while the process has one thread.
        return (std::uint64_t{1} << 32) | os::fork_generation.load(std::memory_order_relaxed);
    }
    result<std::uint64_t> claim_alone(const char* operation);
    result<void> pass_sole(const char* operation) const;

    os::held_object* object_;
    participants_area* area_;
    std::atomic<std::uint64_t> attached_{0};  // attach_mark() of the process in which identity_ counts
    std::atomic<std::uint64_t> identity_{0};
    std::atomic<std::uint64_t> claiming_{0};  // attach_mark() of the process of which a thread is just claiming, or 0
};

}  // namespace samepage::shared
