// Deadlines that don't overflow.
// SPDX-License-Identifier: MIT
#include "os/os.hpp"

namespace samepage::os {

deadline deadline::after(duration d) noexcept {
    const clock::time_point now = clock::now();
    if (d <= duration::zero()) return deadline(now);
    return d >= clock::time_point::max() - now ? forever() : deadline(now + d);
}

duration deadline::left() const noexcept {
    if (is_forever()) return samepage::forever;
    const duration rest = at_ - clock::now();
    return rest > duration::zero() ? rest : duration::zero();
}

}  // namespace samepage::os
