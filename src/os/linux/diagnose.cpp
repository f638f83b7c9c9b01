// What `doctor` looks at on Linux.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>

#include "os/linux/directory.hpp"
#include "os/linux/handle.hpp"
#include "os/linux/locks.hpp"
#include "os/linux/space.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

using level = finding::level;

finding good(std::string subject, std::string text) { return {level::good, std::move(subject), std::move(text), {}}; }

finding of_base(const std::string& base) {
    struct statfs kind_of {};
    struct statvfs room {};
    if (::statfs(base.c_str(), &kind_of) != 0 || ::statvfs(base.c_str(), &room) != 0) {
        return {level::bad, "memory", base + " can't be looked at",
                "make it, or set SAMEPAGE_DIR to a directory on a tmpfs"};
    }
    const std::uint64_t total = room.f_blocks * std::uint64_t{room.f_frsize},
                        free = room.f_bavail * std::uint64_t{room.f_frsize};
    const std::string text = base + " has " + human_bytes(total) + ", " + human_bytes(free) + " free";
    if (kind_of.f_type == OVERLAYFS_SUPER_MAGIC) {
        return {level::bad, "memory", base + " is an overlay filesystem: two processes may not see the same file",
                "mount a tmpfs or a volume there"};
    }
    if (kind_of.f_type != TMPFS_MAGIC)
        return {level::note, "memory", text + ", but is no tmpfs: names would be written to a disk",
                "set SAMEPAGE_DIR to a tmpfs"};
    if (free < (std::uint64_t{8} << 20)) {
        return {level::bad, "memory", text,
                "make it larger (mount -o remount,size=…; docker run --shm-size=1g) or run: samepage clean"};
    }
    if (total <= (std::uint64_t{64} << 20))
        return {level::note, "memory", text + ": the default of containers", "docker run --shm-size=1g gives more"};
    return good("memory", text);
}

finding of_base_mode(const std::string& base) {
    struct stat found {};
    if (::stat(base.c_str(), &found) != 0) return {level::bad, "base directory", base + " is not there", "make it"};
    if ((found.st_mode & 02U) != 0 && (found.st_mode & S_ISVTX) == 0) {
        return {level::bad, "base directory",
                base + " is writable for everybody and not sticky: anybody can put another directory in a user's place",
                "run: chmod +t " + base};
    }
    return good("base directory", base);
}

finding of_scope(scope where, const char* subject) {
    const auto path = checked_directory(where, false);
    if (path) return good(subject, path->path);
    if (where == scope::global) {
        return {level::note, subject, "Global\\ names can't be used by this user", std::string(path.error().detail())};
    }
    if (path.error().code() == errc::not_found)
        return good(subject, directory_of(where).path + " will be made when it is needed");
    return {level::bad, subject, std::string(path.error().detail()), "have it removed or mended, or set SAMEPAGE_DIR"};
}

finding of_locks(const std::string& base) {
    const handle file(::open(base.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file) return {level::note, "locks", "not tried: " + base + " takes no unnamed file", {}};
    const auto locked = try_lock(file.get(), gate_byte, lock_mode::exclusive);
    if (locked && *locked) return good("locks", "open file description locks work in " + base);
    return {level::bad, "locks", "open file description locks do not work in " + base,
            "set SAMEPAGE_DIR to a local tmpfs"};
}

finding of_limits() {
    rlimit files{}, size{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || ::getrlimit(RLIMIT_FSIZE, &size) != 0)
        return {level::note, "limits", "not readable", {}};
    const std::string text = std::to_string(files.rlim_cur) + " open files (an object takes two)";
    if (size.rlim_cur != RLIM_INFINITY) {
        return {level::note, "limits", text + ", files of at most " + human_bytes(size.rlim_cur),
                "ulimit -f unlimited"};
    }
    if (files.rlim_cur < 256) return {level::note, "limits", text, "ulimit -n 1024"};
    return good("limits", text);
}

finding of_cgroup() {
    const auto room = cgroup_room();
    if (!room) return good("memory cgroup", "no limit is to be seen");
    if (*room < (std::uint64_t{64} << 20)) {
        return {level::note, "memory cgroup", human_bytes(*room) + " left; past that the kernel ends processes",
                "give the container more memory"};
    }
    return good("memory cgroup", human_bytes(*room) + " left");
}

}  // namespace

std::vector<finding> diagnose() {
    const std::string base = base_directory();
    utsname system{};
    ::uname(&system);
    return {good("system", std::string(system.sysname) + " " + system.release + " " + system.machine),
            of_base_mode(base),
            of_base(base),
            of_scope(scope::local, "Local\\ names"),
            of_scope(scope::global, "Global\\ names"),
            of_locks(base),
            of_limits(),
            of_cgroup()};
}

}  // namespace samepage::os
