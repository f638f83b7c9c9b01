// A growing object's bytes in this process: an offset becomes an address, once it is known to lie inside.
// SPDX-License-Identifier: MIT
//
// The object is mapped with addresses to spare, so most growth appears in place. Where the spare ones are used up (or
// the system gives none: 32 bits, files on Windows) the whole object is mapped once more, larger, and the old mapping
// stays until the end, for threads that are reading in it.
//
// Invariant: [0, reach) of the newest mapping may be touched: the object was seen to be that long, and never shrinks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "os/os.hpp"
#include "shared/structured.hpp"
#include "table/layout.hpp"

namespace samepage::tables {

inline constexpr std::uint64_t reserve_bytes = std::uint64_t{64} << 30;

class arena {
   public:
    explicit arena(shared::structured& opened);

    // The object's fixed part.
    body& fixed() const noexcept { return *body_; }

    // Any thread. Whether [offset, offset + count) may be touched; asks the system when it is beyond what is known.
    [[gnu::always_inline]] bool reaches(std::uint64_t offset, std::uint64_t count) const {
        // acquire: pairs with the release in reach_further() (view)
        const std::uint64_t reach = reach_.load(std::memory_order_acquire);
        if (offset <= reach && count <= reach - offset) [[likely]]
            return true;
        return reach_further(offset, count);
    }
    // Of what reaches() was asked about.
    template <class T>
    T& at(std::uint64_t offset) const noexcept {
        // acquire: pairs with the release in reach_further() (view)
        return *reinterpret_cast<T*>(base_.load(std::memory_order_acquire) + static_cast<std::size_t>(offset));
    }

    // Both at once: [base, base + reach) may be touched.
    struct view {
        std::byte* base;
        std::uint64_t reach;
    };
    view now() const noexcept {
        // acquire: pairs with the release in reach_further() (view). The reach first: an older one suits a newer base.
        const std::uint64_t reach = reach_.load(std::memory_order_acquire);
        return {base_.load(std::memory_order_acquire), reach};
    }

    // Whether an object of so many bytes would still fit into the addresses that it has here.
    bool is_reserved(std::uint64_t size_bytes) const;
    // At least so many bytes, for everybody. As held_object::grow.
    result<void> grow(std::uint64_t size_bytes);

    // Of what was given back, and in a file whatever it has no pages for. As held_object::reserve.
    result<void> reserve(std::uint64_t offset, std::uint64_t size_bytes) const {
        return opened_->object().reserve(offset, size_bytes);
    }
    result<void> discard(std::uint64_t offset, std::uint64_t size_bytes) const {
        return opened_->object().discard(offset, size_bytes);
    }

    // Whether bytes have been added that are to be put into large pages: a look that costs nothing.
    bool is_loose() const noexcept {
        // relaxed: a hint; gather() looks again under the mutex
        return is_loose_.load(std::memory_order_relaxed);
    }
    // Leaves those that are there as they are: they would take what is given back again.
    void leave_loose() const;
    // Does that with one large page, which takes a millisecond or some: call it owning nothing.
    void gather() const;

   private:
    bool reach_further(std::uint64_t offset, std::uint64_t count) const;
    void note_loose() const;

    shared::structured* opened_;
    body* body_;
    mutable std::atomic<std::byte*> base_;
    mutable std::atomic<std::uint64_t> reach_;
    mutable std::uint64_t reserved_;  // addresses from base_ on. Under mutex_
    mutable std::mutex mutex_;
    mutable std::vector<os::mapping> more_;  // newer than the object's own. Under mutex_
    mutable std::atomic<bool> is_loose_{false};
    // What is to be gathered next, and up to where. The first is the largest number where the system won't. Both under
    // mutex_.
    mutable std::uint64_t loose_begin_, loose_end_;
};

}  // namespace samepage::tables
