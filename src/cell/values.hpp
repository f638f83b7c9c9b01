// The values of a cell in shared memory: publishing one, and copying the newest one out whole.
// SPDX-License-Identifier: MIT
//
// Layout (layout.hpp): `current`, the newest version, 0 when there is none; N buffers. Version v is in buffer v mod N.
//
// Roles: one writer at a time, who owns the cell's owner word; any number of readers, who only read.
//
//   writer of version n = current + 1              reader
//   P1 length and bytes into buffer n mod N        L1 v = current; 0: empty
//   P2 current = n                                 L2 copy buffer v mod N out, its length bounded first
//   (then the owner word is released)              L3 current again: no further than v + N - 2? then it is v, whole
//
// Invariants
//   I1 Buffer v mod N holds version v, whole and unchanged, from P2 of v until P1 of v + N begins.
//   I2 P1 of v + N begins only when current == v + N - 1. So a reader that copied any byte of v + N sees at least
//      that in L3, since every word of a value is stored with release and loaded with acquire (words.hpp).
//   I3 Versions go up by one for each P2; nothing else changes `current`.
//   I4 A reader is lapped only when N - 1 further values are published during its copy.
//
// Crash story
//   before P1, or in it: current is unchanged; buffer n mod N is nobody's (its old version was n - N, whose readers L3
//     turns away). The next writer writes the same n into it again.
//   after P2: the value is published, whole, whether or not its writer lived to hear of it.
//   Nothing has to be repaired.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "cell/layout.hpp"
#include "shared/check.hpp"
#include "shared/words.hpp"

namespace samepage::cells {

class values {
   public:
    enum class outcome : std::uint8_t { whole, empty, too_small, corrupt, lapped };
    struct loaded {
        outcome how;
        std::uint64_t version;
        std::size_t size_bytes;  // of the value, also when `into` was too small
    };

    // `object` points to the object's first byte; it is object_bytes() long.
    values(std::byte* object, const shape& s) noexcept
        : current_(reinterpret_cast<std::atomic<std::uint64_t>*>(object + current_offset)),
          buffers_(object + buffers_offset),
          stride_bytes_(static_cast<std::size_t>(s.stride_bytes())),
          last_buffer_(s.buffers - 1),
          capacity_bytes_(static_cast<std::size_t>(s.capacity_bytes)),
          quick_bytes_(s.capacity_bytes >= quick_bytes ? quick_bytes : std::numeric_limits<std::uint32_t>::max()),
          checked_(s.checked) {}

    std::size_t capacity_bytes() const noexcept { return capacity_bytes_; }
    std::uint64_t newest() const noexcept {
        // acquire: pairs with the release in publish() (publish)
        return current_->load(std::memory_order_acquire);
    }

    // For the owner. At most capacity_bytes(). Its version; 0, and nothing done, when `current` is damaged: no cell was
    // ever stored in so often that there is no next version.
    std::uint64_t publish(std::span<const std::byte> value) const noexcept {
        // relaxed: only owners change it, and the last one's change came with the owner word.
        const std::uint64_t version = current_->load(std::memory_order_relaxed) + 1;
        if (version == 0) [[unlikely]]
            return 0;
        std::byte* const buffer = buffer_of(version);
        const std::uint64_t check = checked_ ? shared::check_of(value, version) : 0;
        // release: pairs with the acquire in try_load() (payload). A survivor sees the old value: current is unchanged.
        length_of(buffer).store(value.size() | check << 32, std::memory_order_release);
        shared::store_bytes(buffer + value_offset, value.data(), value.size());
        // release: pairs with the acquires in newest() and try_load() (publish). A survivor sees the new value.
        current_->store(version, std::memory_order_release);
        return version;
    }

    // A load as it is most often: of a value of quick_bytes, first try. Its version; 0: load() does it and says why.
    // Inline, so that nothing of it needs the stack.
    static constexpr std::size_t quick_bytes = 64;
    [[gnu::always_inline]] inline std::uint64_t load_quick(std::span<std::byte> into) const noexcept {
        // acquire: pairs with the release in publish() (publish)
        const std::uint64_t version = current_->load(std::memory_order_acquire);
        const std::byte* const buffer = buffer_of(version);
        // acquire: pairs with the release in publish() (payload)
        const std::uint64_t meta = length_of(buffer).load(std::memory_order_acquire);
        if (static_cast<std::uint32_t>(meta) != quick_bytes_ || into.size() < quick_bytes) return 0;
        shared::load_64_bytes(into.data(), buffer + value_offset);
        // relaxed: the acquires above keep it behind the copy (payload)
        const std::uint64_t now = current_->load(std::memory_order_relaxed);
        return now - version < last_buffer_ ? version : 0;  // version 0: there is none yet
    }

    // As many tries as a load may have.
    loaded load(std::span<std::byte> into) const noexcept;

    // Whether the newest value is what its check sum says. Changes meanwhile are no damage.
    bool newest_is_sound(std::span<std::byte> scratch) const noexcept;

   private:
    loaded try_load(std::span<std::byte> into) const noexcept;
    std::byte* buffer_of(std::uint64_t version) const noexcept {
        return buffers_ + static_cast<std::size_t>(version & last_buffer_) * stride_bytes_;
    }
    static std::atomic<std::uint64_t>& length_of(std::byte* buffer) noexcept {
        return *reinterpret_cast<std::atomic<std::uint64_t>*>(buffer);
    }
    static const std::atomic<std::uint64_t>& length_of(const std::byte* buffer) noexcept {
        return *reinterpret_cast<const std::atomic<std::uint64_t>*>(buffer);
    }

    std::atomic<std::uint64_t>* current_;  // written by the owner, read by all
    std::byte* buffers_;
    std::size_t stride_bytes_;
    std::uint64_t last_buffer_;
    std::size_t capacity_bytes_;
    std::uint32_t quick_bytes_;  // or no size, where the capacity is smaller
    bool checked_;
};

}  // namespace samepage::cells
