// Open file description locks: the kernel's own word on who lives.
// SPDX-License-Identifier: MIT
//
// Bytes of an object's file far beyond its data that are locked, never written:
//   gate  exclusive while somebody creates or opens the object, or looks whether it is a leftover
//   life  shared by every holder. Who gets it exclusively knows that there is no other holder
//   slot  exclusive: claimed by one live handle (participants)
// A lock belongs to the open file description: it ends with the last descriptor and mapping made through it, by
// whatever end. So nothing is ever mapped through a locked description. See fcntl(2), "Open file description locks".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "os/os.hpp"

namespace samepage::os {

inline constexpr std::int64_t gate_byte = std::int64_t{1} << 62;
inline constexpr std::int64_t life_byte = gate_byte + 1;
inline constexpr std::int64_t slot_byte = gate_byte + 4096;  // the first of slots_max

enum class lock_mode : std::uint8_t { shared, exclusive };

// true: locked (or converted, atomically). false: another description stands in the way. Never waits.
result<bool> try_lock(int descriptor, std::int64_t byte, lock_mode mode);
void unlock(int descriptor, std::int64_t byte) noexcept;

// How another description holds the byte; nothing when none does. Of several, any one's way.
result<std::optional<lock_mode>> held_by(int descriptor, std::int64_t byte);

// Tries until it is locked: timed_out when `until` passes, naming who is in the way where the system shows it.
result<void> lock_until(int descriptor, std::int64_t byte, lock_mode mode, const deadline& until);

// Sleeps a little, longer from try to try: 0, then 20 µs doubling up to 1 ms.
void back_off(unsigned tries);

}  // namespace samepage::os
