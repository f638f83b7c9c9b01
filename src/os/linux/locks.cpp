// Open file description locks: tried, asked for, waited for.
// SPDX-License-Identifier: MIT
#include "os/linux/locks.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "os/linux/holders.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

struct flock one_byte(std::int64_t byte, short type) noexcept {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = byte;
    range.l_len = 1;
    return range;
}

error why_no_lock(const char* operation, int why) {
    if (why != EINVAL && why != ENOLCK && why != EOPNOTSUPP) return from_system(operation, why);
    return error(errc::not_supported, operation,
                 "this filesystem has no open file description locks; set SAMEPAGE_DIR to a local tmpfs", why);
}

static_assert(sizeof(off_t) == 8, "build with _FILE_OFFSET_BITS=64");

}  // namespace

result<bool> try_lock(int descriptor, std::int64_t byte, lock_mode mode) {
    struct flock range = one_byte(byte, mode == lock_mode::shared ? F_RDLCK : F_WRLCK);
    for (;;) {
        if (::fcntl(descriptor, F_OFD_SETLK, &range) == 0) return true;
        if (errno == EAGAIN || errno == EACCES) return false;
        if (errno == EINTR) continue;
        return why_no_lock("hold", errno);
    }
}

void unlock(int descriptor, std::int64_t byte) noexcept {
    struct flock range = one_byte(byte, F_UNLCK);
    while (::fcntl(descriptor, F_OFD_SETLK, &range) != 0 && errno == EINTR) {
    }
}

result<std::optional<lock_mode>> held_by(int descriptor, std::int64_t byte) {
    struct flock range = one_byte(byte, F_WRLCK);
    while (::fcntl(descriptor, F_OFD_GETLK, &range) != 0) {
        if (errno != EINTR) return why_no_lock("ask who holds", errno);
    }
    if (range.l_type == F_UNLCK) return std::optional<lock_mode>();
    return std::optional(range.l_type == F_RDLCK ? lock_mode::shared : lock_mode::exclusive);
}

void back_off(unsigned tries) {
    if (tries == 0) {
        ::sched_yield();
        return;
    }
    const long pause_ns = std::min(1'000'000L, 20'000L << std::min(tries - 1, 6U));
    const timespec pause{0, pause_ns};
    ::nanosleep(&pause, nullptr);
}

result<void> lock_until(int descriptor, std::int64_t byte, lock_mode mode, const deadline& until) {
    for (unsigned tries = 0;; ++tries) {
        const result<bool> locked = try_lock(descriptor, byte, mode);
        if (!locked) return locked.error();
        if (*locked) return {};
        if (until.passed()) {
            const std::uint32_t process = locker(descriptor, byte);
            return error(
                errc::timed_out, "open",
                process == 0
                    ? std::string(
                          "another process is creating or opening it and doesn't go on; look with: samepage holders")
                    : "process " + std::to_string(process) +
                          " is creating or opening it and doesn't go on; is it stopped?");
        }
        back_off(tries);
    }
}

}  // namespace samepage::os
