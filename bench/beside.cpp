// Children, processors, futexes and a directory of the benchmarks that have several processes.
// SPDX-License-Identifier: MIT
#include "beside.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace bench {

void fail(const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::_Exit(1);
}

namespace {

cpu_set_t allowed_at_start() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    return allowed;
}

const cpu_set_t allowed_cpus = allowed_at_start();

}  // namespace

void pin(unsigned which) {
    which %= static_cast<unsigned>(CPU_COUNT(&allowed_cpus));
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed_cpus) || which-- != 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        ::sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

void unpin() { ::sched_setaffinity(0, sizeof allowed_cpus, &allowed_cpus); }

void yield() { ::sched_yield(); }

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen, std::chrono::nanoseconds longest) {
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(longest.count() / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(longest.count() % 1'000'000'000);
    ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, longest.count() == 0 ? nullptr : &limit, nullptr, 0);
}

void futex_wake(const std::atomic<std::uint32_t>& word, unsigned count) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

child::child(const std::function<void()>& body) {
    const pid_t parent = ::getpid();
    std::fflush(nullptr);
    process_ = ::fork();
    if (process_ < 0) fail("fork");
    if (process_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) std::_Exit(1);  // it died before the line above
    body();
    std::_Exit(0);
}

child::~child() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    wait();
}

int child::wait() {
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return status;
}

bool child::has_ended() {
    siginfo_t how{};
    return ::waitid(P_PID, static_cast<id_t>(process_), &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid != 0;
}

void child::terminate() { ::kill(process_, SIGTERM); }

worker::worker(unsigned processor, std::function<std::function<void()>()> make)
    : control_(shared_with_children<control>()), process_([&] {
          pin(processor);
          const std::function<void()> operation = make();
          for (;;) {
              control_.state = idle;
              while (control_.wanted == idle) futex_wait(control_.wanted, idle);
              operation();
              control_.state = working;
              while (control_.wanted == working) operation();
          }
      }) {
    stop();
}

void worker::set(std::uint32_t state) {
    control_.wanted = state;
    futex_wake(control_.wanted);
    while (control_.state != state) ::sched_yield();
}

own_directory::own_directory() {
    std::string name = "/dev/shm/samepage-bench-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) fail("a directory in /dev/shm");
    path_ = name;
    const std::string names = path_ + "/names";
    if (::mkdir(names.c_str(), 0700) != 0) fail("a directory in /dev/shm");
    ::setenv("SAMEPAGE_DIR", names.c_str(), 1);
}

own_directory::~own_directory() { std::filesystem::remove_all(path_); }

}  // namespace bench
