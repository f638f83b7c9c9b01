// failure: why a command ends otherwise than well, with the exit status that the shell gets.
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "samepage/result.hpp"

namespace samepage::cli {

// The exit statuses; the manual lists them.
enum status : int {
    status_ok = 0,
    status_error = 1,
    status_usage = 2,
    status_not_found = 3,
    status_timed_out = 4,
    status_conflict = 5,
    status_denied = 6,
    status_full = 7,
    status_corrupt = 8,
    status_own_failure = 125,  // of samepage itself, where it runs another command
    status_cannot_run = 126,
    status_no_such_command = 127,
    status_signal = 128,  // + the signal's number
};

// The status that an error of the library becomes.
int status_of(errc code) noexcept;

// Thrown by commands, caught once in main.
class failure : public std::exception {
   public:
    failure(int exit_status, std::string code, std::string message)
        : exit_status_(exit_status), code_(std::move(code)), message_(std::move(message)) {}
    // `more` is put after the error's own text.
    explicit failure(const samepage::error& reason, const std::string& more = {});

    int exit_status() const noexcept { return exit_status_; }
    const std::string& code() const noexcept { return code_; }  // "not_found", "usage"
    // An answer that the caller asked for, not a failure of ours: the status is passed on also where another command
    // would have run.
    failure&& as_answer() && noexcept {
        is_answer_ = true;
        return std::move(*this);
    }
    bool is_answer() const noexcept { return is_answer_; }
    const char* what() const noexcept override { return message_.c_str(); }

   private:
    int exit_status_;
    bool is_answer_ = false;
    std::string code_, message_;
};

// A wrong command line: exit status 2.
inline failure usage_error(std::string message) { return {status_usage, "usage", std::move(message)}; }

// The value, or the error as a failure.
template <class T>
T need(result<T> r) {
    if (!r) throw failure(r.error());
    return *std::move(r);
}
inline void need(const result<void>& r) {
    if (!r) throw failure(r.error());
}

// Whoever read our standard output has gone: no message, nothing went wrong.
struct reader_gone {};

// Ctrl-C, or the system's request to end, was heard. What is held is let go on the way to where that is caught.
struct interrupt_heard {};

}  // namespace samepage::cli
