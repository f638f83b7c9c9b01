// Slots: a byte that one live description holds locked.
// SPDX-License-Identifier: MIT
#include "os/linux/held_state.hpp"
#include "os/linux/holders.hpp"
#include "os/linux/locks.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

result<bool> held_object::claim_slot(unsigned index) {
    if (!state_) return error(errc::closed, "claim a slot");
    if (index >= slots_max || state_->slot) return error(errc::invalid_argument, "claim a slot");
    const no_fork still;
    if (!state_->claim) state_->claim = open_again(*state_);
    if (!state_->claim) return from_system("claim a slot", errno);
    result<bool> locked = try_lock(state_->claim.get(), slot_byte + index, lock_mode::exclusive);
    if (locked && *locked) state_->slot = index;
    return locked;
}

result<held_object> held_object::for_slot() const {
    if (!state_ || !state_->leaves_file) return error(errc::not_supported, "claim a slot");
    const no_fork still;
    auto again = std::make_unique<state>();
    again->file = open_again(*state_);
    if (!again->file) return from_system("claim a slot", errno, state_->path);
    again->path = state_->path;
    again->leaves_file = again->is_file = true;
    again->access = state_->access;
    again->join_list();
    return held_object(std::move(again));
}

void held_object::release_slot() noexcept {
    if (!state_ || !state_->slot) return;
    unlock(state_->claim.get(), slot_byte + *state_->slot);
    state_->slot.reset();
}

result<bool> held_object::slot_is_live(unsigned index) const {
    if (!state_) return error(errc::closed, "ask for a slot's owner");
    if (index >= slots_max) return error(errc::invalid_argument, "ask for a slot's owner");
    const auto other = held_by((state_->claim ? state_->claim : state_->file).get(), slot_byte + index);
    if (!other) return other.error();
    return other->has_value();
}

std::uint32_t held_object::slot_process(unsigned index) const {
    return state_ && index < slots_max ? locker(state_->file.get(), slot_byte + index) : 0;
}

}  // namespace samepage::os
