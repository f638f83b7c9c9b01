// From errno to an error; closing without touching errno; what a path is here.
// SPDX-License-Identifier: MIT
#include "os/linux/system_error.hpp"

#include "os/linux/handle.hpp"
#include "os/paths.hpp"

namespace samepage::os {

errc code_of(int system_code) noexcept {
    switch (system_code) {
        case ENOENT: return errc::not_found;
        case EEXIST: return errc::already_exists;
        case EACCES:
        case EPERM:
        case EROFS: return errc::denied;
        case ENOSPC:
        case EDQUOT:
        case ENOMEM: return errc::no_space;
        case EFBIG:
        case EOVERFLOW: return errc::too_large;
        case ENAMETOOLONG: return errc::invalid_name;
        case EINVAL: return errc::invalid_argument;
        case EOPNOTSUPP:
        case ENOSYS:
        case ENODEV: return errc::not_supported;
        default: return errc::system;
    }
}

error from_system(const char* operation, int system_code, std::string_view detail) noexcept {
    if (system_code == EMFILE)
        detail = "this process has too many open files; close some, or raise its limit (ulimit -n)";
    if (system_code == ENFILE) detail = "the machine has too many open files (sysctl fs.file-max)";
    return error(code_of(system_code), operation, detail, system_code);
}

void handle::reset() noexcept {
    if (descriptor_ < 0) return;
    const int before = errno;
    ::close(std::exchange(descriptor_, -1));
    errno = before;
}

bool is_path(std::string_view text) noexcept { return text.find('/') != std::string_view::npos; }

}  // namespace samepage::os
