// What C holds: handles that are checked, so that a closed or foreign one is a status and not a crash.
// SPDX-License-Identifier: MIT
//
// A handle is the address of a slot in its kind's pool. Slots are never given back to the system, so any number that
// comes in can be looked at: outside the pool's chunks, or in the midst of a slot, it is no handle; in a slot that
// isn't live it is a closed one. Slots are used again round and round, so that a stale handle stays closed for long.
//
// Threads: all of it, without locks, so that a fork at any moment leaves the child a pool that works.
// Invariant: an object lives in its slot from `live` to whoever changes `live` to `taken` again, which is one thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace samepage::capi {

template <class Object>
struct slot {
    enum : std::uint32_t { free, taken, live };
    std::atomic<std::uint32_t> state{free};
    alignas(Object) std::array<std::byte, sizeof(Object)> room;

    Object& object() noexcept { return *std::launder(reinterpret_cast<Object*>(room.data())); }
};

// `Handle` is the C type; it derives from slot<Object>.
template <class Handle>
class pool {
   public:
    // A live handle of what is made of `from`. Throws bad_alloc.
    template <class... From>
    Handle* make(From&&... from) {
        Handle& mine = take();
        using object = std::remove_reference_t<decltype(mine.object())>;
        ::new (mine.room.data()) object(std::forward<From>(from)...);
        mine.state = Handle::live;
        return &mine;
    }

    bool has(const void* handle) const noexcept {
        const auto at = reinterpret_cast<std::uintptr_t>(handle);
        for (std::size_t k = 0; k < chunks_max; ++k) {
            const Handle* const chunk = chunks_[k];
            if (chunk == nullptr) return false;
            const std::uintptr_t offset = at - reinterpret_cast<std::uintptr_t>(chunk);
            if (offset < slots_of(k) * sizeof(Handle)) return offset % sizeof(Handle) == 0;
        }
        return false;
    }

    void close(Handle* handle) noexcept {
        std::uint32_t seen = Handle::live;
        if (!has(handle) || !handle->state.compare_exchange_strong(seen, Handle::taken)) return;
        std::destroy_at(&handle->object());
        handle->state = Handle::free;
    }

   private:
    static constexpr std::size_t chunks_max = 20;
    static constexpr std::size_t slots_of(std::size_t chunk) noexcept { return std::size_t{64} << chunk; }
    // So many taken ones in a row, and there is a further chunk.
    static constexpr unsigned tries_max = 64;

    Handle& take() {
        for (;;) {
            for (unsigned tries = 0; tries < tries_max; ++tries) {
                Handle* const next = at(next_.fetch_add(1));
                std::uint32_t seen = Handle::free;
                if (next != nullptr && next->state.compare_exchange_strong(seen, Handle::taken)) return *next;
            }
            add_chunk();
        }
    }

    // The slot of that number, counted round and round; null while there is none.
    Handle* at(std::size_t number) noexcept {
        std::size_t count = 0;
        for (std::size_t k = 0; k < chunks_max && chunks_[k] != nullptr; ++k) count += slots_of(k);
        if (count == 0) return nullptr;
        number %= count;
        for (std::size_t k = 0;; ++k) {
            if (number < slots_of(k)) return chunks_[k] + number;
            number -= slots_of(k);
        }
    }

    void add_chunk() {
        std::size_t k = 0, before = 0;
        while (k < chunks_max && chunks_[k] != nullptr) before += slots_of(k++);
        if (k == chunks_max) throw std::bad_alloc();
        auto chunk = std::make_unique<Handle[]>(slots_of(k));
        Handle* none = nullptr;
        if (!chunks_[k].compare_exchange_strong(none, chunk.get())) return;  // another thread was as fast
        chunk.release();
        next_ = before;
    }

    std::array<std::atomic<Handle*>, chunks_max> chunks_{};
    std::atomic<std::size_t> next_{0};
};

}  // namespace samepage::capi
