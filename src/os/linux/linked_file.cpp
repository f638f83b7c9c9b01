// Names that lead to files: the entry's bytes, written once under the gate and never changed.
// SPDX-License-Identifier: MIT
//
// Layout of an entry, little-endian: "spgelink", version 1 as 32 bits, length of the path as 32 bits, device, inode and
// size of the region as 64 bits each, then the absolute path without a terminating zero.
#include "os/linux/linked_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "os/linux/locks.hpp"
#include "os/linux/space.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

constexpr const char* operation = "create a name for a file";
constexpr std::array<char, 8> link_magic = {'s', 'p', 'g', 'e', 'l', 'i', 'n', 'k'};

struct link_prefix {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t path_bytes;
    std::uint64_t device, inode, size_bytes;
};
static_assert(sizeof(link_prefix) == 40);

// The backing file, opened by us, and its absolute path.
result<std::string> open_backing(const acquire_request& request, handle& file) {
    const int flags = (request.access == access::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
    std::string path(request.backing_path);
    if (request.backing) path = "/proc/self/fd/" + std::to_string(*request.backing);
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real) {
        if (request.backing)
            return error(errc::not_supported, operation, "this descriptor has no path that others could open", errno);
        if (errno != ENOENT || request.size_bytes == 0) return from_system(operation, errno, path);
        file = handle(::open(path.c_str(), flags | O_CREAT, 0666));
        if (!file) return from_system(operation, errno, path);
        return open_backing(request, file);
    }
    file = handle(::open(real.get(), flags));
    if (!file) return from_system(operation, errno, real.get());
    struct stat found {
    }, given{};
    if (::fstat(file.get(), &found) != 0) return from_system(operation, errno);
    if (request.backing && (::fstat(static_cast<int>(*request.backing), &given) != 0 || given.st_ino != found.st_ino ||
                            given.st_dev != found.st_dev)) {
        return error(errc::not_supported, operation, "this descriptor has no path that others could open");
    }
    if (!S_ISREG(found.st_mode))
        return error(errc::invalid_argument, operation, std::string(real.get()) + " is not a file");
    return std::string(real.get());
}

}  // namespace

result<void> make_link(const acquire_request& request, held_object::state& s) {
    auto path = open_backing(request, s.backing);
    if (!path) return path.error();
    struct stat found {};
    if (::fstat(s.backing.get(), &found) != 0) return from_system(operation, errno);
    s.size_bytes = static_cast<std::uint64_t>(found.st_size);
    if (request.access == access::read_only) {
        if (request.size_bytes > s.size_bytes)
            return error(errc::invalid_argument, operation, "the file is smaller than that, and read-only");
    } else if (auto room = reserve_file(s.backing.get(), found, request.size_bytes, *path); !room) {
        return room;
    }
    if (request.size_bytes != 0) s.size_bytes = request.size_bytes;
    if (s.size_bytes == 0) return error(errc::invalid_argument, operation, "the file is empty: say a size");
    s.is_file = true;
    const link_prefix prefix{link_magic,
                             1,
                             static_cast<std::uint32_t>(path->size()),
                             static_cast<std::uint64_t>(found.st_dev),
                             static_cast<std::uint64_t>(found.st_ino),
                             s.size_bytes};
    std::string bytes(sizeof prefix, '\0');
    std::memcpy(bytes.data(), &prefix, sizeof prefix);
    bytes += *path;
    const ssize_t written = ::pwrite(s.file.get(), bytes.data(), bytes.size(), 0);
    if (written < 0) return from_system(operation, errno);
    if (static_cast<std::size_t>(written) != bytes.size()) return error(errc::no_space, operation);
    return {};
}

result<std::optional<file_link>> read_link(int descriptor) {
    link_prefix prefix{};
    const ssize_t got = ::pread(descriptor, &prefix, sizeof prefix, 0);
    if (got < 0) return from_system("open", errno);
    if (got != static_cast<ssize_t>(sizeof prefix) || prefix.magic != link_magic) return std::optional<file_link>();
    file_link link;
    link.path.resize(std::min<std::size_t>(prefix.path_bytes, PATH_MAX));
    const ssize_t path_got = ::pread(descriptor, link.path.data(), link.path.size(), sizeof prefix);
    if (prefix.version != 1 || path_got != static_cast<ssize_t>(prefix.path_bytes)) {
        return error(errc::corrupt, "open", "the name leads to a file, but its entry is damaged; make it anew");
    }
    link.device = prefix.device;
    link.inode = prefix.inode;
    link.size_bytes = prefix.size_bytes;
    return std::optional(std::move(link));
}

result<void> follow(const file_link& link, samepage::access wanted, held_object::state& s) {
    s.backing =
        handle(::open(link.path.c_str(), (wanted == access::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK));
    if (!s.backing) return from_system("open", errno, "the name leads to " + link.path);
    struct stat found {};
    if (::fstat(s.backing.get(), &found) != 0) return from_system("open", errno);
    if (static_cast<std::uint64_t>(found.st_ino) != link.inode ||
        static_cast<std::uint64_t>(found.st_dev) != link.device) {
        return error(errc::lost_name, "open", "the name leads to " + link.path + ", where another file is now");
    }
    if (!S_ISREG(found.st_mode)) return error(errc::corrupt, "open", "the name leads to " + link.path + ", no file");
    s.size_bytes = std::min(link.size_bytes, static_cast<std::uint64_t>(found.st_size));
    s.is_file = true;
    return wanted == access::read_only ? result<void>() : reserve_file(s.backing.get(), found, 0, link.path);
}

}  // namespace samepage::os
