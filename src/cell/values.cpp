// The slow paths of a cell's values. The protocol is in the header.
// SPDX-License-Identifier: MIT
#include "cell/values.hpp"

#include "shared/check.hpp"
#include "shared/poll.hpp"

namespace samepage::cells {

namespace {

// A reader is lapped when it is slower than a writer by a factor of N - 1, or is preempted during its copy.
constexpr unsigned tries_max = 200;

}  // namespace

values::loaded values::load(std::span<std::byte> into) const noexcept {
    loaded last{};
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        last = try_load(into);
        if (last.how != outcome::lapped) return last;
        shared::relax();
    }
    return last;
}

values::loaded values::try_load(std::span<std::byte> into) const noexcept {
    // acquire: pairs with the release in publish() (publish)
    const std::uint64_t version = current_->load(std::memory_order_acquire);
    if (version == 0) return {outcome::empty, 0, 0};
    const std::byte* const buffer = buffer_of(version);
    // acquire: pairs with the release in publish() (payload)
    const std::uint64_t meta = length_of(buffer).load(std::memory_order_acquire);
    const auto size = static_cast<std::size_t>(static_cast<std::uint32_t>(meta));
    if (size > capacity_bytes_) return {outcome::corrupt, version, size};
    const bool fits = size <= into.size();
    if (fits) shared::load_bytes(into.data(), buffer + value_offset, size);
    // relaxed: the acquires above keep it behind the copy (payload)
    const std::uint64_t now = current_->load(std::memory_order_relaxed);
    if (now - version >= last_buffer_) return {outcome::lapped, version, size};
    return {fits ? outcome::whole : outcome::too_small, version, size};
}

bool values::newest_is_sound(std::span<std::byte> scratch) const noexcept {
    if (!checked_) return true;
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        const loaded seen = load(scratch);
        if (seen.how == outcome::empty) return true;
        if (seen.how != outcome::whole) return seen.how == outcome::lapped;
        const std::uint64_t meta = length_of(buffer_of(seen.version)).load();
        if (newest() - seen.version >= last_buffer_) continue;
        return shared::check_of(scratch.first(seen.size_bytes), seen.version) == static_cast<std::uint32_t>(meta >> 32);
    }
    return true;
}

}  // namespace samepage::cells
