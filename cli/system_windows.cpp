// The operating system behind the command line, on Windows.
// SPDX-License-Identifier: MIT
#include "system.hpp"

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

// After windows.h, which it needs.
#include <fcntl.h>
#include <io.h>
#include <shellapi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "failure.hpp"

namespace samepage::cli {

namespace {

using clock = std::chrono::steady_clock;

constexpr DWORD check_every_ms = 1000;
constexpr UINT killed_status = 137;                        // what a shell on POSIX shows for a killed process
constexpr UINT status_of_interrupt = 0xC000013AU;          // STATUS_CONTROL_C_EXIT, as an uncaught Ctrl-C
constexpr DWORD time_to_end_when_window_closes_ms = 5000;  // Windows ends the process after that anyway

std::wstring wide(std::string_view text) {
    const int bytes = static_cast<int>(text.size());
    std::wstring units(static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, nullptr, 0)),
                       L'\0');
    MultiByteToWideChar(CP_UTF8, 0, text.data(), bytes, units.data(), static_cast<int>(units.size()));
    return units;
}

std::string narrow(std::wstring_view text) {
    const int units = static_cast<int>(text.size());
    std::string bytes(
        static_cast<std::size_t>(WideCharToMultiByte(CP_UTF8, 0, text.data(), units, nullptr, 0, nullptr, nullptr)),
        '\0');
    WideCharToMultiByte(CP_UTF8, 0, text.data(), units, bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr);
    return bytes;
}

// A handle that closes itself.
class owned {
   public:
    owned() noexcept = default;
    explicit owned(HANDLE raw) noexcept : raw_(raw == INVALID_HANDLE_VALUE ? nullptr : raw) {}
    owned(owned&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    owned& operator=(owned&& other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~owned() {
        if (raw_ != nullptr) CloseHandle(raw_);
    }
    HANDLE get() const noexcept { return raw_; }
    HANDLE release() noexcept { return std::exchange(raw_, nullptr); }

   private:
    HANDLE raw_ = nullptr;
};

[[noreturn]] void fail(const std::string& what, DWORD system_code) {
    const bool missing = system_code == ERROR_FILE_NOT_FOUND || system_code == ERROR_PATH_NOT_FOUND;
    const bool denied = system_code == ERROR_ACCESS_DENIED || system_code == ERROR_SHARING_VIOLATION;
    const bool full = system_code == ERROR_DISK_FULL || system_code == ERROR_HANDLE_DISK_FULL;
    const int status = missing ? status_not_found : denied ? status_denied : full ? status_full : status_error;
    const char* code = missing ? "not_found" : denied ? "denied" : full ? "no_space" : "system";
    throw failure(status, code, std::string(code) + ": " + what + ": Windows' error " + std::to_string(system_code));
}

// Set when Ctrl-C, Ctrl-Break or the window's end came.
std::atomic<bool> interrupt_came{false};
std::atomic<bool> command_runs{false};  // then it gets them too, and its end is ours
HANDLE interrupt_event = nullptr;

BOOL WINAPI on_control(DWORD what) {
    if (!command_runs) {
        interrupt_came = true;
        SetEvent(interrupt_event);
    }
    // After these the process ends when this returns; the main thread needs a moment to end it well.
    if (what != CTRL_C_EVENT && what != CTRL_BREAK_EVENT) Sleep(time_to_end_when_window_closes_ms);
    return TRUE;
}

HANDLE input_handle() { return GetStdHandle(STD_INPUT_HANDLE); }

// Takes what has been typed; whether Enter was in it.
bool enter_was_typed() {
    INPUT_RECORD record{};
    DWORD count = 0;
    while (GetNumberOfConsoleInputEvents(input_handle(), &count) != 0 && count != 0) {
        if (ReadConsoleInputW(input_handle(), &record, 1, &count) == 0) return true;
        if (record.EventType == KEY_EVENT && record.Event.KeyEvent.bKeyDown != 0 &&
            record.Event.KeyEvent.wVirtualKeyCode == VK_RETURN) {
            return true;
        }
    }
    return false;
}

DWORD milliseconds_until(std::optional<clock::time_point> end) {
    if (!end) return check_every_ms;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*end - clock::now()).count();
    return static_cast<DWORD>(std::clamp<long long>(left, 0, check_every_ms));
}

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

std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_of(owned handle, int flags, const char* mode) {
    const int descriptor = _open_osfhandle(reinterpret_cast<std::intptr_t>(handle.release()), flags);
    return {_fdopen(descriptor, mode), std::fclose};
}

}  // namespace

std::vector<std::string> prepare(int /*argc*/, char** /*argv*/) {
    for (std::FILE* stream : {stdin, stdout, stderr}) _setmode(_fileno(stream), _O_BINARY);
    static const UINT output_before = GetConsoleOutputCP(), input_before = GetConsoleCP();
    if (SetConsoleOutputCP(CP_UTF8) != 0 && SetConsoleCP(CP_UTF8) != 0) {
        // The console is the shell's, too.
        std::atexit([] {
            SetConsoleOutputCP(output_before);
            SetConsoleCP(input_before);
        });
    }
    int count = 0;
    const std::unique_ptr<wchar_t*, HLOCAL(WINAPI*)(HLOCAL)> words(CommandLineToArgvW(GetCommandLineW(), &count),
                                                                   LocalFree);
    std::vector<std::string> arguments;
    for (int i = 1; i < count; ++i) arguments.push_back(narrow(words.get()[i]));
    return arguments;
}

bool is_terminal(std::FILE* stream) {
    // _isatty calls NUL a terminal.
    DWORD mode = 0;
    return GetConsoleMode(reinterpret_cast<HANDLE>(_get_osfhandle(_fileno(stream))), &mode) != 0;
}

// A pipe tells it only when it is written to.
bool output_has_gone() noexcept { return false; }

bool reader_has_gone() noexcept {
    return errno == EPIPE ||
           (errno == EINVAL && (GetLastError() == ERROR_NO_DATA || GetLastError() == ERROR_BROKEN_PIPE));
}

bool write_output(std::string_view bytes) {
    return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() && std::fflush(stdout) == 0;
}

input open_input(const std::string& path) {
    input in{{stdin, [](std::FILE*) { return 0; }}, {}};
    HANDLE raw = input_handle();
    if (path != "-") {
        const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
        owned opened(CreateFileW(wide(path).c_str(), GENERIC_READ, share, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL,
                                 nullptr));
        raw = opened.get();
        if (raw == nullptr) fail(path, GetLastError());
        in.file = file_of(std::move(opened), _O_RDONLY | _O_BINARY, "rb");
    }
    LARGE_INTEGER size{}, at{};
    if (GetFileType(raw) == FILE_TYPE_DISK && GetFileSizeEx(raw, &size) != 0 &&
        SetFilePointerEx(raw, {}, &at, FILE_CURRENT) != 0) {
        in.size_bytes = static_cast<std::uint64_t>(std::max<LONGLONG>(size.QuadPart - at.QuadPart, 0));
    }
    return in;
}

std::size_t read_some(std::FILE* file, const std::string& path, std::span<char> into) {
    constexpr std::size_t most = std::size_t{1} << 30;  // _read counts in an int
    const int got = ::_read(::_fileno(file), into.data(), static_cast<unsigned>(std::min(into.size(), most)));
    if (got < 0) fail(path, GetLastError());
    return static_cast<std::size_t>(got);
}

std::unique_ptr<std::FILE, int (*)(std::FILE*)> open_spool() {
    std::array<wchar_t, MAX_PATH + 1> folder, path;
    if (GetTempPathW(static_cast<DWORD>(folder.size()), folder.data()) == 0)
        fail("the folder for temporary files", GetLastError());
    if (GetTempFileNameW(folder.data(), L"spg", 0, path.data()) == 0) fail(narrow(folder.data()), GetLastError());
    owned file(CreateFileW(path.data(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS,
                           FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, nullptr));
    if (file.get() == nullptr) fail(narrow(path.data()), GetLastError());
    return file_of(std::move(file), _O_RDWR | _O_BINARY, "w+b");
}

// Windows lets nobody cut a file short that is mapped, so there is nothing to guard against.
bool guarded_copy(void* to, const void* from, std::size_t size_bytes) noexcept {
    std::memcpy(to, from, size_bytes);
    return true;
}

void catch_interrupts() {
    if (interrupt_event != nullptr) return;
    interrupt_event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    if (interrupt_event == nullptr || SetConsoleCtrlHandler(on_control, TRUE) == 0) fail("Ctrl-C", GetLastError());
}

bool interrupted() noexcept { return interrupt_came; }

void end_interrupted() {
    std::fflush(nullptr);
    ExitProcess(status_of_interrupt);
}

bool can_ask_for_enter() { return is_terminal(stdin); }

bool process_lives(std::uint32_t process_id) {
    const owned process(OpenProcess(SYNCHRONIZE, FALSE, process_id));
    if (process.get() == nullptr) return GetLastError() == ERROR_ACCESS_DENIED;
    return WaitForSingleObject(process.get(), 0) == WAIT_TIMEOUT;
}

void wait(const wait_for& what) {
    catch_interrupts();
    std::optional<clock::time_point> end;
    if (const auto now = clock::now(); what.time && *what.time <= clock::time_point::max() - now)
        end = now + *what.time;
    owned process;
    if (what.process_id) process = owned(OpenProcess(SYNCHRONIZE, FALSE, *what.process_id));
    if (what.process_id && process.get() == nullptr && !process_lives(*what.process_id)) return;
    std::array<HANDLE, 3> events{interrupt_event};
    DWORD count = 1;
    if (process.get() != nullptr) events[count++] = process.get();
    if (what.enter && can_ask_for_enter()) events[count++] = input_handle();
    while (!interrupted() && !(end && clock::now() >= *end)) {
        const DWORD came = WaitForMultipleObjects(count, events.data(), FALSE, milliseconds_until(end));
        if (came < count && events[came] == process.get()) return;
        if (came < count && events[came] == input_handle() && enter_was_typed()) return;
        if (what.process_id && process.get() == nullptr && !process_lives(*what.process_id)) return;
        if (what.check) what.check();
    }
}

int run(const std::vector<std::string>& command, const std::function<void()>& check, const streams& files) {
    catch_interrupts();
    STARTUPINFOW startup{};
    startup.hStdInput = inherited(files.input, STD_INPUT_HANDLE);
    startup.hStdOutput = inherited(files.output, STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (files.input != nullptr || files.output != nullptr) startup.dwFlags = STARTF_USESTDHANDLES;
    std::uint32_t process_id = 0;
    command_runs = true;
    const owned process = start(command, startup, process_id);
    while (WaitForSingleObject(process.get(), check_every_ms) == WAIT_TIMEOUT) {
        if (check) check();
    }
    command_runs = false;
    return exit_status(process.get());
}

struct child::state {
    owned process;
    owned output;
    std::uint32_t process_id = 0;
};

child::child(const std::vector<std::string>& command) : state_(std::make_unique<state>()) {
    SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    HANDLE read_end = nullptr, write_end = nullptr;
    if (CreatePipe(&read_end, &write_end, &inherited, 0) == 0) fail("a pipe", GetLastError());
    state_->output = owned(read_end);
    const owned written(write_end);
    SetHandleInformation(read_end, HANDLE_FLAG_INHERIT, 0);
    const owned nothing(
        CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, nullptr));
    STARTUPINFOW startup{};
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = nothing.get();
    startup.hStdOutput = write_end;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    state_->process = start(command, startup, state_->process_id);
}

child::child(child&&) noexcept = default;

child::~child() {
    if (state_) kill();
}

std::uint32_t child::process_id() const noexcept { return state_->process_id; }

void child::read_output(const std::function<void(const char*, std::size_t)>& use) {
    std::vector<char> piece(65536);
    DWORD got = 0;
    while (ReadFile(state_->output.get(), piece.data(), static_cast<DWORD>(piece.size()), &got, nullptr) != 0 &&
           got != 0) {
        use(piece.data(), got);
    }
}

bool child::wait_for_line() {
    char c = 0;
    DWORD got = 0;
    while (c != '\n') {
        if (ReadFile(state_->output.get(), &c, 1, &got, nullptr) == 0 || got == 0) return false;
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

std::string own_program() {
    std::array<wchar_t, 4096> path;
    const DWORD units = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    if (units == 0 || units >= path.size()) fail("the path of this program", GetLastError());
    return narrow({path.data(), units});
}

}  // namespace samepage::cli
