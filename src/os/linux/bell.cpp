// Descriptors for event loops: inotify watches of the object's file, rung by reserving a byte that it has.
// SPDX-License-Identifier: MIT
//
// Why this and not io_uring or a FIFO: docs/decisions/0002. Reserving what is reserved changes nothing, asks for no
// right beyond the descriptor's, is no matter of file size limits, and is done by few others: who opens a path to
// write. Such rings are needless ones.
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "os/linux/held_state.hpp"
#include "os/linux/holders.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

constexpr const char* listening = "make a descriptor for event loops";

error no_instance() {
    const int why = errno;
    // Descriptors of the process, or instances of the user?
    if (why != EMFILE || !handle(::open("/", O_PATH | O_CLOEXEC))) return from_system(listening, why);
    return error(errc::full, listening,
                 "this user's processes have as many such descriptors as they may; make "
                 "/proc/sys/fs/inotify/max_user_instances larger",
                 why);
}

bool watch(int listener, const held_object::state& s) {
    constexpr std::uint32_t rung = IN_MODIFY | IN_ATTRIB;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", s.mapped().get());
    if (::inotify_add_watch(listener, path, rung) >= 0) return true;
    const int why = errno;
    // No /proc: by its path, if that still leads to it.
    if (why == ENOENT && !s.path.empty() && ::inotify_add_watch(listener, s.path.c_str(), rung) >= 0) {
        const handle there(::open(s.path.c_str(), O_PATH | O_CLOEXEC));
        if (there && file_of(there.get()) == file_of(s.mapped().get())) return true;
    }
    errno = why;
    return false;
}

}  // namespace

result<native_handle> held_object::listen() const {
    if (!state_) return error(errc::closed, listening);
    const no_fork still;
    const std::lock_guard guard(state_->making_listener);
    if (state_->listener) return native_handle{state_->listener.get()};
    handle made(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!made && errno == ENOSYS) return error(errc::not_supported, listening, "this system has no inotify", ENOSYS);
    if (!made) return no_instance();
    if (!watch(made.get(), *state_)) return from_system(listening, errno);
    state_->listener = std::move(made);
    return native_handle{state_->listener.get()};
}

void held_object::hush() const {
    if (!state_ || !state_->listener) return;
    alignas(inotify_event) std::array<char, 1024> events;
    while (::read(state_->listener.get(), events.data(), events.size()) > 0) {
    }
}

void held_object::ring() const {
    if (!state_) return;
    const int file = state_->mapped().get();
    int rung = 0;
    // A signal that is pending keeps it from beginning.
    while ((rung = ::fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 1)) < 0 && errno == EINTR) {
    }
    // A filesystem that reserves nothing: its times, then.
    if (rung < 0) static_cast<void>(::futimens(file, nullptr));
}

}  // namespace samepage::os
