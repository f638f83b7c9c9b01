// CreateFile, as far as a mapping needs it.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "win32/objects.hpp"

namespace samepage::win32 {

namespace {

HANDLE refuse(DWORD code) {
    SetLastError(code);
    return INVALID_HANDLE_VALUE;
}

// What open() failed with, in Windows' words; it tells a missing folder from a missing file.
DWORD code_of_open(int why, const std::string& path) {
    switch (why) {
        case ENOENT: {
            const std::size_t slash = path.rfind('/');
            const bool folder_is_there =
                slash == std::string::npos || ::access(path.substr(0, slash + 1).c_str(), F_OK) == 0;
            return folder_is_there ? ERROR_FILE_NOT_FOUND : ERROR_PATH_NOT_FOUND;
        }
        case ENOTDIR: return ERROR_PATH_NOT_FOUND;
        case EEXIST: return ERROR_FILE_EXISTS;
        case EACCES:
        case EPERM:
        case EROFS:
        case EISDIR: return ERROR_ACCESS_DENIED;
        case ENAMETOOLONG: return ERROR_FILENAME_EXCED_RANGE;
        case ENOSPC:
        case EDQUOT: return ERROR_DISK_FULL;
        default: return ERROR_GEN_FAILURE;
    }
}

std::optional<int> flags_of(DWORD disposition) {
    switch (disposition) {
        case CREATE_NEW: return O_CREAT | O_EXCL;
        case CREATE_ALWAYS: return O_CREAT | O_TRUNC;
        case OPEN_EXISTING: return 0;
        case OPEN_ALWAYS: return O_CREAT;
        case TRUNCATE_EXISTING: return O_TRUNC;
        default: return std::nullopt;
    }
}

HANDLE open_path(std::optional<std::string> path, DWORD wanted, DWORD disposition) {
    const auto flags = flags_of(disposition);
    if (!flags) return refuse(ERROR_INVALID_PARAMETER);
    if (!path || path->empty()) return refuse(ERROR_PATH_NOT_FOUND);
    std::replace(path->begin(), path->end(), '\\', '/');
    const bool may_write = (wanted & GENERIC_WRITE) != 0;
    const bool cuts = (*flags & O_TRUNC) != 0;
    if (disposition == TRUNCATE_EXISTING && !may_write) return refuse(ERROR_INVALID_PARAMETER);
    const bool was_there = ::access(path->c_str(), F_OK) == 0;
    // Mapping for writing reads too, so a file that may be written is opened for both where that is allowed.
    const int descriptor = ::open(path->c_str(), (may_write || cuts ? O_RDWR : O_RDONLY) | *flags | O_CLOEXEC, 0666);
    if (descriptor < 0) return refuse(code_of_open(errno, *path));
    struct stat found {};
    if (::fstat(descriptor, &found) != 0 || S_ISDIR(found.st_mode)) {
        ::close(descriptor);
        return refuse(ERROR_ACCESS_DENIED);
    }
    const HANDLE handle = new_handle({std::make_shared<open_file>(descriptor, may_write), nullptr});
    const bool tells = disposition == CREATE_ALWAYS || disposition == OPEN_ALWAYS;
    SetLastError(tells && was_there ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return handle;
}

}  // namespace

}  // namespace samepage::win32

HANDLE CreateFileA(LPCSTR path, DWORD wanted, DWORD, LPSECURITY_ATTRIBUTES, DWORD disposition, DWORD, HANDLE) {
    return samepage::win32::open_path(path == nullptr ? std::nullopt : std::optional<std::string>(path), wanted,
                                      disposition);
}

HANDLE CreateFileW(LPCWSTR path, DWORD wanted, DWORD, LPSECURITY_ATTRIBUTES, DWORD disposition, DWORD, HANDLE) {
    return samepage::win32::open_path(samepage::win32::utf8_of(path), wanted, disposition);
}
