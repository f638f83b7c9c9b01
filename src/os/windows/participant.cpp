// Slots: a named semaphore that exists as long as a live process claims it, and whose count is that process's number.
// SPDX-License-Identifier: MIT
//
// Not a mutex: its ownership ends with a thread, and a slot is a process's. Who asks about a slot has it open for a
// moment, in which a claim can be refused although the owner has just died; never the other way round.
#include <climits>

#include "os/windows/held_state.hpp"
#include "os/windows/system_error.hpp"

namespace samepage::os {

namespace {

constexpr DWORD query_rights = 0x0001;  // SEMAPHORE_QUERY_STATE, which only the driver kit's headers name

error no_companions(const char* operation) {
    return error(errc::not_supported, operation, "an object without name or path has no slots");
}

}  // namespace

result<bool> held_object::claim_slot(unsigned index) {
    constexpr const char* operation = "claim a slot";
    if (!state_) return error(errc::closed, operation);
    if (index >= slots_max || state_->slot) return error(errc::invalid_argument, operation);
    if (state_->id.empty()) return no_companions(operation);
    const auto process = static_cast<LONG>(GetCurrentProcessId() & static_cast<DWORD>(LONG_MAX));
    handle slot(CreateSemaphoreW(nullptr, process, LONG_MAX, state_->id.companion(L"slot", index).c_str()));
    const DWORD code = GetLastError();
    if (!slot) {
        if (code == ERROR_ACCESS_DENIED) return false;  // another user's
        return from_system(operation, code);
    }
    if (code == ERROR_ALREADY_EXISTS) return false;
    state_->slot = std::move(slot);
    state_->slot_number = index;
    return true;
}

result<held_object> held_object::for_slot() const {
    if (!state_ || state_->id.empty()) return no_companions("claim a slot");
    auto again = std::make_unique<state>();
    again->where = state_->where;
    again->id = state_->id;
    return held_object(std::move(again));
}

void held_object::release_slot() noexcept {
    if (state_) state_->slot.reset();
}

result<bool> held_object::slot_is_live(unsigned index) const {
    constexpr const char* operation = "ask for a slot's owner";
    if (!state_) return error(errc::closed, operation);
    if (index >= slots_max) return error(errc::invalid_argument, operation);
    if (state_->id.empty()) return no_companions(operation);
    if (state_->slot && state_->slot_number == index) return false;  // this handle's own
    const handle slot(OpenSemaphoreW(query_rights, FALSE, state_->id.companion(L"slot", index).c_str()));
    if (slot) return true;
    const DWORD code = GetLastError();
    if (code == ERROR_FILE_NOT_FOUND) return false;
    if (code == ERROR_ACCESS_DENIED) return true;
    return from_system(operation, code);
}

std::uint32_t held_object::slot_process(unsigned index) const {
    if (!state_ || index >= slots_max || state_->id.empty()) return 0;
    const handle slot(OpenSemaphoreW(query_rights, FALSE, state_->id.companion(L"slot", index).c_str()));
    return slot ? query_semaphore(slot.get()) : 0;
}

}  // namespace samepage::os
