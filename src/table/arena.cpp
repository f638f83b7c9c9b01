// Follows a growing object, and maps it anew where addresses have run out.
// SPDX-License-Identifier: MIT
#include "table/arena.hpp"

#include <algorithm>
#include <limits>

namespace samepage::tables {

namespace {

// The processor finds the pages of fewer bytes quickly enough, of whatever size.
constexpr std::uint64_t gathered_from = std::uint64_t{16} << 20;

constexpr std::uint64_t whole_pages_of(std::uint64_t size_bytes) noexcept {
    return size_bytes < gathered_from ? 0 : size_bytes - size_bytes % os::large_page_bytes;
}

}  // namespace

arena::arena(shared::structured& opened)
    : opened_(&opened),
      body_(&opened.at<body>(table_offset)),
      base_(opened.whole().data()),
      reach_(opened.whole().size()),
      reserved_(opened.whole().reserved()),
      loose_begin_(whole_pages_of(opened.whole().size())),
      loose_end_(loose_begin_) {}

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
    if (auto grown = opened_->object().grow(size_bytes); !grown) return grown;
    loose_end_ = whole_pages_of(size_bytes);
    note_loose();
    return {};
}

void arena::gather() const {
    std::span<std::byte> loose;
    {
        const std::scoped_lock alone(mutex_);
        // relaxed: changed under the mutex only
        const std::uint64_t reach = reach_.load(std::memory_order_relaxed);
        if (loose_begin_ < std::min(loose_end_, reach)) {
            // relaxed: the same
            loose = {base_.load(std::memory_order_relaxed) + static_cast<std::size_t>(loose_begin_),
                     os::large_page_bytes};
            loose_begin_ += os::large_page_bytes;
        }
        note_loose();
    }
    if (os::make_large_pages(loose)) return;
    const std::scoped_lock alone(mutex_);
    loose_begin_ = std::numeric_limits<std::uint64_t>::max();
    note_loose();
}

void arena::leave_loose() const {
    const std::scoped_lock alone(mutex_);
    loose_begin_ = std::max(loose_begin_, loose_end_);
    note_loose();
}

// Under mutex_.
void arena::note_loose() const {
    // relaxed: as in is_loose()
    is_loose_.store(loose_begin_ < loose_end_, std::memory_order_relaxed);
}

}  // namespace samepage::tables
