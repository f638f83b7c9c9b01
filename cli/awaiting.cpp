// Trying again, longer and longer apart.
// SPDX-License-Identifier: MIT
#include "awaiting.hpp"

#include <algorithm>
#include <utility>

#include "output.hpp"
#include "system.hpp"
#include "waiting.hpp"

namespace samepage::cli {

awaiting::awaiting(std::string what, duration time) : what_(std::move(what)) {
    const auto now = clock::now();
    until_ = time > clock::time_point::max() - now ? clock::time_point::max() : now + time;
}

duration awaiting::left() const {
    if (until_ == clock::time_point::max()) return forever;
    return std::max<duration>(until_ - clock::now(), duration::zero());
}

void awaiting::pause() {
    if (!told_) hint("Waiting for " + what_ + " (Ctrl-C ends)");
    told_ = true;
    wait_for a_moment;
    a_moment.time = std::min(next_, left());
    wait(a_moment);
    heed_interrupts();
    next_ = std::min<duration>(next_ * 2, std::chrono::milliseconds(10));
}

}  // namespace samepage::cli
