// The operating system behind the command line, on Windows.
// SPDX-License-Identifier: MIT
#include "system.hpp"

#include "win32.hpp"

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

namespace win32 {

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

void fail(const std::string& what, DWORD system_code) {
    const bool missing = system_code == ERROR_FILE_NOT_FOUND || system_code == ERROR_PATH_NOT_FOUND;
    const bool denied = system_code == ERROR_ACCESS_DENIED || system_code == ERROR_SHARING_VIOLATION;
    const bool full = system_code == ERROR_DISK_FULL || system_code == ERROR_HANDLE_DISK_FULL;
    const int status = missing ? status_not_found : denied ? status_denied : full ? status_full : status_error;
    const char* code = missing ? "not_found" : denied ? "denied" : full ? "no_space" : "system";
    throw failure(status, code, std::string(code) + ": " + what + ": Windows' error " + std::to_string(system_code));
}

}  // namespace win32

using win32::fail;
using win32::narrow;
using win32::owned;
using win32::wide;

namespace {

using clock = std::chrono::steady_clock;

constexpr DWORD check_every_ms = 1000;
constexpr UINT status_of_interrupt = 0xC000013AU;          // STATUS_CONTROL_C_EXIT, as an uncaught Ctrl-C
constexpr DWORD time_to_end_when_window_closes_ms = 5000;  // Windows ends the process after that anyway

// Set when Ctrl-C, Ctrl-Break or the window's end came.
std::atomic<bool> interrupt_came{false};
HANDLE interrupt_event = nullptr;

BOOL WINAPI on_control(DWORD what) {
    interrupt_came = true;
    SetEvent(interrupt_event);
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

}  // namespace samepage::cli
