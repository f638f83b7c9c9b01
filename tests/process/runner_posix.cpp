// Processes for tests on POSIX systems: posix_spawn, pipes and signals.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "runner.hpp"

extern char** environ;

namespace runner {

namespace {

// Both ends close in every other child, else a killed process's pipes would stay open in its brothers.
struct pipe_ends {
    int read_end = -1, write_end = -1;
    pipe_ends() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw failure(std::string("pipe: ") + std::strerror(errno));
        read_end = ends[0];
        write_end = ends[1];
    }
};

void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
}

int milliseconds_left(deadline end) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

}  // namespace

ending by_kill() { return {true, SIGKILL}; }

struct process::state {
    std::string role;
    pid_t pid = -1;
    int input = -1, output = -1;
    std::optional<ending> end;

    std::string who() const { return "role " + role + " (process " + std::to_string(pid) + ")"; }

    void note(int status) {
        end = WIFSIGNALED(status) ? ending{true, WTERMSIG(status)} : ending{false, WEXITSTATUS(status)};
    }

    bool collect(int options) {
        if (end) return true;
        int status = 0;
        const pid_t got = ::waitpid(pid, &status, options);
        if (got == pid) note(status);
        return end.has_value();
    }
};

process::process(std::unique_ptr<state> s) : state_(std::move(s)) {}
process::process(process&&) noexcept = default;
process& process::operator=(process&& other) noexcept {
    const process old(std::move(*this));  // ends what this one was
    state_ = std::move(other.state_);
    heard_ = std::move(other.heard_);
    return *this;
}

process::~process() {
    if (!state_) return;
    if (!state_->end) {
        ::kill(state_->pid, SIGKILL);
        while (!state_->collect(0) && errno == EINTR) {
        }
    }
    close_end(state_->input);
    close_end(state_->output);
}

process process::start(const std::string& role, const arguments& args, const std::string& program) {
    pipe_ends in, out;
    const std::string path = program.empty() ? this_program() : program;
    std::vector<std::string> words{path, "--role", role};
    words.insert(words.end(), args.begin(), args.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.read_end, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.write_end, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);  // this program ignores it (see main); a role left alone shall end by it
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

    auto s = std::make_unique<state>();
    s->role = role;
    const int failed = ::posix_spawn(&s->pid, path.c_str(), &actions, &attributes, argv.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    close_end(in.read_end);
    close_end(out.write_end);
    s->input = in.write_end;
    s->output = out.read_end;
    if (failed != 0) {
        close_end(s->input);
        close_end(s->output);
        throw failure("starting " + path + ": " + std::strerror(failed));
    }
    return process(std::move(s));
}

bool process::hear_more(deadline until) {
    for (;;) {
        pollfd waiting{state_->output, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, milliseconds_left(until));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) throw failure(state_->who() + " said nothing for too long; last: '" + heard_ + "'");
        char bytes[4096];
        const ssize_t count = ::read(state_->output, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        heard_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }
}

std::string process::who() const { return state_->who(); }

unsigned process::id() const noexcept { return static_cast<unsigned>(state_->pid); }

void process::send(std::string_view line) {
    std::string bytes(line);
    bytes.push_back('\n');
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t count = ::write(state_->input, bytes.data() + sent, bytes.size() - sent);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw failure(state_->who() + " doesn't listen: " + std::strerror(errno));
        sent += static_cast<std::size_t>(count);
    }
}

void process::close_input() { close_end(state_->input); }

void process::kill() {
    if (state_->end) return;
    ::kill(state_->pid, SIGKILL);
    wait();
}

void process::stop() {
    ::kill(state_->pid, SIGSTOP);
    int status = 0;
    pid_t got = -1;
    do {
        got = ::waitpid(state_->pid, &status, WUNTRACED);
    } while (got < 0 && errno == EINTR);
    if (got != state_->pid || !WIFSTOPPED(status)) throw failure(state_->who() + " didn't stop");
}

void process::resume() { ::kill(state_->pid, SIGCONT); }

ending process::wait() {
    const auto until = clock::now() + patience;
    while (!state_->collect(WNOHANG)) {
        if (clock::now() > until) throw failure(state_->who() + " doesn't end");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return *state_->end;
}

bool process::ended() { return state_->collect(WNOHANG); }

unsigned this_process() { return static_cast<unsigned>(::getpid()); }

std::string this_program() {
    char path[4096];
    const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0) throw failure("the program's own path is not to be had");
    return std::string(path, static_cast<std::size_t>(length));
}

}  // namespace runner
