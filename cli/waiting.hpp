// waiting: calls of the library that wait, in slices, so that an interrupt is heard and a lost name noticed.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

#include "failure.hpp"
#include "samepage/duration.hpp"
#include "system.hpp"

namespace samepage::cli {

inline constexpr duration slice = std::chrono::milliseconds(200);

inline void heed_interrupts() {
    if (interrupted()) throw interrupt_heard();
}

// What `call`, which gets the time that it may wait, gives in the end: something else than timed_out, or that after
// `time` all in all. After each slice `meanwhile` gets the error; it may throw.
template <class Call, class Meanwhile>
auto in_slices(duration time, const Call& call, const Meanwhile& meanwhile) {
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        const duration left = time - (std::chrono::steady_clock::now() - start);
        // Only a time of 0 doesn't wait at all.
        auto given = call(std::min(slice, std::max(left, std::min(time, duration(1)))));
        if (given || given.error().code() != errc::timed_out || left <= slice) return given;
        heed_interrupts();
        meanwhile(given.error());
    }
}

}  // namespace samepage::cli
