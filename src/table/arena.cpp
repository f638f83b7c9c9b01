// Follows a growing object, and maps it anew where addresses have run out.
// SPDX-License-Identifier: MIT
#include "table/arena.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace samepage::tables {

namespace {

constexpr std::uint64_t pieces_max = std::uint64_t{16} << 20;

}  // namespace

arena::arena(shared::structured& opened)
    : opened_(&opened),
      body_(&opened.at<body>(table_offset)),
      base_(opened.whole().data()),
      reach_(opened.whole().size()),
      reserved_(opened.whole().reserved()) {}

bool arena::reach_further(std::uint64_t offset, std::uint64_t count) const {
    constexpr std::uint64_t most = std::numeric_limits<std::size_t>::max() / 4;
    const std::uint64_t end = offset + count;
    if (end < offset || end > most) return false;
    const std::scoped_lock alone(mutex_);
    // The system says how long the object is; what stands in it says what it likes.
    const auto size = opened_->object().refresh_size();
    if (!size || end > *size) return false;
    if (end > reserved_) {
        const auto access = opened_->may_write() ? samepage::access::read_write : samepage::access::read_only;
        const std::uint64_t ahead = std::min(most, *size + *size / 2);
        auto larger =
            opened_->object().map(0, static_cast<std::size_t>(*size), access, static_cast<std::size_t>(ahead));
        if (!larger) larger = opened_->object().map(0, static_cast<std::size_t>(*size), access);
        if (!larger) return false;
        reserved_ = larger->reserved();
        more_.push_back(std::move(*larger));
        // release: pairs with the acquire in at() (view). Its bytes are those of the old one.
        base_.store(more_.back().data(), std::memory_order_release);
    }
    // release: pairs with the acquire in reaches() (view)
    reach_.store(std::min(*size, reserved_), std::memory_order_release);
    return true;
}

bool arena::is_reserved(std::uint64_t size_bytes) const {
    const std::scoped_lock alone(mutex_);
    return size_bytes <= reserved_;
}

result<void> arena::grow(std::uint64_t size_bytes) {
    const std::scoped_lock alone(mutex_);
    const std::uint64_t before = opened_->object().size_bytes();
    if (auto grown = opened_->object().grow(size_bytes); !grown) return grown;
    // In pieces that are small beside the whole, and take some milliseconds at most.
    const std::uint64_t piece =
        std::clamp<std::uint64_t>(std::bit_floor(size_bytes / 8), os::large_page_bytes, pieces_max);
    if (!may_gather_ || size_bytes / piece == before / piece) return {};
    if (loose_begin_ == loose_end_) loose_begin_ = before - before % piece;
    loose_end_ = size_bytes - size_bytes % piece;
    // relaxed: as in is_loose()
    is_loose_.store(true, std::memory_order_relaxed);
    return {};
}

void arena::gather() const {
    std::span<std::byte> loose;
    {
        const std::scoped_lock alone(mutex_);
        // relaxed: as in is_loose()
        is_loose_.store(false, std::memory_order_relaxed);
        // relaxed: changed under the mutex only
        std::byte* const base = base_.load(std::memory_order_relaxed);
        const std::uint64_t end = std::min(loose_end_, reach_.load(std::memory_order_relaxed));
        if (end > loose_begin_)
            loose = {base + static_cast<std::size_t>(loose_begin_), static_cast<std::size_t>(end - loose_begin_)};
        loose_begin_ = loose_end_ = 0;
    }
    if (loose.empty() || os::make_large_pages(loose)) return;
    const std::scoped_lock alone(mutex_);
    may_gather_ = false;
}

}  // namespace samepage::tables
