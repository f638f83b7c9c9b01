// The parts of the bell that are not on the fast path. Layout, roles and invariants are in the header.
// SPDX-License-Identifier: MIT
#include "shared/bell.hpp"

namespace samepage::shared {

// Rings before a ringer leaves the bell armed: only listeners that come in one after the other get it there.
constexpr unsigned tries_max = 100;

void bell::ring_armed(const os::held_object& object) const {
    std::uint32_t seen = word_->load();
    for (unsigned tries = 0; tries < tries_max && (seen & armed) != 0; ++tries) {
        object.ring();
        // A survivor finds it armed, and rings once more; or not armed, and everybody has been rung for.
        if (word_->compare_exchange_strong(seen, seen & ~armed)) return;
    }
}

result<native_handle> bell::armed_descriptor(const os::held_object& object) const {
    const auto descriptor = object.listen();
    if (!descriptor) return descriptor;
    // A survivor finds a count that is one higher, which means nothing by itself.
    word_->fetch_add(one_arming);
    // seq_cst (default): pairs with the load in ring() (sleepers)
    word_->fetch_or(armed);
    return descriptor;
}

result<void> bell::arm(const os::held_object& object) const {
    if (const auto made = object.listen(); !made) return made.error();
    object.hush();
    const auto descriptor = armed_descriptor(object);
    if (!descriptor) return descriptor.error();
    return {};
}

}  // namespace samepage::shared
