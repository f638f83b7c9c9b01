// A bell for those who wait in an event loop: who publishes makes no system call when nobody listens.
// SPDX-License-Identifier: MIT
//
// Layout: 32 bits in the wait page. Bit 0: armed, somebody listens. Bits 1-31: how often listeners have armed it.
//
// Roles: a listener has a descriptor of its own (held_object::listen) and waits until that is readable. A ringer has
// just changed what listeners wait for.
//
//   listener                                    ringer
//   L1 hush the descriptor                      R1 publish the change
//   L2 count + 1                                R2 load the word: not armed? done, without a system call
//   L3 set armed                                R3 ring: every descriptor on the object becomes readable
//   L4 look at what is waited for               R4 compare-and-swap from the word of R2: not armed
//   L5 wait until readable; L1
//
// Invariants
//   I1 L3 is before L4 and R1 before R2 in one total order, so either the listener sees the change or the ringer sees
//      `armed`.
//   I2 R4 succeeds only if nobody has done L2 since R2. So each listener whose mark it clears had hushed before R3, and
//      its descriptor is readable. (The count is why a new listener's mark isn't cleared by a ring that it hushed.) If
//      it fails, somebody has come in since R2: the mark stays, and that one's L4 sees the change. To ring again then
//      would make ringer and listener chase each other.
//   I3 `armed` without need costs one ring.
//
// Crash story: a listener killed anywhere leaves `armed` (I3). A ringer killed after R1 has rung for nobody; the mark
// stays, so the next one rings. Killed after R3: I3. This is why it rings first and clears then: the other way round a
// killed ringer would silence the bell for good. Damage in the word delays a listener until the next ring after its
// next L2, or rings too often. tests/models/bell.pml has the protocol and what goes wrong otherwise.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/os.hpp"

namespace samepage::shared {

class bell {
   public:
    explicit bell(std::atomic<std::uint32_t>& word) noexcept : word_(&word) {}

    // For the ringer, after it has published with a seq_cst store or exchange. Inline: nobody listens, mostly.
    // True: somebody listened.
    bool ring(const os::held_object& object) const {
        // seq_cst (default): pairs with the mark in armed_descriptor() (sleepers)
        if ((word_->load() & armed) == 0) return false;
        ring_armed(object);
        return true;
    }

    // L2 and L3: the object's descriptor, which rings from here on. As held_object::listen.
    result<native_handle> armed_descriptor(const os::held_object& object) const;
    // L1 too. The listener looks after it, with a seq_cst load first.
    result<void> arm(const os::held_object& object) const;

   private:
    static constexpr std::uint32_t armed = 1;
    static constexpr std::uint32_t one_arming = 2;
    void ring_armed(const os::held_object& object) const;

    std::atomic<std::uint32_t>* word_;
};

}  // namespace samepage::shared
