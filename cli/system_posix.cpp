// The operating system behind the command line, on POSIX systems (Linux).
// SPDX-License-Identifier: MIT
#include "system.hpp"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "failure.hpp"
#include "posix.hpp"

namespace samepage::cli {

namespace posix {

std::array<int, 2> signal_pipe = {-1, -1};
volatile sig_atomic_t interrupt_signal = 0;
volatile sig_atomic_t forward_to = 0;

void empty_signal_pipe() noexcept {
    std::array<char, 64> bytes{};
    while (::read(signal_pipe[0], bytes.data(), bytes.size()) > 0) {
    }
}

void fail(const std::string& what, int system_code) {
    const int status = system_code == ENOENT                            ? status_not_found
                       : system_code == EACCES || system_code == EPERM  ? status_denied
                       : system_code == ENOSPC || system_code == EDQUOT ? status_full
                                                                        : status_error;
    const char* code = status == status_not_found ? "not_found"
                       : status == status_denied  ? "denied"
                       : status == status_full    ? "no_space"
                                                  : "system";
    throw failure(status, code, std::string(code) + ": " + what + ": " + std::strerror(system_code));
}

}  // namespace posix

using posix::empty_signal_pipe;
using posix::fail;
using posix::forward_to;
using posix::interrupt_signal;
using posix::signal_pipe;

namespace {

using clock = std::chrono::steady_clock;

constexpr duration check_every = std::chrono::seconds(1);
constexpr duration look_for_process_every = std::chrono::milliseconds(100);

volatile sig_atomic_t passed_on_signal = 0;  // one that the process in forward_to got

sigjmp_buf guard;
volatile sig_atomic_t guarded = 0;

void on_signal(int signal, siginfo_t* info, void*) {
    const int kept = errno;
    if (signal != SIGCHLD) {
        (forward_to == 0 ? interrupt_signal : passed_on_signal) = signal;
        // Ctrl-C reaches the whole foreground group by itself; what somebody sent to us alone is passed on.
        if (forward_to != 0 && info->si_code == SI_USER) ::kill(forward_to, signal);
    }
    [[maybe_unused]] const auto written = ::write(signal_pipe[1], "", 1);
    errno = kept;
}

void on_bus_error(int signal) {
    if (guarded) siglongjmp(guard, 1);
    ::signal(signal, SIG_DFL);  // not ours: returning runs into it again
}

void set_handler(int signal) {
    struct sigaction action = {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

int poll_timeout(std::optional<clock::time_point> until, duration at_most) {
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    auto left = ceil<milliseconds>(at_most);
    if (until) left = std::clamp(ceil<milliseconds>(*until - clock::now()), milliseconds(0), left);
    return static_cast<int>(left.count());
}

std::optional<clock::time_point> end_of(const std::optional<duration>& time) {
    if (!time) return {};
    const auto now = clock::now();
    if (*time > clock::time_point::max() - now) return {};
    return now + *time;
}

bool in_foreground() { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_of(int descriptor, const char* mode) {
    return {::fdopen(descriptor, mode), std::fclose};
}

}  // namespace

std::vector<std::string> prepare(int argc, char** argv) {
    // A closed standard stream would let a region's file take its number, and get our messages.
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) == -1) static_cast<void>(::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY));
    }
    ::signal(SIGPIPE, SIG_IGN);
    return {argv + std::min(argc, 1), argv + argc};
}

bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

bool reader_has_gone() noexcept { return errno == EPIPE; }

bool output_has_gone() noexcept {
    pollfd output{STDOUT_FILENO, 0, 0};
    return ::poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

bool write_output(std::string_view bytes) {
    struct stat facts = {};
    const bool may_block = ::fstat(STDOUT_FILENO, &facts) != 0 || !S_ISREG(facts.st_mode);
    while (!bytes.empty()) {
        std::array<pollfd, 2> events = {pollfd{STDOUT_FILENO, POLLOUT, 0}, pollfd{signal_pipe[0], POLLIN, 0}};
        if (may_block) ::poll(events.data(), events.size(), interrupted() ? 0 : -1);
        if (events[1].revents != 0) empty_signal_pipe();
        if (may_block && events[0].revents == 0) {
            if (interrupted()) throw interrupt_heard();
            continue;
        }
        // A pipe that can be written to has room for PIPE_BUF.
        const auto n = ::write(STDOUT_FILENO, bytes.data(),
                               may_block ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size());
        if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
        if (n < 0 && errno != EINTR && errno != EAGAIN) return false;
    }
    return true;
}

input open_input(const std::string& path) {
    input in{{stdin, [](std::FILE*) { return 0; }}, {}};
    if (path != "-") {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) fail(path, errno);
        in.file = file_of(descriptor, "rb");
    }
    struct stat facts = {};
    const int descriptor = ::fileno(in.file.get());
    if (::fstat(descriptor, &facts) != 0) fail(path, errno);
    if (S_ISDIR(facts.st_mode)) fail(path, EISDIR);
    if (S_ISREG(facts.st_mode)) {
        const off_t at = ::lseek(descriptor, 0, SEEK_CUR);
        in.size_bytes = static_cast<std::uint64_t>(std::max<off_t>(facts.st_size - std::max<off_t>(at, 0), 0));
        // Files of /proc say that they are empty and are not.
        if (*in.size_bytes == 0) in.size_bytes.reset();
    }
    return in;
}

std::size_t read_some(std::FILE* file, const std::string& path, std::span<char> into) {
    while (true) {
        std::array<pollfd, 2> events = {pollfd{::fileno(file), POLLIN, 0}, pollfd{signal_pipe[0], POLLIN, 0}};
        ::poll(events.data(), events.size(), -1);
        if (interrupted()) throw interrupt_heard();
        if (events[1].revents != 0) empty_signal_pipe();
        if (events[0].revents == 0) continue;
        const auto got = ::read(::fileno(file), into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR && errno != EAGAIN) fail(path, errno);
    }
}

std::unique_ptr<std::FILE, int (*)(std::FILE*)> open_spool() {
    const char* folder = std::getenv("TMPDIR");
    std::string path = folder != nullptr && *folder != '\0' ? folder : "/var/tmp";
    path += "/samepage-XXXXXX";
    const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor < 0) fail(path, errno);
    ::unlink(path.c_str());
    return file_of(descriptor, "w+b");
}

bool guarded_copy(void* to, const void* from, std::size_t size_bytes) noexcept {
    static const bool handled = [] {
        struct sigaction action = {};
        action.sa_handler = on_bus_error;
        sigemptyset(&action.sa_mask);
        return sigaction(SIGBUS, &action, nullptr) == 0;
    }();
    if (!handled) return false;
    // No object with a destructor lives between here and the copy, so the jump skips none.
    if (sigsetjmp(guard, 1) != 0) {
        guarded = 0;
        return false;
    }
    // The fences keep the compiler from moving the copy out of the guarded stretch.
    guarded = 1;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(to, from, size_bytes);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    guarded = 0;
    return true;
}

void catch_interrupts() {
    if (signal_pipe[0] >= 0) return;
    if (::pipe2(signal_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail("a pipe for signals", errno);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
        struct sigaction before = {};
        sigaction(signal, nullptr, &before);
        // nohup's SIGHUP stays ignored, and a background job's SIGINT.
        const bool ignored = before.sa_handler == SIG_IGN && (signal == SIGHUP || signal == SIGINT);
        if (!ignored) set_handler(signal);
    }
}

bool interrupted() noexcept { return interrupt_signal != 0 || passed_on_signal != 0; }

void end_interrupted() {
    const int signal = interrupt_signal != 0 ? interrupt_signal : passed_on_signal;
    ::signal(signal, SIG_DFL);
    ::raise(signal);
    std::_Exit(status_signal + signal);
}

bool can_ask_for_enter() { return is_terminal(stdin) && in_foreground(); }

bool process_lives(std::uint32_t process_id) {
    if (process_id == 0 || process_id > INT_MAX) return false;
    return ::kill(static_cast<pid_t>(process_id), 0) == 0 || errno == EPERM;
}

void wait(const wait_for& what) {
    const auto until = end_of(what.time);
    int process = -1;
    if (what.process_id) process = static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(*what.process_id), 0));
    const duration slice = what.process_id && process < 0 ? look_for_process_every : check_every;
    while (!interrupted() && !(until && clock::now() >= *until)) {
        // A background job must not read the terminal: it would be stopped. It may come to the foreground later.
        const bool ask = what.enter && in_foreground();
        std::array<pollfd, 3> events = {pollfd{signal_pipe[0], POLLIN, 0}, pollfd{ask ? STDIN_FILENO : -1, POLLIN, 0},
                                        pollfd{process, POLLIN, 0}};
        ::poll(events.data(), events.size(), poll_timeout(until, slice));
        if (events[2].revents != 0) break;
        if (what.process_id && process < 0 && !process_lives(*what.process_id)) break;
        if (events[0].revents != 0) empty_signal_pipe();
        if (events[1].revents != 0 && in_foreground()) {
            std::array<char, 4096> line{};
            const auto got = ::read(STDIN_FILENO, line.data(), line.size());
            if (got == 0 || (got > 0 && line[static_cast<std::size_t>(got) - 1] == '\n')) break;
        }
        if (what.check) what.check();
    }
    if (process >= 0) ::close(process);
}

}  // namespace samepage::cli
