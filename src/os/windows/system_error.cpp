// From GetLastError to an error; what a path is here.
// SPDX-License-Identifier: MIT
#include "os/windows/system_error.hpp"

#include "os/paths.hpp"
#include "os/windows/system.hpp"

namespace samepage::os {

errc code_of(std::uint32_t system_code) noexcept {
    switch (system_code) {
        case ERROR_FILE_NOT_FOUND:
        case ERROR_PATH_NOT_FOUND:
        case ERROR_BAD_NETPATH:
        case ERROR_BAD_NET_NAME: return errc::not_found;
        case ERROR_ALREADY_EXISTS:
        case ERROR_FILE_EXISTS: return errc::already_exists;
        case ERROR_ACCESS_DENIED:
        case ERROR_WRITE_PROTECT:
        case ERROR_SHARING_VIOLATION:
        case ERROR_LOCK_VIOLATION:
        case ERROR_PRIVILEGE_NOT_HELD: return errc::denied;
        case ERROR_NOT_ENOUGH_MEMORY:
        case ERROR_OUTOFMEMORY:
        case ERROR_COMMITMENT_LIMIT:
        case ERROR_NO_SYSTEM_RESOURCES:
        case ERROR_DISK_FULL:
        case ERROR_HANDLE_DISK_FULL: return errc::no_space;
        case ERROR_FILE_TOO_LARGE: return errc::too_large;
        case ERROR_INVALID_NAME:
        case ERROR_BAD_PATHNAME:
        case ERROR_FILENAME_EXCED_RANGE: return errc::invalid_name;
        case ERROR_INVALID_PARAMETER:
        case ERROR_INVALID_HANDLE:
        case ERROR_MAPPED_ALIGNMENT: return errc::invalid_argument;
        case ERROR_NOT_SUPPORTED:
        case ERROR_INVALID_FUNCTION:
        case ERROR_CALL_NOT_IMPLEMENTED: return errc::not_supported;
        case WAIT_TIMEOUT: return errc::timed_out;
        default: return errc::system;
    }
}

error from_system(const char* operation, std::uint32_t system_code, std::string_view detail) noexcept {
    return error(code_of(system_code), operation, detail, static_cast<int>(system_code));
}

bool is_path(std::string_view text) noexcept {
    const bool drive = text.size() >= 2 && text[1] == ':' &&
                       ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
    return drive || text.find_first_of("/\\") != std::string_view::npos;
}

}  // namespace samepage::os
