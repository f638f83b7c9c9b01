// The processes of a crash test that are not stepped: one that acts and ends, and one that keeps.
// SPDX-License-Identifier: MIT
#include "actors.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace crash {

namespace {

// Longer than any operation takes on the slowest machine; whoever is still there then hangs.
constexpr unsigned hang_seconds = 60;

pid_t fork_quietly() {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) {
        std::perror("fork");
        std::abort();
    }
    return child;
}

int status_of(pid_t process) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

void enter(const scene& s) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(hang_seconds);
    setenv("SAMEPAGE_DIR", s.directory.c_str(), 1);
}

void scene::begin() const { syscall(mark_numbers()[0]); }
void scene::end() const { syscall(mark_numbers()[1]); }
void scene::stop_here() const { syscall(SYS_getppid); }

const std::array<long, 2>& mark_numbers() {
    static const std::array<long, 2> numbers = {0x5350001, 0x5350002};
    return numbers;
}

void require(const scene& s, bool promise, const std::string& complaint) {
    if (promise) return;
    auto& text = s.book->complaint;
    text.fill('\0');
    std::copy_n(complaint.begin(), std::min(complaint.size(), text.size() - 1), text.begin());
    _exit(1);
}

std::string status_text(int status) {
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return signal == SIGALRM ? "hung" : "killed by signal " + std::to_string(signal);
    }
    return "ended with status " + std::to_string(WEXITSTATUS(status));
}

std::string run_actor(const scene& s, actor who, const std::function<void(const scene&)>& act) {
    scene mine = s;
    mine.me = who;
    const pid_t child = fork_quietly();
    if (child == 0) {
        enter(mine);
        act(mine);
        _exit(0);
    }
    const int status = status_of(child);
    if (status == 0) return {};
    const std::string complaint = s.book->complaint.data();
    return complaint.empty() ? status_text(status) : complaint;
}

keeper::keeper(const scene& s, const subject& of) {
    scene mine = s;
    mine.me = actor::keeper;
    int down[2], up[2];
    if (pipe2(down, O_CLOEXEC) != 0 || pipe2(up, O_CLOEXEC) != 0) std::abort();
    process_ = fork_quietly();
    char byte = 0;
    if (process_ == 0) {
        close(down[1]);
        close(up[0]);
        enter(mine);
        std::shared_ptr<void> held = of.prepare(mine);
        if (write(up[1], "r", 1) != 1 || read(down[0], &byte, 1) != 1) _exit(3);
        if (of.survive) of.survive(mine, held.get());
        held.reset();
        _exit(0);
    }
    close(down[0]);
    close(up[1]);
    to_it_ = down[1];
    if (read(up[0], &byte, 1) != 1) {
        std::fprintf(stderr, "the keeper could not prepare: %s %s\n", status_text(status_of(process_)).c_str(),
                     s.book->complaint.data());
        std::abort();
    }
    close(up[0]);
}

std::string keeper::finish() {
    if (write(to_it_, "e", 1) != 1) return "the keeper is gone";
    const int status = status_of(process_);
    process_ = -1;
    return status == 0 ? std::string() : "the keeper " + status_text(status);
}

keeper::~keeper() {
    close(to_it_);
    if (process_ > 0) {
        kill(process_, SIGKILL);
        status_of(process_);
    }
}

}  // namespace crash
