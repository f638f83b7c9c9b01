// The directories of names: found, checked, made.
// SPDX-License-Identifier: MIT
#include "os/linux/directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "os/linux/system_error.hpp"
#include "os/os.hpp"

namespace samepage::os {

namespace {

constexpr const char* operation = "look at the directory of names";

error no_base(const std::string& base, int system_code) {
    const bool chosen = std::getenv("SAMEPAGE_DIR") != nullptr;
    return error(errc::system, operation,
                 chosen ? "SAMEPAGE_DIR is " + base + ", which can't be used; make that directory or unset SAMEPAGE_DIR"
                        : base + " can't be used; mount a tmpfs there or set SAMEPAGE_DIR to a directory",
                 system_code);
}

error denied_global(const std::string& path) {
    return error(errc::denied, operation,
                 "Global\\ names need a directory that an administrator makes once: sudo install -d -m 2770 -g GROUP " +
                     path + " (owned by root, group-writable with the setgid bit, not sticky)");
}

result<std::string> check_local(std::string path, const struct stat& found) {
    if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid()) {
        return error(
            errc::denied, operation,
            path +
                " is not a directory of this user's: somebody is squatting on it; have it removed or set SAMEPAGE_DIR");
    }
    if ((found.st_mode & 077U) != 0) {
        return error(errc::denied, operation, path + " is open to others; run: chmod 700 " + path);
    }
    return path;
}

result<std::string> check_global(std::string path, const struct stat& found, uid_t base_owner) {
    const bool good = S_ISDIR(found.st_mode) && (found.st_uid == 0 || found.st_uid == base_owner) &&
                      (found.st_mode & S_ISVTX) == 0 && (found.st_mode & S_ISGID) != 0 && (found.st_mode & 07U) == 0 &&
                      (found.st_mode & 070U) == 070U;
    if (!good) return denied_global(path);
    return path;
}

}  // namespace

std::string base_directory() {
    const char* chosen = std::getenv("SAMEPAGE_DIR");
    return chosen != nullptr && *chosen != '\0' ? chosen : "/dev/shm";
}

std::string directory_of(scope where) {
    return base_directory() +
           (where == scope::global ? "/samepage-global" : "/samepage-" + std::to_string(::geteuid()));
}

result<std::string> checked_directory(scope where, bool make) {
    std::string path = directory_of(where);
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        if (errno != ENOENT) return no_base(base_directory(), errno);
        struct stat base {};
        if (::stat(base_directory().c_str(), &base) != 0) return no_base(base_directory(), errno);
        if (!S_ISDIR(base.st_mode)) return no_base(base_directory(), ENOTDIR);
        if (where == scope::global) return denied_global(path);
        if (!make) return error(errc::not_found, operation, "no names yet: " + path + " is not there");
        if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
            const int why = errno;
            if (code_of(why) == errc::denied) {
                return from_system(
                    operation, why,
                    base_directory() + " is not writable for this user; set SAMEPAGE_DIR to a directory that is");
            }
            return from_system(operation, why, {});
        }
        // Somebody else's umask may have cut the mode of a directory of ours; somebody else may have made it first.
        if (::lstat(path.c_str(), &found) != 0) return no_base(base_directory(), errno);
    }
    if (where == scope::local) return check_local(std::move(path), found);
    struct stat base {};
    if (::stat(base_directory().c_str(), &base) != 0) return no_base(base_directory(), errno);
    return check_global(std::move(path), found, base.st_uid);
}

mode_t file_mode(scope where) noexcept { return where == scope::global ? 0660 : 0600; }

std::string place_searched(const place& where) {
    const std::string user = "user " + std::to_string(::geteuid());
    return where.is_path() ? user + " at " + where.name : user + " in " + directory_of(where.scope);
}

}  // namespace samepage::os
