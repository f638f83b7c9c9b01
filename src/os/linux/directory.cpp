// The directories of names: found, checked, made.
// SPDX-License-Identifier: MIT
#include "os/linux/directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "os/linux/system_error.hpp"
#include "os/os.hpp"

namespace samepage::os {

namespace {

constexpr const char* operation = "look at the directory of names";

// A local directory that was found good. Kept for ever, one for each user and base that a process has, so that no lock
// is needed, which a fork could leave taken.
struct good_directory {
    std::string path;
    good_directory* next;
};
std::atomic<good_directory*> all_good{nullptr};
std::atomic<const good_directory*> last_good{nullptr};

bool was_good(const std::string& path) {
    // acquire: pairs with the release in remember() (good directory)
    const good_directory* good = last_good.load(std::memory_order_acquire);
    return good != nullptr && good->path == path;
}

void remember(const std::string& path) {
    good_directory* first = all_good.load();
    good_directory* good = first;
    while (good != nullptr && good->path != path) good = good->next;
    if (good == nullptr) {
        good = new good_directory{path, first};
        // Two threads at once may both add theirs: then one path is there twice.
        while (!all_good.compare_exchange_weak(good->next, good)) {
        }
    }
    // release: pairs with the acquire in was_good() (good directory)
    last_good.store(good, std::memory_order_release);
}

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

result<names_directory> check_local(names_directory names, const struct stat& found) {
    const std::string& path = names.path;
    if (!S_ISDIR(found.st_mode) || found.st_uid != names.user) {
        return error(
            errc::denied, operation,
            path +
                " is not a directory of this user's: somebody is squatting on it; have it removed or set SAMEPAGE_DIR");
    }
    if ((found.st_mode & 0700U) != 0700U) {
        return error(errc::denied, operation, path + " is closed to its own user; run: chmod 700 " + path);
    }
    if ((found.st_mode & 077U) != 0) {
        return error(errc::denied, operation, path + " is open to others; run: chmod 700 " + path);
    }
    remember(path);
    return names;
}

result<names_directory> check_global(names_directory names, const struct stat& found, uid_t base_owner) {
    const bool good = S_ISDIR(found.st_mode) && (found.st_uid == 0 || found.st_uid == base_owner) &&
                      (found.st_mode & S_ISVTX) == 0 && (found.st_mode & S_ISGID) != 0 && (found.st_mode & 07U) == 0 &&
                      (found.st_mode & 070U) == 070U;
    if (!good) return denied_global(names.path);
    return names;
}

}  // namespace

std::string base_directory() {
    const char* chosen = std::getenv("SAMEPAGE_DIR");
    return chosen != nullptr && *chosen != '\0' ? chosen : "/dev/shm";
}

names_directory directory_of(scope where) {
    const uid_t user = ::geteuid();
    return {base_directory() + (where == scope::global ? "/samepage-global" : "/samepage-" + std::to_string(user)),
            user};
}

result<names_directory> checked_directory(scope where, bool make) {
    names_directory names = directory_of(where);
    const std::string& path = names.path;
    if (where == scope::local && was_good(path)) return names;
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
            return no_base(base_directory(), why);
        }
        ::chmod(path.c_str(), 0700);  // whatever the umask is; refused where somebody else made it first
        if (::lstat(path.c_str(), &found) != 0) return no_base(base_directory(), errno);
    }
    if (where == scope::local) return check_local(std::move(names), found);
    struct stat base {};
    if (::stat(base_directory().c_str(), &base) != 0) return no_base(base_directory(), errno);
    return check_global(std::move(names), found, base.st_uid);
}

void forget_directory() noexcept { last_good.store(nullptr); }

mode_t file_mode(scope where) noexcept { return where == scope::global ? 0660 : 0600; }

std::string place_searched(const place& where) {
    const names_directory names = directory_of(where.scope);
    return "user " + std::to_string(names.user) + (where.is_path() ? " at " + where.name : " in " + names.path);
}

}  // namespace samepage::os
