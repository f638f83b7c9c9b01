// awaiting: trying again until something is there that another process makes, or the time is up.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "samepage/duration.hpp"

namespace samepage::cli {

class awaiting {
   public:
    // `what` is told once to who sits at a terminal. `time` may be forever.
    awaiting(std::string what, duration time);

    bool over() const { return left() == duration::zero(); }
    duration left() const;  // zero when the time is up
    // Sleeps: 1 ms, then longer from time to time up to 10 ms, and not beyond the time. Throws interrupt_heard.
    void pause();

   private:
    using clock = std::chrono::steady_clock;

    std::string what_;
    clock::time_point until_;
    duration next_ = std::chrono::milliseconds(1);
    bool told_ = false;
};

}  // namespace samepage::cli
