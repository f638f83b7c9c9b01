// Reserving space with fallocate in pieces, so that full is an error and no signal undoes it all.
// SPDX-License-Identifier: MIT
#include "os/linux/space.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "os/linux/directory.hpp"
#include "os/linux/handle.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

constexpr const char* operation = "reserve space";
constexpr std::uint64_t piece_bytes = std::uint64_t{64} << 20;
constexpr std::uint64_t look_ahead_bytes = std::uint64_t{16} << 20;  // smaller ones fail cheaply by themselves

std::string first_line(const std::string& path) {
    const handle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 512> text{};
    const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
    std::string line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return line.substr(0, line.find('\n'));
}

std::optional<std::uint64_t> number_in(const std::string& path) {
    const std::string text = first_line(path);
    if (text.empty() || text[0] < '0' || text[0] > '9') return {};
    return std::strtoull(text.c_str(), nullptr, 10);
}

error full(int system_code, const std::string& path, std::uint64_t wanted) {
    const std::string where = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    std::string text = "no room for " + human_bytes(wanted) + " in " + where;
    struct statvfs room {};
    if (::statvfs(where.c_str(), &room) == 0) {
        text += " (" + human_bytes(room.f_blocks * std::uint64_t{room.f_frsize}) + ", " +
                human_bytes(room.f_bavail * std::uint64_t{room.f_frsize}) + " free)";
    }
    return error(errc::no_space, operation, text + "; make it larger or set SAMEPAGE_DIR", system_code);
}

// Outside the promise are filesystems that reserve nothing; a little is known ahead all the same.
result<void> look_ahead(const std::string& path, std::uint64_t wanted) {
    const std::string where = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    struct statvfs room {};
    if (::statvfs(where.c_str(), &room) == 0 && room.f_blocks != 0 &&
        room.f_bavail * std::uint64_t{room.f_frsize} < wanted) {
        return full(ENOSPC, path, wanted);
    }
    if (const auto left = cgroup_room(); left && *left < wanted) {
        return error(errc::no_space, operation,
                     "the memory cgroup has " + human_bytes(*left) + " left, " + human_bytes(wanted) +
                         " are wanted; give the container more memory");
    }
    return {};
}

// False: this filesystem reserves nothing: outside the promise, by name.
result<bool> fill(int descriptor, std::uint64_t from_bytes, std::uint64_t end_bytes, const std::string& path) {
    for (std::uint64_t at = from_bytes; at < end_bytes;) {
        const std::uint64_t piece = std::min(piece_bytes, end_bytes - at);
        if (::fallocate(descriptor, 0, static_cast<off_t>(at), static_cast<off_t>(piece)) == 0) {
            at += piece;
        } else if (errno == EOPNOTSUPP || errno == ENOSYS) {
            return false;
        } else if (errno == ENOSPC || errno == EDQUOT || errno == ENOMEM) {
            return full(errno, path, end_bytes - from_bytes);
        } else if (errno != EINTR) {
            return from_system(operation, errno);
        }
    }
    return true;
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
    static constexpr std::array<const char*, 5> units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) value /= 1024, ++unit;
    if (bytes == 1) return "1 byte";
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text.data();
}

std::optional<std::uint64_t> cgroup_room() {
    const std::string line = first_line("/proc/self/cgroup");  // "0::/path" where there is only version 2
    if (line.rfind("0::", 0) == 0) {
        const std::string at = "/sys/fs/cgroup" + line.substr(3);
        const auto limit = number_in(at + "/memory.max");
        const auto used = number_in(at + "/memory.current");
        if (limit && used) return *limit > *used ? *limit - *used : 0;
        return {};
    }
    const auto limit = number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    const auto used = number_in("/sys/fs/cgroup/memory/memory.usage_in_bytes");
    if (!limit || !used || *limit > (std::uint64_t{1} << 60)) return {};  // no limit is a huge number there
    return *limit > *used ? *limit - *used : 0;
}

result<void> reserve_space(int descriptor, std::uint64_t from_bytes, std::uint64_t size_bytes,
                           const std::string& path) {
    if (size_bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2)) {
        return error(errc::too_large, operation, "more than a file can hold");
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size_bytes > limit.rlim_cur) {
        // Past it the system would end this process by a signal.
        return error(errc::too_large, operation,
                     "this process may not make files larger than " + human_bytes(limit.rlim_cur) +
                         "; raise that limit (ulimit -f)");
    }
    if (size_bytes - from_bytes >= look_ahead_bytes) {
        if (auto room = look_ahead(path, size_bytes - from_bytes); !room) return room;
    }
    const auto reserved = fill(descriptor, from_bytes, size_bytes, path);
    if (!reserved) return reserved.error();
    if (!*reserved && ::ftruncate(descriptor, static_cast<off_t>(size_bytes)) != 0)
        return from_system(operation, errno);
    return {};
}

result<void> reserve_file(int descriptor, const struct stat& found, std::uint64_t size_bytes, const std::string& path) {
    const auto now_bytes = static_cast<std::uint64_t>(found.st_size);
    const bool has_holes = static_cast<std::uint64_t>(found.st_blocks) * 512 < now_bytes;
    if (!has_holes && size_bytes <= now_bytes) return {};
    return reserve_space(descriptor, has_holes ? 0 : now_bytes, std::max(size_bytes, now_bytes), path);
}

result<void> reserve_inside(int descriptor, std::uint64_t offset, std::uint64_t size_bytes, const std::string& path) {
    const auto reserved = fill(descriptor, offset, offset + size_bytes, path);
    if (!reserved) return reserved.error();
    return {};
}

result<void> punch_hole(int descriptor, std::uint64_t offset, std::uint64_t size_bytes) {
    for (;;) {
        if (::fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                        static_cast<off_t>(size_bytes)) == 0)
            return {};
        if (errno == EINTR) continue;
        if (errno == EOPNOTSUPP || errno == ENOSYS)
            return error(errc::not_supported, "give space back", "this filesystem can't");
        return from_system("give space back", errno);
    }
}

}  // namespace samepage::os
