// Processes for tests on Windows: CreateProcessW, pipes and TerminateProcess.
// SPDX-License-Identifier: MIT
#include <windows.h>

#include <thread>

#include "runner.hpp"

namespace runner {

namespace {

constexpr UINT killed_status = 137;  // what kill() gives, as a shell on POSIX shows it

[[noreturn]] void fail(const std::string& what) { throw failure(what + ": error " + std::to_string(::GetLastError())); }

void close_end(HANDLE& end) {
    if (end != nullptr) ::CloseHandle(end);
    end = nullptr;
}

// A pipe whose one end a child inherits.
struct pipe_ends {
    HANDLE read_end = nullptr, write_end = nullptr;
    explicit pipe_ends(bool child_reads) {
        SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
        if (!::CreatePipe(&read_end, &write_end, &inherited, 0)) fail("pipe");
        ::SetHandleInformation(child_reads ? write_end : read_end, HANDLE_FLAG_INHERIT, 0);
    }
};

std::wstring wide(const std::string& text) {
    const int length = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
    std::wstring out(static_cast<std::size_t>(length), L'\0');
    ::MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), out.data(), length);
    return out;
}

// As CommandLineToArgvW takes it apart: backslashes count only in front of a quote.
std::string quoted(const std::string& word) {
    std::string out = "\"";
    std::size_t backslashes = 0;
    for (const char c : word) {
        if (c == '"') out.append(backslashes + 1, '\\');
        backslashes = c == '\\' ? backslashes + 1 : 0;
        out.push_back(c);
    }
    return out.append(backslashes, '\\').append("\"");
}

}  // namespace

ending by_kill() { return {true, static_cast<int>(killed_status)}; }

struct process::state {
    std::string role;
    HANDLE handle = nullptr;
    DWORD id = 0;
    HANDLE input = nullptr, output = nullptr;
    bool killed = false;

    std::string who() const { return "role " + role + " (process " + std::to_string(id) + ")"; }
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
    if (!ended()) {
        ::TerminateProcess(state_->handle, killed_status);
        ::WaitForSingleObject(state_->handle, INFINITE);
    }
    close_end(state_->input);
    close_end(state_->output);
    close_end(state_->handle);
}

process process::start(const std::string& role, const arguments& args, const std::string& program) {
    pipe_ends in(true), out(false);
    const std::string path = program.empty() ? this_program() : program;
    std::string line = quoted(path) + " --role " + quoted(role);
    for (const std::string& word : args) line.append(" ").append(quoted(word));
    std::wstring wide_line = wide(line);

    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = in.read_end;
    startup.hStdOutput = out.write_end;
    startup.hStdError = ::GetStdHandle(STD_ERROR_HANDLE);
    PROCESS_INFORMATION made{};
    BOOL started = FALSE;
    // Wine gives an internal error now and then when the machine is busy: that says nothing of what is tested.
    for (int tries = 0; !started && tries < 10; ++tries) {
        started = ::CreateProcessW(wide(path).c_str(), wide_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr,
                                   &startup, &made);
        if (!started && ::GetLastError() != ERROR_INTERNAL_ERROR) break;
        if (!started) ::Sleep(200);
    }
    close_end(in.read_end);
    close_end(out.write_end);
    auto s = std::make_unique<state>();
    s->role = role;
    s->input = in.write_end;
    s->output = out.read_end;
    if (!started) {
        close_end(s->input);
        close_end(s->output);
        fail("starting " + path);
    }
    ::CloseHandle(made.hThread);
    s->handle = made.hProcess;
    s->id = made.dwProcessId;
    return process(std::move(s));
}

// Anonymous pipes know no timeout, so it looks and sleeps.
bool process::hear_more(deadline until) {
    for (;;) {
        DWORD there = 0;
        if (!::PeekNamedPipe(state_->output, nullptr, 0, nullptr, &there, nullptr)) return false;
        if (there != 0) break;
        if (clock::now() > until) throw failure(who() + " said nothing for too long; last: '" + heard_ + "'");
        ::Sleep(1);
    }
    char bytes[4096];
    DWORD count = 0;
    if (!::ReadFile(state_->output, bytes, sizeof bytes, &count, nullptr) || count == 0) return false;
    for (const char c : std::string_view(bytes, count)) {
        if (c != '\r') heard_.push_back(c);
    }
    return true;
}

std::string process::who() const { return state_->who(); }

unsigned process::id() const noexcept { return static_cast<unsigned>(state_->id); }

void process::send(std::string_view line) {
    std::string bytes(line);
    bytes.push_back('\n');
    DWORD sent = 0;
    if (!::WriteFile(state_->input, bytes.data(), static_cast<DWORD>(bytes.size()), &sent, nullptr))
        fail(state_->who() + " doesn't listen");
}

void process::close_input() { close_end(state_->input); }

void process::kill() {
    if (ended()) return;
    state_->killed = ::TerminateProcess(state_->handle, killed_status) != 0;
    wait();
}

void process::stop() { throw failure("stopping a process is for POSIX systems"); }
void process::resume() { throw failure("resuming a process is for POSIX systems"); }

ending process::wait() {
    const auto limit = static_cast<DWORD>(std::chrono::milliseconds(patience).count());
    if (::WaitForSingleObject(state_->handle, limit) != WAIT_OBJECT_0) throw failure(state_->who() + " doesn't end");
    DWORD status = 0;
    ::GetExitCodeProcess(state_->handle, &status);
    return ending{state_->killed, static_cast<int>(status)};
}

bool process::ended() { return ::WaitForSingleObject(state_->handle, 0) == WAIT_OBJECT_0; }

unsigned this_process() { return static_cast<unsigned>(::GetCurrentProcessId()); }

std::string this_program() {
    wchar_t path[4096];
    const DWORD length = ::GetModuleFileNameW(nullptr, path, 4096);
    if (length == 0) fail("the program's own path");
    char bytes[8192];
    const int count = ::WideCharToMultiByte(CP_UTF8, 0, path, static_cast<int>(length), bytes, 8192, nullptr, nullptr);
    return std::string(bytes, static_cast<std::size_t>(count));
}

}  // namespace runner
