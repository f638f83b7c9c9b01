// Processes for tests: this same program started again in a named role, spoken with in lines, stopped and killed.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace runner {

// How long anything may take before it counts as a hang. Generous: machines are slow and noisy.
inline constexpr std::chrono::seconds patience{60};

using clock = std::chrono::steady_clock;
using deadline = clock::time_point;

// ---- In a role -----------------------------------------------------------------------------------------------------

using arguments = std::vector<std::string>;

// Makes a role known by name. One static object a role, in the file that plays it:
//   const runner::role echo("echo", [](const runner::arguments&) { ...; return 0; });
class role {
   public:
    role(const char* name, int (*play)(const arguments&));
};

void say(std::string_view line);    // one line to whoever started this process, at once
std::optional<std::string> hear();  // the next line from it; nothing at the end of the input

// The exit status of the role in `argv`, when the program was started as one.
std::optional<int> play(int argc, char** argv);

// ---- In a test -----------------------------------------------------------------------------------------------------

// Something took longer than `patience`, or a process ended or spoke when it shouldn't. Fails the test that it leaves.
class failure : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

// How a process ended. `code` is the exit status, or for a killed one the signal (on Windows: the status it was given).
struct ending {
    bool killed = false;
    int code = 0;
    bool operator==(const ending&) const = default;
};
ending by_kill();  // what process::kill() leaves

// A process in a role. Killed and collected at the end of the object. One thread at a time.
class process {
   public:
    // `program` is another build of the roles, or empty for this program.
    static process start(const std::string& role, const arguments& = {}, const std::string& program = {});
    process(process&&) noexcept;
    process& operator=(process&&) noexcept;
    ~process();

    unsigned id() const noexcept;
    void send(std::string_view line);
    std::string line();  // its next line
    // Sends a line and gives the answer.
    std::string ask(std::string_view question) {
        send(question);
        return line();
    }
    std::string rest();  // everything that it still says until the end of its output
    void close_input();

    void kill();    // at any instruction, without anything running in it any more; returns when it is dead
    void stop();    // frozen, returns when it is. POSIX only.
    void resume();  // POSIX only
    ending wait();  // until it ends
    bool ended();   // whether it has

   private:
    struct state;
    explicit process(std::unique_ptr<state> s);
    std::string who() const;
    bool hear_more(deadline until);  // more output into heard_; false at its end

    std::unique_ptr<state> state_;
    std::string heard_;  // not yet taken
};

std::string this_program();
unsigned this_process();
// A name that no other test and no other run uses: "hello-4711-1".
std::string fresh_name(std::string_view word);

}  // namespace runner
