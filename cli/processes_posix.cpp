// Running other processes, on POSIX systems (Linux).
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "failure.hpp"
#include "posix.hpp"
#include "system.hpp"

extern char** environ;

namespace samepage::cli {

using posix::fail;

namespace {

constexpr int check_every_ms = 1000;
constexpr std::size_t piece_bytes = 65536;

// What a new process does with its streams first.
class spawn_actions {
   public:
    spawn_actions() { posix_spawn_file_actions_init(&actions_); }
    spawn_actions(const spawn_actions&) = delete;
    spawn_actions& operator=(const spawn_actions&) = delete;
    ~spawn_actions() { posix_spawn_file_actions_destroy(&actions_); }
    void use(int descriptor, int as) const { posix_spawn_file_actions_adddup2(&actions_, descriptor, as); }
    void open_nothing(int as) const { posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDONLY, 0); }
    posix_spawn_file_actions_t* get() const { return &actions_; }

   private:
    mutable posix_spawn_file_actions_t actions_;
};

// While one exists, interrupts wait.
class held_interrupts {
   public:
    held_interrupts() {
        sigset_t held;
        sigemptyset(&held);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&held, signal);
        sigprocmask(SIG_BLOCK, &held, &before_);
    }
    held_interrupts(const held_interrupts&) = delete;
    held_interrupts& operator=(const held_interrupts&) = delete;
    ~held_interrupts() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
    const sigset_t& before() const { return before_; }

   private:
    sigset_t before_;
};

pid_t spawn(const std::vector<std::string>& command, posix_spawn_file_actions_t* actions, const sigset_t& mask) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t back_to_default;
    sigemptyset(&back_to_default);
    sigaddset(&back_to_default, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &back_to_default);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    pid_t pid = 0;
    const int refused = posix_spawnp(&pid, words[0], actions, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    if (refused == 0) return pid;
    const bool missing = refused == ENOENT;
    throw failure(missing ? status_no_such_command : status_cannot_run, missing ? "no_such_command" : "cannot_run",
                  "cannot run " + command[0] + ": " + std::strerror(refused));
}

int status_from(int wait_status) {
    return WIFSIGNALED(wait_status) ? status_signal + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// What a command prints comes out of here.
class output_pipe {
   public:
    output_pipe() = default;
    output_pipe(const output_pipe&) = delete;
    output_pipe& operator=(const output_pipe&) = delete;
    ~output_pipe() {
        close_written_end();
        if (ends_[0] >= 0) ::close(ends_[0]);
    }

    int open() {  // gives the end that is written
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) fail("a pipe", errno);
        return ends_[1];
    }
    void close_written_end() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }
    int read_end() const { return ended_ ? -1 : ends_[0]; }
    std::size_t waiting_bytes() const {
        int bytes = 0;
        return ::ioctl(ends_[0], FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
    }
    // Reads at most so many bytes that are there, or the end.
    void read(std::size_t bytes_max, const std::function<void(std::string_view)>& use) {
        std::vector<char> piece(bytes_max);
        const auto got = ::read(ends_[0], piece.data(), piece.size());
        if (got > 0) use({piece.data(), static_cast<std::size_t>(got)});
        ended_ = got == 0;
    }

   private:
    std::array<int, 2> ends_ = {-1, -1};
    bool ended_ = false;
};

}  // namespace

int run(const std::vector<std::string>& command, const std::function<void()>& check, const redirections& to) {
    catch_interrupts();
    const spawn_actions actions;
    if (to.input != nullptr) actions.use(::fileno(to.input), STDIN_FILENO);
    output_pipe output;
    if (to.output) actions.use(output.open(), STDOUT_FILENO);
    pid_t pid = 0;
    {
        // One that comes while the process is made is passed on when it is known to whom.
        const held_interrupts held;
        pid = spawn(command, actions.get(), held.before());
        posix::forward_to = pid;
    }
    if (posix::interrupt_signal != 0) ::kill(pid, posix::interrupt_signal);  // it came before that
    output.close_written_end();
    int wait_status = 0;
    while (true) {
        const pid_t ended = ::waitpid(pid, &wait_status, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR)) break;
        std::array<pollfd, 2> events = {pollfd{posix::signal_pipe[0], POLLIN, 0}, pollfd{output.read_end(), POLLIN, 0}};
        ::poll(events.data(), events.size(), check_every_ms);
        posix::empty_signal_pipe();
        if (events[1].revents != 0) output.read(piece_bytes, to.output);
        if (check) check();
    }
    posix::forward_to = 0;
    // What is there now. Who it has left behind may have the pipe, too, and is not waited for.
    if (to.output) output.read(output.waiting_bytes(), to.output);
    return status_from(wait_status);
}

void become(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    const std::string own = own_program();
    ::execv((own.substr(0, own.rfind('/') + 1) + command[0]).c_str(), words.data());
    if (errno == ENOENT) ::execvp(words[0], words.data());
    const int refused = errno;
    throw failure(refused == ENOENT ? status_no_such_command : status_cannot_run, "cannot_run",
                  "cannot run " + command[0] + ": " + std::strerror(refused));
}

struct child::state {
    pid_t pid = 0;
    output_pipe output;
    bool ended = false;
    int wait_status = 0;
};

child::child(const std::vector<std::string>& command) : state_(std::make_unique<state>()) {
    const spawn_actions actions;
    actions.open_nothing(STDIN_FILENO);
    actions.use(state_->output.open(), STDOUT_FILENO);
    state_->pid = spawn(command, actions.get(), held_interrupts().before());
    state_->output.close_written_end();
}

child::child(child&&) noexcept = default;

child::~child() {
    if (state_) kill();
}

std::uint32_t child::process_id() const noexcept { return static_cast<std::uint32_t>(state_->pid); }

void child::read_output(const std::function<void(const char*, std::size_t)>& use) {
    std::vector<char> piece(piece_bytes);
    while (true) {
        const auto got = ::read(state_->output.read_end(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return;
        use(piece.data(), static_cast<std::size_t>(got));
    }
}

bool child::wait_for_line() {
    char c = 0;
    while (c != '\n') {
        const auto got = ::read(state_->output.read_end(), &c, 1);
        if (got == 0 || (got < 0 && errno != EINTR)) return false;
    }
    return true;
}

int child::status() {
    while (!state_->ended) {
        const pid_t ended = ::waitpid(state_->pid, &state_->wait_status, 0);
        state_->ended = ended == state_->pid || (ended < 0 && errno != EINTR);
    }
    return status_from(state_->wait_status);
}

void child::kill() noexcept {
    if (!state_->ended) ::kill(state_->pid, SIGKILL);
    status();
}

void set_environment(const char* name, const char* value) { ::setenv(name, value, 1); }

std::uint32_t own_process_id() noexcept { return static_cast<std::uint32_t>(::getpid()); }

std::string own_program() {
    std::string path(PATH_MAX, '\0');
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length <= 0) fail("/proc/self/exe", errno);
    path.resize(static_cast<std::size_t>(length));
    return path;
}

}  // namespace samepage::cli
