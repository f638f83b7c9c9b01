// What the command line needs of the operating system besides the library: streams, ends of waits, other processes.
// SPDX-License-Identifier: MIT
//
// system_*.cpp and processes_*.cpp implement it; CMake chooses. Everything here is for one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "samepage/duration.hpp"

namespace samepage::cli {

// ---- Streams -----------------------------------------------------------------------------------------------------

// The command line as UTF-8, without the program's own name. Also makes the streams binary, and a write to a closed
// pipe an error (reader_has_gone) instead of a death.
std::vector<std::string> prepare(int argc, char** argv);

bool is_terminal(std::FILE* stream);
// Whether the failure that errno tells of is that the reader of a pipe has gone.
bool reader_has_gone() noexcept;
// Whether nobody will read standard output any more, where that shows without writing.
bool output_has_gone() noexcept;
// Writes to standard output, past stdio. False: errno says why. Throws interrupt_heard when it would wait.
bool write_output(std::string_view bytes);

// An opened source of bytes.
struct input {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file;
    std::optional<std::uint64_t> size_bytes;  // what there is to read; unknown for a pipe or a terminal
};
// A file to read, or standard input for "-". Throws failure (not_found, denied, …).
input open_input(const std::string& path);
// The bytes that are there, waiting for at least one; 0 at the end. Throws failure, and interrupt_heard.
std::size_t read_some(std::FILE* file, const std::string& path, std::span<char> into);
// A file of our own that vanishes when it is closed. Throws failure.
std::unique_ptr<std::FILE, int (*)(std::FILE*)> open_spool();

// ---- Copying -----------------------------------------------------------------------------------------------------

// memcpy between private memory and a mapping; false where the mapped file has been cut short by somebody meanwhile,
// which would otherwise kill this process.
bool guarded_copy(void* to, const void* from, std::size_t size_bytes) noexcept;

// ---- Waiting -----------------------------------------------------------------------------------------------------

// From here on, Ctrl-C and the system's requests to end are remembered instead of ending the process at once.
void catch_interrupts();
bool interrupted() noexcept;  // also when a command that ran meanwhile got it
// Ends this process the way an uncaught Ctrl-C (or the request that came) does.
[[noreturn]] void end_interrupted();

// Whether standard input is a terminal that is ours to read, so that Enter can be asked for.
bool can_ask_for_enter();

struct wait_for {
    bool enter = false;                       // Enter on standard input, or its end
    std::optional<duration> time;             // a time to pass
    std::optional<std::uint32_t> process_id;  // a process to end
    std::function<void()> check;              // called about once a second; may throw
};
// Returns when the first of them has come, or an interrupt.
void wait(const wait_for& what);

// Whether such a process lives.
bool process_lives(std::uint32_t process_id);

// ---- Other processes ---------------------------------------------------------------------------------------------

// What a command gets instead of our own standard streams.
struct redirections {
    std::FILE* input = nullptr;                    // null: ours
    std::function<void(std::string_view)> output;  // is given what it prints, piece by piece; empty: it prints to ours
};
// Runs a command found like a shell finds it, and returns its status, 128 + n when a signal n ended it. Interrupts go
// on to it. `check` as in wait_for, or more often. Throws failure: cannot run (126), not found (127).
int run(const std::vector<std::string>& command, const std::function<void()>& check, const redirections& to = {});

// Goes on as another program, found beside this one, else like a shell finds it. Throws failure: cannot run (126), not
// found (127).
[[noreturn]] void become(const std::vector<std::string>& command);

// A process that was started by demo: its standard output comes to us.
class child {
   public:
    explicit child(const std::vector<std::string>& command);  // throws failure as run()
    child(child&&) noexcept;
    child& operator=(child&&) = delete;
    ~child();  // kills it if it still runs

    std::uint32_t process_id() const noexcept;
    // Gives `use` what it prints, piece by piece, up to the end.
    void read_output(const std::function<void(const char*, std::size_t)>& use);
    // Waits until it has printed a line; false when it ended before.
    bool wait_for_line();
    int status();          // waits for its end; as run()
    void kill() noexcept;  // at once, so that it can do nothing more; waits for its end

   private:
    struct state;
    std::unique_ptr<state> state_;
};

// For commands that are run from here on.
void set_environment(const char* name, const char* value);

std::uint32_t own_process_id() noexcept;
std::string own_program();  // the path of this program

}  // namespace samepage::cli
