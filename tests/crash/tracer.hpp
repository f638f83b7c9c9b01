// Runs an operation under ptrace and stops it at every store to shared memory and at every system call.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace crash {

// Where the traced process stands.
struct stop {
    enum class kind : std::uint8_t {
        begin,        // before the operation
        store,        // one store to shared memory was made
        before_call,  // about to make a system call
        after_call,   // it was made
        end,          // the operation returned
        gone,         // the process ended without reaching the end
    };
    stop::kind what = kind::gone;
    long call = 0;              // the system call's number
    int number = 0;             // of the store, counted from 1
    std::uint64_t address = 0;  // of the instruction after the store
    int status = 0;             // gone: as waitpid gave it

    std::string text() const;
};

// A forked child under ptrace. Between the marks (scene::begin, scene::end) the shared mappings of files below
// `directory` are write-protected in it, so that each store stops it; it is then let through alone. Killed at the end.
//
// One tracer at a time; x86-64 Linux only. The child dies if this process does.
class tracer {
   public:
    // `run` is the child's whole life; it must exit with 0.
    tracer(std::function<void()> run, std::string directory);
    tracer(const tracer&) = delete;
    tracer& operator=(const tracer&) = delete;
    ~tracer() { kill(); }

    pid_t process() const { return process_; }
    int stores() const { return stores_; }

    // Runs to the next stop. The first is `begin` (or `gone`); nothing comes after `end` and `gone`.
    stop next();
    // At before_call, instead of next(): the call isn't made, and gives `error`.
    stop fail_call(int error);

    // Lets it run on untraced and gives its status, as waitpid does.
    int release();
    void kill();

   private:
    struct range {
        std::uint64_t begin, end;
    };
    int wait();                            // for the next ptrace stop; gives its status
    void resume(int request, int signal);  // and waits
    void protect(bool writable);           // all ranges
    void find_ranges();
    std::optional<stop> call_stop();
    stop let_store();
    stop gone(int status);
    bool is_ours(std::uint64_t address) const;

    pid_t process_ = -1;
    std::string directory_;
    std::vector<range> ranges_;
    std::uint64_t call_instruction_ = 0;  // the address of a `syscall` in the child, for calls on its behalf
    bool begun_ = false;
    int stores_ = 0;
    int status_ = 0;
};

}  // namespace crash
