// What an actor can do on POSIX systems only: fork and its kin, and becoming another user.
// SPDX-License-Identifier: MIT
//
//   fork          the parent freezes and the child goes on acting, with what it inherited   -> "child PID", by the
//   child fork_idle     the child freezes and the parent goes on                                  -> "child PID", by
//   the parent fork_exec     the parent freezes, the child becomes a new actor                         -> "child" spawn
//   the same with posix_spawn                                                 -> "child" become UID    another user
//   from here on                                                 -> "done"
// Frozen ones end by themselves after some minutes, should a test leave them.
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "actor.hpp"
#include "runner.hpp"

extern char** environ;

namespace {

using actor::stage;

// Does nothing any more, with everything open, until the child has ended.
[[noreturn]] void stay_for(pid_t child) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    ::_exit(0);
}

std::string fork_and_act(stage&, std::istringstream&) {
    const pid_t child = ::fork();
    if (child != 0) stay_for(child);
    return "child " + std::to_string(::getpid());
}

std::string fork_idle(stage&, std::istringstream&) {
    const pid_t parent = ::getpid(), child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (::getppid() == parent) ::pause();
        ::_exit(0);
    }
    return "child " + std::to_string(child);
}

std::string fork_exec(stage&, std::istringstream&) {
    const pid_t child = ::fork();
    if (child != 0) stay_for(child);
    std::cout << "child" << std::endl;
    const std::string program = runner::this_program();
    ::execl(program.c_str(), program.c_str(), "--role", "actor", nullptr);
    return std::strerror(errno);
}

std::string spawn(stage&, std::istringstream&) {
    std::string program = runner::this_program(), role_flag = "--role", role = "actor";
    char* const argv[] = {program.data(), role_flag.data(), role.data(), nullptr};
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, program.c_str(), nullptr, nullptr, argv, environ);
    if (failed != 0) return std::strerror(failed);
    std::cout << "child" << std::endl;
    stay_for(child);
}

std::string become(stage&, std::istringstream& words) {
    unsigned user = 0;
    words >> user;
    const bool done = ::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0;
    return done ? "done" : std::strerror(errno);
}

const actor::verb known[] = {
    {"fork", fork_and_act}, {"fork_idle", fork_idle}, {"fork_exec", fork_exec}, {"spawn", spawn}, {"become", become},
};

}  // namespace
