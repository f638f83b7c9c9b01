// Sleeping and waking between processes: futexes.
// SPDX-License-Identifier: MIT
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

#include "os/linux/held_state.hpp"

namespace samepage::os {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void held_object::wait(unsigned /*point*/, const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       const deadline& until) const {
    timespec left{};
    if (!until.is_forever()) {
        const duration rest = until.left();
        if (rest <= duration::zero()) return;
        left.tv_sec = static_cast<decltype(left.tv_sec)>(rest.count() / 1'000'000'000);
        left.tv_nsec = static_cast<decltype(left.tv_nsec)>(rest.count() % 1'000'000'000);
    }
    // Every way to return (woken, changed already, time up, a signal) is "may return early": the caller looks again.
    ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, until.is_forever() ? nullptr : &left, nullptr, 0);
}

void held_object::wake(unsigned /*point*/, const std::atomic<std::uint32_t>& word, unsigned sleepers) const {
    const int count = sleepers > static_cast<unsigned>(INT_MAX) ? INT_MAX : static_cast<int>(sleepers);
    ::syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

}  // namespace samepage::os
