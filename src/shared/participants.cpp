// Claims slots and asks who lives. Layout, invariants and the crash story are in the header.
// SPDX-License-Identifier: MIT
//
// relaxed: `claims` is a hint; a generation is read by the slot's holder alone, whom the kernel has given the slot;
// identity_ is announced by attached_; `sole` is ordered by turns.
#include "shared/participants.hpp"

#include <thread>

namespace samepage::shared {

result<std::uint64_t> participants::claim(const char* operation) {
    const std::uint64_t mark = attach_mark();
    // One thread claims, the others wait for it. A mark of another process was left by a thread that this forked child
    // doesn't have.
    for (std::uint64_t seen = 0; !claiming_.compare_exchange_strong(seen, mark);) {
        if (seen == mark) {
            std::this_thread::yield();
            seen = 0;
        }
    }
    result<std::uint64_t> claimed = identity() != 0 ? result<std::uint64_t>(identity()) : claim_alone(operation);
    claiming_.store(0);
    return claimed;
}

result<std::uint64_t> participants::claim_alone(const char* operation) {
    const std::uint32_t start = area_->claims.fetch_add(1, std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < slots_count; ++i) {
        const std::uint32_t slot = (start + i) % slots_count;
        const result<bool> claimed = object_->claim_slot(slot);
        if (!claimed) return claimed.error();
        if (!*claimed) continue;
        std::uint32_t generation = area_->generation[slot].load(std::memory_order_relaxed) + 1;
        if (generation == 0) generation = 1;
        // release: pairs with the acquire in is_live() (generation). From here on a predecessor's words are dead words.
        area_->generation[slot].store(generation, std::memory_order_release);
        const std::uint64_t identity = (slot + 1) | std::uint64_t{generation} << 32;
        identity_.store(identity, std::memory_order_relaxed);
        // release: pairs with the acquire in identity() (attach)
        attached_.store(attach_mark(), std::memory_order_release);
        return identity;
    }
    return error(errc::full, operation,
                 "all " + std::to_string(slots_count) + " participant slots are taken by live processes; close some");
}

result<bool> participants::is_live(std::uint64_t word, const char* operation) const {
    const std::uint64_t slot = word & slot_bits;
    if (slot == 0 || slot > slots_count) {
        return error(errc::corrupt, operation, "an owner word names no slot; something else has written in it");
    }
    const std::uint64_t own = identity();
    if ((own & slot_bits) == slot) return own == (word & identity_bits);
    const auto index = static_cast<unsigned>(slot - 1);
    const result<bool> claimed = object_->slot_is_live(index);
    if (!claimed || !*claimed) return claimed;
    // acquire: pairs with the release in claim_alone() (generation)
    return area_->generation[index].load(std::memory_order_acquire) == static_cast<std::uint32_t>(word >> 32);
}

result<void> participants::pass_sole(const char* operation) const {
    std::uint64_t word = area_->sole.load(std::memory_order_relaxed);
    if (word == 0) return {};
    const result<bool> live = is_live(word, operation);
    if (!live) return live.error();
    if (*live)
        return error(errc::denied, operation,
                     describe(word) + " is its sole writer; change it there, or where that process gets it from");
    area_->sole.compare_exchange_strong(word, 0, std::memory_order_relaxed);
    return {};
}

result<void> participants::become_sole(const char* operation) const {
    for (;;) {
        if (auto free = may_write(operation); !free) return free;
        std::uint64_t none = 0;
        if (area_->sole.compare_exchange_strong(none, identity(), std::memory_order_relaxed) || none == identity())
            return {};
    }
}

void participants::stop_being_sole() const noexcept {
    std::uint64_t mine = identity();
    if (mine != 0) area_->sole.compare_exchange_strong(mine, 0, std::memory_order_relaxed);
}

std::uint32_t participants::sole_process() const {
    const std::uint64_t word = area_->sole.load(std::memory_order_relaxed);
    if (word == 0) return 0;
    const result<bool> live = is_live(word, "look who writes");
    return live && *live ? process_of(word) : 0;
}

std::uint32_t participants::process_of(std::uint64_t word) const {
    const std::uint64_t slot = word & slot_bits;
    return slot == 0 || slot > slots_count ? 0 : object_->slot_process(static_cast<unsigned>(slot - 1));
}

std::string participants::describe(std::uint64_t word) const {
    const std::uint32_t process = process_of(word);
    if (process != 0) return "process " + std::to_string(process);
    return "a process that can't be seen from here (slot " + std::to_string((word & slot_bits) - 1) + ")";
}

}  // namespace samepage::shared
