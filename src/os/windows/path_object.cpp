// Objects at a path, and names that lead to a file.
// SPDX-License-Identifier: MIT
//
// Crash story: a plain file is extended in place, which a kill leaves done or not done. A structured one is written as
// PATH.samepage-new, which its maker has open exclusively, and renamed to PATH when it is whole. A kill leaves that
// file, and the next maker of PATH begins with it anew.
#include "os/windows/path_object.hpp"

#include <vector>

#include "os/windows/section.hpp"
#include "os/windows/system_error.hpp"

namespace samepage::os {

namespace {

constexpr const char* creating = "create";
constexpr const char* opening = "open";
constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr DWORD pause_ms = 2;

const char* verb(const acquire_request& request) noexcept {
    return request.disposition == disposition::open_existing ? opening : creating;
}

DWORD rights_to_file(access a) noexcept { return a == access::read_only ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE; }

// CreateFile, again as long as another program has the file for itself alone: makers of structured objects do for a
// moment, virus scanners too.
handle open_file(const std::wstring& path, DWORD rights, DWORD share, DWORD how, const deadline& until) {
    for (;;) {
        handle file(CreateFileW(path.c_str(), rights, share, nullptr, how, FILE_ATTRIBUTE_NORMAL, nullptr));
        if (file || GetLastError() != ERROR_SHARING_VIOLATION || until.passed()) return file;
        Sleep(pause_ms);
    }
}

error cannot_open(const acquire_request& request, const std::string& path, DWORD why) {
    switch (why) {
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND:
            if (request.disposition == disposition::open_existing) {
                return from_system(opening, why,
                                   "there is no file " + path + " (" + place_searched(*request.where) + ")");
            }
            return from_system(creating, why, path + " can't be made: its directory is missing");
        case ERROR_SHARING_VIOLATION:
            return error(errc::timed_out, verb(request),
                         "another program has " + path + " open for itself alone; close it there",
                         static_cast<int>(why));
        case ERROR_ACCESS_DENIED:
            if (const DWORD found = GetFileAttributesW(to_utf16(path).c_str());
                found != INVALID_FILE_ATTRIBUTES && (found & FILE_ATTRIBUTE_DIRECTORY) != 0) {
                return error(errc::invalid_argument, verb(request), path + " is a directory", static_cast<int>(why));
            }
            return from_system(verb(request), why, path + " may not be opened so by this user");
        default: return from_system(verb(request), why, path);
    }
}

result<std::uint64_t> size_of(const char* operation, const handle& file) {
    LARGE_INTEGER size{};
    if (GetFileSizeEx(file.get(), &size) == 0) return from_system(operation, GetLastError());
    return static_cast<std::uint64_t>(size.QuadPart);
}

result<void> set_size(const handle& file, std::uint64_t size_bytes) {
    LARGE_INTEGER end{};
    end.QuadPart = static_cast<LONGLONG>(size_bytes);
    if (SetFilePointerEx(file.get(), end, nullptr, FILE_BEGIN) != 0 && SetEndOfFile(file.get()) != 0) return {};
    return from_system(creating, GetLastError());
}

// The size of the file of `s`, extended to what the request wants.
result<void> fit_size(const acquire_request& request, const std::string& path, held_object::state& s) {
    auto size = size_of(verb(request), s.file);
    if (!size) return size.error();
    s.size_bytes = *size;
    if (request.size_bytes > s.size_bytes) {
        if (request.access == access::read_only) {
            return error(errc::invalid_argument, verb(request), path + " is smaller than that, and opened read-only");
        }
        if (auto done = set_size(s.file, request.size_bytes); !done) return done;
        s.size_bytes = request.size_bytes;
    }
    if (s.size_bytes == 0)
        return error(errc::invalid_argument, verb(request), path + " is empty: say a size").set_needed_bytes(1);
    return {};
}

void remove(const handle& file) noexcept {
    FILE_DISPOSITION_INFO gone{TRUE};
    SetFileInformationByHandle(file.get(), FileDispositionInfo, &gone, sizeof(gone));
}

// False when there is a file of that name.
result<bool> rename_to(const handle& file, const std::wstring& path) {
    std::wstring full(static_cast<std::size_t>(GetFullPathNameW(path.c_str(), 0, nullptr, nullptr)), L'\0');
    full.resize(GetFullPathNameW(path.c_str(), static_cast<DWORD>(full.size()), full.data(), nullptr));
    const std::size_t text_bytes = full.size() * sizeof(wchar_t);
    std::vector<std::byte> room(sizeof(FILE_RENAME_INFO) + text_bytes);
    auto* to = reinterpret_cast<FILE_RENAME_INFO*>(room.data());
    to->FileNameLength = static_cast<DWORD>(text_bytes);
    full.copy(to->FileName, full.size());
    if (SetFileInformationByHandle(file.get(), FileRenameInfo, to, static_cast<DWORD>(room.size())) != 0) return true;
    if (GetLastError() == ERROR_ALREADY_EXISTS || GetLastError() == ERROR_FILE_EXISTS) return false;
    return from_system(creating, GetLastError());
}

// A whole structured object at the request's path, unless there is a file already: then false.
result<bool> make_structured(const acquire_request& request, const deadline& until) {
    const std::string hidden = request.where->name + ".samepage-new";
    held_object::state made;
    made.file = open_file(to_utf16(hidden), GENERIC_READ | GENERIC_WRITE | DELETE, 0, CREATE_ALWAYS, until);
    if (!made.file) return cannot_open(request, hidden, GetLastError());
    const auto fail = [&](const error& why) -> result<bool> {
        made.section.reset();
        remove(made.file);
        return why;
    };
    if (auto done = set_size(made.file, request.size_bytes); !done) return fail(done.error());
    if (auto done = section_over_file(creating, made, request.size_bytes); !done) return fail(done.error());
    {
        const brief_view bytes(made.section.get(), 0, static_cast<std::size_t>(request.size_bytes), access::read_write);
        if (bytes.data() == nullptr) return fail(from_system(creating, GetLastError()));
        if (request.initialise) request.initialise({bytes.data(), bytes.size()});
    }
    made.section.reset();
    auto renamed = rename_to(made.file, to_utf16(request.where->name));
    if (!renamed || !*renamed) remove(made.file);
    return renamed;
}

error exists(const acquire_request& request) {
    return error(errc::already_exists, creating,
                 request.where->name + " is there already; open it or choose another path");
}

result<void> open_plain(const acquire_request& request, held_object::state& s, const deadline& until) {
    const std::wstring path = to_utf16(request.where->name);
    const DWORD rights = rights_to_file(request.access);
    const bool may_create = request.disposition == disposition::create_new ||
                            (request.disposition == disposition::create_or_open &&
                             request.access == access::read_write && request.size_bytes != 0);
    if (request.disposition != disposition::create_new)
        s.file = open_file(path, rights, share_all, OPEN_EXISTING, until);
    if (!s.file && may_create &&
        (request.disposition == disposition::create_new || GetLastError() == ERROR_FILE_NOT_FOUND)) {
        s.file = open_file(path, rights, share_all,
                           request.disposition == disposition::create_new ? CREATE_NEW : OPEN_ALWAYS, until);
        s.created = s.file && GetLastError() != ERROR_ALREADY_EXISTS;
    }
    if (!s.file && GetLastError() == ERROR_FILE_EXISTS) return exists(request);
    if (!s.file) return cannot_open(request, request.where->name, GetLastError());
    auto fits = fit_size(request, request.where->name, s);
    if (!fits && s.created) DeleteFileW(path.c_str());
    return fits;
}

result<void> open_structured(const acquire_request& request, held_object::state& s, const deadline& until) {
    const std::wstring path = to_utf16(request.where->name);
    if (request.disposition != disposition::open_existing) {
        if (GetFileAttributesW(path.c_str()) == INVALID_FILE_ATTRIBUTES) {
            auto made = make_structured(request, until);
            if (!made) return made.error();
            s.created = *made;
        }
        if (!s.created && request.disposition == disposition::create_new) return exists(request);
    }
    s.file = open_file(path, rights_to_file(request.access), share_all, OPEN_EXISTING, until);
    if (!s.file) return cannot_open(request, request.where->name, GetLastError());
    auto size = size_of(verb(request), s.file);
    if (!size) return size.error();
    s.size_bytes = *size;
    if (s.size_bytes == 0) return wrong_kind(verb(request), *request.where, std::nullopt);
    return {};
}

}  // namespace

result<void> section_over_file(const char* operation, held_object::state& s, std::uint64_t size_bytes) {
    const DWORD protection = s.access == access::read_only ? PAGE_READONLY : PAGE_READWRITE;
    handle section(
        CreateFileMappingW(s.file.get(), nullptr, protection, high_half(size_bytes), low_half(size_bytes), nullptr));
    if (!section) return from_system(operation, GetLastError());
    s.section = std::move(section);
    s.size_bytes = s.section_bytes = size_bytes;
    s.is_file = true;
    return {};
}

result<void> open_backing(const acquire_request& request, held_object::state& s) {
    std::string path(request.backing_path);
    if (request.backing) {
        HANDLE copy = nullptr;
        const HANDLE self = GetCurrentProcess();
        if (DuplicateHandle(self, reinterpret_cast<HANDLE>(*request.backing), self, &copy, 0, FALSE,
                            DUPLICATE_SAME_ACCESS) == 0) {
            return from_system(creating, GetLastError(), "that is no handle of an open file");
        }
        s.file = handle(copy);
        path = "the file";
    } else {
        const DWORD how = request.access == access::read_write && request.size_bytes != 0 ? OPEN_ALWAYS : OPEN_EXISTING;
        s.file =
            open_file(to_utf16(path), rights_to_file(request.access), share_all, how, deadline::after(request.timeout));
        if (!s.file) return cannot_open(request, path, GetLastError());
    }
    auto fits = fit_size(request, path, s);
    // As CreateFileMapping: a smaller size than the file's is the region's.
    if (fits && request.size_bytes != 0) s.size_bytes = request.size_bytes;
    return fits;
}

result<std::unique_ptr<held_object::state>> acquire_path(const acquire_request& request) {
    const deadline until = deadline::after(request.timeout);
    auto s = std::make_unique<held_object::state>();
    s->access = request.access;
    s->structured = request.structured;
    s->where = *request.where;
    auto opened = request.structured ? open_structured(request, *s, until) : open_plain(request, *s, until);
    if (!opened) return opened.error();
    if (auto made = section_over_file(verb(request), *s, s->size_bytes); !made) return made.error();
    const auto found = kind_in(s->section.get(), s->size_bytes);
    if (found.has_value() != request.structured) return wrong_kind(verb(request), *request.where, found);
    s->id = identity_of(s->file.get());
    return s;
}

}  // namespace samepage::os
