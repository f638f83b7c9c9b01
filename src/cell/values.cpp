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
