// A forked child of a test that runs one function, and how it ended. POSIX only.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace forked {

// A child of this process that runs `body` and ends with what it returns.
template <class F>
pid_t run(F&& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    return child;
}

// Waits for its end: its exit status, or 128 and the signal.
inline int status_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Waits until it has ended, and leaves it a zombie.
inline void leave_zombie(pid_t child) {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
}

// One byte from one process to another. Waiting for it ends too when the last writing end is closed.
class signal_pipe {
   public:
    signal_pipe() { made_ = ::pipe(ends_) == 0; }
    signal_pipe(const signal_pipe&) = delete;
    signal_pipe& operator=(const signal_pipe&) = delete;
    ~signal_pipe() {
        if (!made_) return;
        ::close(ends_[0]);
        if (writes_) ::close(ends_[1]);
    }
    bool made() const { return made_; }
    bool give() {
        const char byte = 'x';
        return ::write(ends_[1], &byte, 1) == 1;
    }
    // False: there is nobody left who could give.
    bool take() {
        if (writes_) ::close(ends_[1]);
        writes_ = false;
        char byte = 0;
        ssize_t got = -1;
        while ((got = ::read(ends_[0], &byte, 1)) < 0 && errno == EINTR) {
        }
        return got == 1;
    }

   private:
    int ends_[2] = {-1, -1};
    bool made_ = false, writes_ = true;
};

}  // namespace forked
