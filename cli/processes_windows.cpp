// Running other processes, on Windows.
// SPDX-License-Identifier: MIT
#include "win32.hpp"

// After windows.h, which it needs.
#include <io.h>

#include <array>
#include <cstdio>
#include <vector>

#include "failure.hpp"
#include "system.hpp"

namespace samepage::cli {

using win32::fail;
using win32::narrow;
using win32::owned;
using win32::wide;

namespace {

constexpr DWORD check_every_ms = 1000;
constexpr DWORD look_at_pipe_every_ms = 10;
constexpr UINT killed_status = 137;  // what a shell on POSIX shows for a killed process
constexpr DWORD pipe_bytes = 1U << 20U;

// One argument as the C runtime's start-up code takes a command line apart again.
std::wstring quoted(const std::string& argument) {
    const std::wstring text = wide(argument);
    if (!text.empty() && text.find_first_of(L" \t\n\v\"") == std::wstring::npos) return text;
    std::wstring out = L"\"";
    std::size_t backslashes = 0;
    for (const wchar_t c : text) {
        // Backslashes count only in front of a quote, where each is doubled.
        if (c == L'"') out.append(backslashes + 1, L'\\');
        backslashes = c == L'\\' ? backslashes + 1 : 0;
        out.push_back(c);
    }
    out.append(backslashes, L'\\').push_back(L'"');
    return out;
}

// The program's file, found along the path with the endings that can be started.
std::wstring find_program(const std::string& name) {
    std::array<wchar_t, 4096> path;
    for (const wchar_t* ending : {L".exe", L".com", L".bat", L".cmd"}) {
        const DWORD units =
            SearchPathW(nullptr, wide(name).c_str(), ending, static_cast<DWORD>(path.size()), path.data(), nullptr);
        if (units != 0 && units < path.size()) return {path.data(), units};
    }
    throw failure(status_no_such_command, "no_such_command", "cannot run " + name + ": there is no such program");
}

owned start(const std::vector<std::string>& command, STARTUPINFOW& startup, std::uint32_t& process_id) {
    const std::wstring program = find_program(command[0]);
    std::wstring line;
    for (const std::string& word : command) line.append(line.empty() ? L"" : L" ").append(quoted(word));
    startup.cb = sizeof(startup);
    PROCESS_INFORMATION made{};
    const BOOL inherit = (startup.dwFlags & STARTF_USESTDHANDLES) != 0;
    if (CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, inherit, 0, nullptr, nullptr, &startup, &made) ==
        0) {
        throw failure(status_cannot_run, "cannot_run",
                      "cannot run " + command[0] + ": Windows' error " + std::to_string(GetLastError()));
    }
    CloseHandle(made.hThread);
    process_id = made.dwProcessId;
    return owned(made.hProcess);
}

// The file's handle, which a new process then gets too; or our own stream's.
HANDLE inherited(std::FILE* file, DWORD otherwise) {
    if (file == nullptr) return GetStdHandle(otherwise);
    const auto handle = reinterpret_cast<HANDLE>(_get_osfhandle(_fileno(file)));
    SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    return handle;
}

int exit_status(HANDLE process) {
    DWORD status = 0;
    GetExitCodeProcess(process, &status);
    return static_cast<int>(status);
}

// What a command prints comes out of here.
struct output_pipe {
    owned read_end, written;

    void open() {
        SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        HANDLE from = nullptr, to = nullptr;
        if (CreatePipe(&from, &to, &inherited, pipe_bytes) == 0) fail("a pipe", GetLastError());
        read_end = owned(from);
        written = owned(to);
        SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);
    }
    void read_what_waits(const std::function<void(std::string_view)>& use) const {
        DWORD bytes = 0, got = 0;
        if (PeekNamedPipe(read_end.get(), nullptr, 0, nullptr, &bytes, nullptr) == 0 || bytes == 0) return;
        std::vector<char> piece(bytes);
        if (ReadFile(read_end.get(), piece.data(), bytes, &got, nullptr) != 0) use({piece.data(), got});
    }
};

}  // namespace

int run(const std::vector<std::string>& command, const std::function<void()>& check, const redirections& to) {
    catch_interrupts();
    output_pipe output;
    if (to.output) output.open();
    STARTUPINFOW startup{};
    startup.hStdInput = inherited(to.input, STD_INPUT_HANDLE);
    startup.hStdOutput = to.output ? output.written.get() : GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (to.input != nullptr || to.output) startup.dwFlags = STARTF_USESTDHANDLES;
    std::uint32_t process_id = 0;
    const owned process = start(command, startup, process_id);
    output.written = owned();
    // A pipe can't be waited for.
    const DWORD pause_ms = to.output ? look_at_pipe_every_ms : check_every_ms;
    while (WaitForSingleObject(process.get(), pause_ms) == WAIT_TIMEOUT) {
        if (to.output) output.read_what_waits(to.output);
        if (check) check();
    }
    if (to.output) output.read_what_waits(to.output);
    return exit_status(process.get());
}

struct child::state {
    owned process;
    output_pipe output;
    std::uint32_t process_id = 0;
};

child::child(const std::vector<std::string>& command) : state_(std::make_unique<state>()) {
    state_->output.open();
    SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    const owned nothing(
        CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, nullptr));
    STARTUPINFOW startup{};
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = nothing.get();
    startup.hStdOutput = state_->output.written.get();
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    state_->process = start(command, startup, state_->process_id);
    state_->output.written = owned();
}

child::child(child&&) noexcept = default;

child::~child() {
    if (state_) kill();
}

std::uint32_t child::process_id() const noexcept { return state_->process_id; }

void child::read_output(const std::function<void(const char*, std::size_t)>& use) {
    std::vector<char> piece(65536);
    DWORD got = 0;
    while (ReadFile(state_->output.read_end.get(), piece.data(), static_cast<DWORD>(piece.size()), &got, nullptr) !=
               0 &&
           got != 0) {
        use(piece.data(), got);
    }
}

bool child::wait_for_line() {
    char c = 0;
    DWORD got = 0;
    while (c != '\n') {
        if (ReadFile(state_->output.read_end.get(), &c, 1, &got, nullptr) == 0 || got == 0) return false;
    }
    return true;
}

int child::status() {
    WaitForSingleObject(state_->process.get(), INFINITE);
    return exit_status(state_->process.get());
}

void child::kill() noexcept {
    TerminateProcess(state_->process.get(), killed_status);  // refused when it has ended: good
    WaitForSingleObject(state_->process.get(), INFINITE);
}

void set_environment(const char* name, const char* value) {
    SetEnvironmentVariableW(wide(name).c_str(), wide(value).c_str());
}

std::uint32_t own_process_id() noexcept { return GetCurrentProcessId(); }

void become(const std::vector<std::string>& command) {
    throw failure(status_cannot_run, "not_supported", "not_supported: there is no " + command[0] + " for Windows");
}

std::string own_program() {
    std::array<wchar_t, 4096> path;
    const DWORD units = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    if (units == 0 || units >= path.size()) fail("the path of this program", GetLastError());
    return narrow({path.data(), units});
}

}  // namespace samepage::cli
