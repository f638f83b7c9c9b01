// Records that expire: from a moment of the wall clock on no reader sees them; a writer that passes by erases them.
// SPDX-License-Identifier: MIT
//
// Layout. A record that expires has `expires_flag` in its lengths and, behind its value, a word: the moment, in
// nanoseconds since 1970. Its check sum covers the word; its slot has `slot_expires`, so that a writer knows without
// looking at the record. The body's `expiring` says that the table has had any. So others pay nothing: a reader of a
// plain record has looked at the flag when it compared the key's length; a writer of a table without any reads a word
// of the line that has `buckets`.
//
// Roles. Readers compare the moment with their clock; they change nothing. Who owns a stripe treats a record that has
// expired as none (place::is_there), and, before it looks for its key, erases those of the key's bucket (sweep()). Such
// an erase is one like any other: a step of its own, counted in `changes`, told in the history. A lock on an expired
// record's key doesn't keep it: nobody sees the difference.
//
// Invariants
//   I1 A slot has `slot_expires` if and only if its record has `expires_flag`; then `expiring` isn't 0.
//   I2 The word is written before the record's number, and never changed: it is the record's as its value is.
//   I3 A reader takes a record for expired when the clock says so and the slot, read once more after the clock, still
//      leads to it: at that moment it was there, and had expired. (Without the second look it could miss both the
//      record and the one that was put instead before that expired.) One that hasn't expired by the clock hadn't when
//      the slot was read, which was before. The clock that ticks is believed only of moments that are so far away that
//      it would have to be late by seconds (is_to_come).
//   I4 It is believed only after the number was read again (find.hpp R5), as everything else of a record.
//
// `tests/models/table_expiry.pml` has a reader, a writer and both clocks.
//
// Crash story: writer.hpp's, of puts and erases. Killed between two erases, the rest stays for the next writer. Killed
// after `expiring` and before the put, it says what isn't so, which costs writers a look at slots.
// A moment that cannot be (damage) makes a record disappear early, or late: no reader and no writer does anything else
// because of it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>

#include "os/os.hpp"
#include "samepage/duration.hpp"
#include "shared/check.hpp"

namespace samepage::tables {

// By the wall clock, in nanoseconds since 1970.
inline std::uint64_t unix_ns() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Whether that moment is to come. The exact clock is asked where there may be little time left: `late_ns` is far more
// than the other one is late.
inline bool is_to_come(std::uint64_t moment_ns) noexcept {
    constexpr std::uint64_t late_ns = 10'000'000'000;
    return os::last_tick_unix_ns() + late_ns < moment_ns || unix_ns() < moment_ns;
}

// The moment that is so far away; of 0 and forever 0: never.
inline std::uint64_t moment_in(duration away) noexcept {
    return away == forever || away == duration::zero() ? 0 : unix_ns() + static_cast<std::uint64_t>(away.count());
}

// How long one who waits for that moment may sleep; 0: never. Somebody may set the clock meanwhile.
inline duration time_to(std::uint64_t expires_ns) noexcept {
    if (expires_ns == 0) return forever;
    const std::uint64_t now = unix_ns(), longest = 1'000'000'000;
    return duration(expires_ns <= now ? 0 : static_cast<std::int64_t>(std::min(longest, expires_ns - now)));
}

// A record's check sum, where they have one; `expires_ns` 0: never.
inline std::uint32_t record_check(std::span<const std::byte> key, std::span<const std::byte> value,
                                  std::uint64_t number, std::uint64_t expires_ns) noexcept {
    const std::uint64_t seed =
        expires_ns == 0 ? number : shared::check_of(std::as_bytes(std::span(&expires_ns, 1)), number);
    return shared::check_of(key, shared::check_of(value, seed));
}

}  // namespace samepage::tables
