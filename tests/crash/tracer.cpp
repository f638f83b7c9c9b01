// Runs an operation under ptrace and stops it at every store to shared memory and at every system call.
// SPDX-License-Identifier: MIT
//
// How: at the begin mark, and after each call that changes mappings, the child is made to call mprotect(PROT_READ) on
// its shared mappings. A store then faults. At the fault the child is made to call mprotect(PROT_READ | PROT_WRITE),
// single-stepped over the one instruction, and the mappings are protected again. What the child sees is a store that
// took long; nothing in it knows of this. A `rep movsb` is one stop a byte, as a kill could come between any two.
#include "tracer.hpp"

#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "scene.hpp"

namespace crash {

namespace {

void must(bool worked, const char* what) {
    if (worked) return;
    std::perror(what);
    std::abort();
}

// "samepage_crash_tests+0x1234", for addr2line. The child is forked from this very program, so its addresses are ours.
std::string place_of(std::uint64_t address) {
    Dl_info found{};
    void* at = nullptr;
    std::memcpy(&at, &address, sizeof at);
    if (dladdr(at, &found) == 0) return "somewhere";
    const std::string file = found.dli_fname;
    std::ostringstream out;
    out << file.substr(file.rfind('/') + 1) << "+0x" << std::hex
        << address - reinterpret_cast<std::uint64_t>(found.dli_fbase);
    return out.str();
}

bool changes_mappings(long call) {
    return call == SYS_mmap || call == SYS_munmap || call == SYS_mremap || call == SYS_mprotect;
}

}  // namespace

std::string stop::text() const {
    std::ostringstream out;
    switch (what) {
        case kind::begin: out << "before the operation"; break;
        case kind::store: out << "after store " << number << " (" << place_of(address) << ")"; break;
        case kind::before_call: out << "before system call " << call; break;
        case kind::after_call: out << "after system call " << call; break;
        case kind::end: out << "after the operation"; break;
        case kind::gone: out << "ended, status " << status; break;
    }
    return out.str();
}

tracer::tracer(std::function<void()> run, std::string directory) : directory_(std::move(directory)) {
    std::fflush(nullptr);
    process_ = fork();
    must(process_ >= 0, "fork");
    if (process_ == 0) {
        must(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "ptrace(PTRACE_TRACEME)");
        raise(SIGSTOP);
        run();
        _exit(0);
    }
    must(WIFSTOPPED(wait()), "the first stop");
    must(ptrace(PTRACE_SETOPTIONS, process_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0,
         "ptrace options");
}

int tracer::wait() {
    int status = 0;
    while (waitpid(process_, &status, 0) < 0) must(errno == EINTR, "waitpid");
    return status_ = status;
}

void tracer::resume(int request, int signal) {
    must(ptrace(static_cast<__ptrace_request>(request), process_, nullptr, signal) == 0, "ptrace resume");
    wait();
}

stop tracer::gone(int status) {
    process_ = -1;
    stop s;
    s.status = status;
    return s;
}

bool tracer::is_ours(std::uint64_t address) const {
    for (const range& r : ranges_)
        if (address >= r.begin && address < r.end) return true;
    return false;
}

// The child's shared, writable mappings of files below the directory: those that it made writable itself.
void tracer::find_ranges() {
    std::vector<range> found;
    std::ifstream maps("/proc/" + std::to_string(process_) + "/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long begin = 0, end = 0;
        char mode[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) != 3) continue;
        if (mode[3] != 's' || line.find(directory_ + "/") == std::string::npos) continue;
        const bool known = is_ours(begin) && mode[1] != 'w';  // protected by us, not by the child
        if (mode[1] == 'w' || known) found.push_back({begin, end});
    }
    ranges_ = std::move(found);
}

void tracer::protect(bool writable) {
    user_regs_struct before{};
    must(ptrace(PTRACE_GETREGS, process_, nullptr, &before) == 0, "ptrace(PTRACE_GETREGS)");
    for (const range& r : ranges_) {
        user_regs_struct call = before;
        call.rip = call_instruction_;
        call.rax = SYS_mprotect;
        call.orig_rax = ~0ull;  // nothing to restart
        call.rdi = r.begin;
        call.rsi = r.end - r.begin;
        call.rdx = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        must(ptrace(PTRACE_SETREGS, process_, nullptr, &call) == 0, "ptrace(PTRACE_SETREGS)");
        resume(PTRACE_SINGLESTEP, 0);
        must(WIFSTOPPED(status_) && WSTOPSIG(status_) == SIGTRAP, "stepping over a call of ours");
        must(ptrace(PTRACE_GETREGS, process_, nullptr, &call) == 0 && call.rax == 0, "mprotect in the child");
    }
    must(ptrace(PTRACE_SETREGS, process_, nullptr, &before) == 0, "ptrace(PTRACE_SETREGS)");
}

// At a system-call stop: what it is for the caller, if he is to know.
std::optional<stop> tracer::call_stop() {
    __ptrace_syscall_info info{};
    must(ptrace(PTRACE_GET_SYSCALL_INFO, process_, sizeof info, &info) > 0, "ptrace(PTRACE_GET_SYSCALL_INFO)");
    user_regs_struct at{};
    must(ptrace(PTRACE_GETREGS, process_, nullptr, &at) == 0, "ptrace(PTRACE_GETREGS)");
    const long call = static_cast<long>(at.orig_rax);
    stop s;
    s.call = call;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        s.what = call == mark_numbers()[1] ? stop::kind::end : stop::kind::before_call;
        return begun_ ? std::optional(s) : std::nullopt;
    }
    if (call == mark_numbers()[0]) {
        call_instruction_ = at.rip - 2;  // `syscall` is two bytes long
        begun_ = true;
        find_ranges();
        protect(false);
        s.what = stop::kind::begin;
        return s;
    }
    if (!begun_) return std::nullopt;
    if (changes_mappings(call)) {
        find_ranges();
        protect(false);
    }
    s.what = stop::kind::after_call;
    return s;
}

// The call is turned into none on its way in, and its result written on its way out.
stop tracer::fail_call(int error) {
    user_regs_struct at{};
    must(ptrace(PTRACE_GETREGS, process_, nullptr, &at) == 0, "ptrace(PTRACE_GETREGS)");
    stop s;
    s.what = stop::kind::after_call;
    s.call = static_cast<long>(at.orig_rax);
    at.orig_rax = ~0ull;
    must(ptrace(PTRACE_SETREGS, process_, nullptr, &at) == 0, "ptrace(PTRACE_SETREGS)");
    resume(PTRACE_SYSCALL, 0);
    if (!WIFSTOPPED(status_)) return gone(status_);
    must(ptrace(PTRACE_GETREGS, process_, nullptr, &at) == 0, "ptrace(PTRACE_GETREGS)");
    at.rax = static_cast<std::uint64_t>(-static_cast<std::int64_t>(error));
    must(ptrace(PTRACE_SETREGS, process_, nullptr, &at) == 0, "ptrace(PTRACE_SETREGS)");
    return s;
}

// Over the one store that faulted.
stop tracer::let_store() {
    protect(true);
    resume(PTRACE_SINGLESTEP, 0);
    must(WIFSTOPPED(status_) && WSTOPSIG(status_) == SIGTRAP, "stepping over a store");
    protect(false);
    user_regs_struct at{};
    must(ptrace(PTRACE_GETREGS, process_, nullptr, &at) == 0, "ptrace(PTRACE_GETREGS)");
    stores_ += 1;
    stop s;
    s.what = stop::kind::store;
    s.number = stores_;
    s.address = at.rip;
    return s;
}

stop tracer::next() {
    int signal = 0;
    for (;;) {
        resume(PTRACE_SYSCALL, std::exchange(signal, 0));
        if (!WIFSTOPPED(status_)) return gone(status_);
        if (WSTOPSIG(status_) == (SIGTRAP | 0x80)) {
            if (const std::optional<stop> s = call_stop()) return *s;
            continue;
        }
        signal = WSTOPSIG(status_);
        siginfo_t why{};
        if (signal == SIGSEGV && ptrace(PTRACE_GETSIGINFO, process_, nullptr, &why) == 0 &&
            is_ours(reinterpret_cast<std::uint64_t>(why.si_addr)))
            return let_store();
    }
}

int tracer::release() {
    if (process_ < 0) return status_;
    // Mappings can't be made writable inside a call: go to its end first.
    __ptrace_syscall_info info{};
    ptrace(PTRACE_GET_SYSCALL_INFO, process_, sizeof info, &info);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) resume(PTRACE_SYSCALL, 0);
    if (WIFSTOPPED(status_)) {
        if (begun_) {
            find_ranges();
            protect(true);
        }
        must(ptrace(PTRACE_DETACH, process_, nullptr, nullptr) == 0, "ptrace(PTRACE_DETACH)");
        wait();
    }
    process_ = -1;
    return status_;
}

void tracer::kill() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    do wait();
    while (WIFSTOPPED(status_));
    process_ = -1;
}

}  // namespace crash
