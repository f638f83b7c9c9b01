// A nats-server and bridges as processes of a benchmark; they end with it.
// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace bench {

[[noreturn]] inline void stop(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

// A program that runs. What it says on standard error can be read.
class program {
   public:
    program() = default;
    explicit program(const std::vector<std::string>& words) {
        int pipe[2];
        if (::pipe2(pipe, O_CLOEXEC) != 0) stop("no pipe");
        std::vector<char*> all;
        for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
        all.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::dup2(pipe[1], 2);
            ::execvp(all[0], all.data());
            std::perror(all[0]);
            ::_exit(127);
        }
        ::close(pipe[1]);
        said_ = ::fdopen(pipe[0], "r");
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    program(program&& other) noexcept
        : pid_(std::exchange(other.pid_, 0)), said_(std::exchange(other.said_, nullptr)) {}
    program& operator=(program&& other) noexcept {
        std::swap(pid_, other.pid_);
        std::swap(said_, other.said_);
        return *this;
    }
    ~program() {
        if (pid_ == 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        std::fclose(said_);
    }

    // Reads on until it says so.
    void wait_says(const char* text) const {
        std::string all;
        char line[1024];
        while (std::fgets(line, sizeof line, said_) != nullptr) {
            all += line;
            if (std::strstr(line, text) != nullptr) return;
        }
        stop("a program that is measured ended:\n" + all);
    }
    // A line of /proc/PID/status, in KiB.
    double memory_kib(const std::string& what) const {
        std::FILE* const file = std::fopen(("/proc/" + std::to_string(pid_) + "/status").c_str(), "r");
        char line[256];
        double kib = 0;
        while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
            if (std::strncmp(line, what.c_str(), what.size()) == 0) kib = std::atof(line + what.size() + 1);
        }
        if (file != nullptr) std::fclose(file);
        return kib;
    }

   private:
    pid_t pid_ = 0;
    std::FILE* said_ = nullptr;
};

// A server with JetStream that stores below `folder`; a free port of this machine's.
class nats_server {
   public:
    explicit nats_server(const std::string& folder) {
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            stop("no port");
        ::close(socket);
        port_ = std::to_string(ntohs(address.sin_port));
        const char* const given = std::getenv("NATS_SERVER");
        process_ = program({given != nullptr ? given : SAMEPAGE_BENCH_NATS_SERVER, "-a", "127.0.0.1", "-p", port_,
                            "-js", "-sd", folder});
        process_.wait_says("Server is ready");
    }
    std::string url() const { return "nats://127.0.0.1:" + port_; }

   private:
    std::string port_;
    program process_;
};

}  // namespace bench
