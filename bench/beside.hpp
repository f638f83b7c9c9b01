// What benchmarks of several processes need: children that end with their parent, memory they share, processors apart.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <new>
#include <string>

namespace bench {

// Ends this process, without destructors, so that a child does nothing that is its parent's.
[[noreturn]] void fail(const std::string& what);

template <class Result>
auto value_or_fail(Result&& result) {
    if (!result) fail(result.error().message());
    return *std::forward<Result>(result);
}

// Puts this process on one of the processors that it may use: `which` counts round them.
void pin(unsigned which);
void unpin();
void yield();

// One T in memory that this process and its later children share. Never unmapped.
template <class T>
T& shared_with_children() {
    void* const bytes = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) fail("mmap");
    return *new (bytes) T();
}

// Sleeps while `word` is `seen`, at most that long if it isn't 0; wakes some who do. The system calls and nothing else.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen, std::chrono::nanoseconds longest = {});
void futex_wake(const std::atomic<std::uint32_t>& word, unsigned count = 1);

// Another process, which is killed at the latest when this object or this process ends.
class child {
   public:
    explicit child(const std::function<void()>& body);
    ~child();
    child(child&& other) noexcept : process_(other.process_) { other.process_ = -1; }
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    int wait();        // until it ends; its status as of waitpid
    bool has_ended();  // has it?
    void terminate();  // asks it to end

   private:
    pid_t process_;
};

// Another process that repeats an operation flat out between start() and stop(), and sleeps otherwise.
class worker {
   public:
    // `make` is called in the other process, and gives the operation.
    worker(unsigned processor, std::function<std::function<void()>()> make);
    void start() { set(working); }
    void stop() { set(idle); }

   private:
    static constexpr std::uint32_t idle = 1, working = 2;
    struct control {
        std::atomic<std::uint32_t> wanted{idle};          // written by the parent
        alignas(64) std::atomic<std::uint32_t> state{0};  // written by the other process
    };
    void set(std::uint32_t state);

    control& control_;
    child process_;
};

// A directory of names for this program alone, gone at the end.
class own_directory {
   public:
    own_directory();
    ~own_directory();
    own_directory(const own_directory&) = delete;
    own_directory& operator=(const own_directory&) = delete;

    // Beside the names, for what is not samepage's.
    const std::string& path() const { return path_; }

   private:
    std::string path_;
};

}  // namespace bench
