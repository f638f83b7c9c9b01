// The parts of the bell that are not on the fast path. Layout, roles and invariants are in the header.
// SPDX-License-Identifier: MIT
#include "shared/bell.hpp"

namespace samepage::shared {

void bell::ring_armed(const os::held_object& object) const {
    std::uint32_t seen = word_->load();
    if ((seen & armed) == 0) return;
    object.ring();
    // A survivor finds it armed, and rings once more; or not armed, and everybody has been rung for. Lost to a listener
    // that has come in since: it stays armed, and that one looks after this publication anyway.
    word_->compare_exchange_strong(seen, seen & ~armed);
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
