// Counts system calls of a forked child by a seccomp filter: those that are counted are not made. Linux.
// SPDX-License-Identifier: MIT
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <atomic>
#include <csignal>
#include <new>
#include <span>

namespace counted_calls {

inline constexpr int no_filter = 77;  // a child's status where a filter is refused

struct counter {
    std::atomic<int> calls{0};
    std::atomic<int> first{-1};
};
inline counter* current = nullptr;  // what a child counts and its parent reads

// A counter in memory that forked children share, while it lives.
class shared_counter {
   public:
    shared_counter() {
        void* const shared =
            ::mmap(nullptr, sizeof(counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared != MAP_FAILED) current = new (shared) counter;
    }
    shared_counter(const shared_counter&) = delete;
    shared_counter& operator=(const shared_counter&) = delete;
    ~shared_counter() {
        ::munmap(current, sizeof(counter));
        current = nullptr;
    }
};

inline void count(int, siginfo_t* info, void*) {
    if (current->calls.fetch_add(1) == 0) current->first = info->si_syscall;
}

// From here on what `program` answers with SECCOMP_RET_TRAP is counted, in this thread and those that it starts.
inline bool count_from_here(std::span<sock_filter> program) {
    struct sigaction action {};
    action.sa_sigaction = &count;
    action.sa_flags = SA_SIGINFO;
    if (current == nullptr || ::sigaction(SIGSYS, &action, nullptr) != 0) return false;
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

}  // namespace counted_calls
