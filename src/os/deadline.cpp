// Deadlines that don't overflow.
// SPDX-License-Identifier: MIT
#include "os/os.hpp"

namespace samepage::os {

deadline deadline::after(duration d) noexcept {
    // Without the clock, which costs more than most calls that have a deadline.
    if (d <= duration::zero()) return deadline(clock::time_point::min());
    if (d == samepage::forever) return forever();
    const clock::time_point now = clock::now();
    return d >= clock::time_point::max() - now ? forever() : deadline(now + d);
}

duration deadline::left() const noexcept {
    if (is_forever()) return samepage::forever;
    if (is_past()) return duration::zero();
    const duration rest = at_ - clock::now();
    return rest > duration::zero() ? rest : duration::zero();
}

}  // namespace samepage::os
