// Listing names, finding holders, freeing leftovers.
// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>

#include "os/format.hpp"
#include "os/linux/directory.hpp"
#include "os/linux/held_state.hpp"
#include "os/linux/holders.hpp"
#include "os/linux/linked_file.hpp"
#include "os/linux/locks.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

constexpr unsigned patient_tries = 50;

// What a look at a file of the names' directory found.
struct looked_at {
    enum class what : std::uint8_t { nothing, live, freed } found = what::nothing;
    handle file;
    struct stat status {};
    std::uint64_t freed_bytes = 0;
    bool unseen = false;  // for want of descriptors or memory
};

// Frees the file if nobody holds it. The proof is that of create (held_object.cpp, L2): gate, then life, exclusively.
// A gate that isn't free belongs to somebody who is creating or closing: then it is live enough. `tries`, some 100 us
// each: for that to be over, so that what is being made is not taken for something else.
looked_at look(const std::string& path, unsigned tries = 1) {
    looked_at result;
    result.file = handle(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    result.unseen = !result.file && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
    if (!result.file) return result;
    const int file = result.file.get();
    auto gate = try_lock(file, gate_byte, lock_mode::exclusive);
    for (; gate && !*gate && tries > 1; --tries) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
        gate = try_lock(file, gate_byte, lock_mode::exclusive);
    }
    if (::fstat(file, &result.status) != 0 || !S_ISREG(result.status.st_mode) || result.status.st_nlink == 0 || !gate)
        return result;
    result.found = looked_at::what::live;
    if (!*gate) return result;
    const auto alone = try_lock(file, life_byte, lock_mode::exclusive);
    // Looked at again under the lock: its last holder may have unlinked it since, and another file may have its name.
    if (alone && *alone && (::fstat(file, &result.status) != 0 || result.status.st_nlink == 0)) {
        result.found = looked_at::what::nothing;
    } else if (alone && *alone && leads_to(path, result.status) && ::unlink(path.c_str()) == 0) {
        result.found = looked_at::what::freed;
        result.freed_bytes = static_cast<std::uint64_t>(result.status.st_blocks) * 512;
    }
    unlock(file, gate_byte);
    return result;
}

result<std::vector<std::string>> names_in(const std::string& directory) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), &::closedir);
    if (!open) return from_system("list", errno, directory);
    errno = 0;
    while (const dirent* entry = ::readdir(open.get())) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return from_system("list", errno, directory);
    std::sort(names.begin(), names.end());
    return names;
}

catalog_entry describe(place where, const std::string& path, int file, const struct stat& status) {
    catalog_entry entry;
    entry.place = std::move(where);
    entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
    entry.location = path;
    if (!entry.place.is_path() && !has_structured_mark(status)) return entry;
    structured_prefix prefix{};
    if (::pread(file, &prefix, sizeof prefix, 0) == static_cast<ssize_t>(sizeof prefix) &&
        prefix.magic == structured_magic) {
        entry.kind = static_cast<kind>(prefix.kind);
    } else if (const auto link = read_link(file); link && *link) {
        entry.size_bytes = (*link)->size_bytes;
        entry.location = (*link)->path;
    } else if (!entry.place.is_path()) {
        entry.kind = kind::unknown;  // marked as having a header (or just being made)
    }
    return entry;
}

void add_holders(catalog_entry& entry, const seen_locks& seen, int file) {
    entry.holders = seen.holders_of(file_of(file), life_byte);
    entry.holders_complete = seen.complete(file_of(file), life_byte);
}

// The next file name of the directory in turn, by a position that one process keeps for each scope.
std::string next_in_turn(int directory, std::int64_t& position) {
    alignas(8) std::array<char, 512> buffer{};
    for (int round = 0; round < 2; ++round) {
        ::lseek(directory, static_cast<off_t>(position), SEEK_SET);
        const long got = ::syscall(SYS_getdents64, directory, buffer.data(), buffer.size());
        for (long at = 0; at < got;) {
            // struct linux_dirent64: inode and position as 64 bits, record length as 16, type as 8, then the name.
            std::uint16_t length = 0;
            std::memcpy(&position, buffer.data() + at + 8, sizeof position);
            std::memcpy(&length, buffer.data() + at + 16, sizeof length);
            const std::string name = buffer.data() + at + 19;
            if (name != "." && name != "..") return name;
            at += length;
        }
        if (got <= 0) position = 0;
    }
    return {};
}

}  // namespace

void sweep_one(scope where) {
    static std::mutex mutex;
    static std::int64_t positions[2] = {0, 0};
    static std::int64_t last_ms = -1000;
    // A thread that finds another one sweeping, or a fork in between, just doesn't.
    const std::unique_lock guard(mutex, std::try_to_lock);
    if (!guard) return;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    const std::int64_t now_ms = std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
    if (now_ms - last_ms < 10) return;
    last_ms = now_ms;
    const std::string path = directory_of(where).path;
    const handle directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!directory) return;
    const std::string name = next_in_turn(directory.get(), positions[where == scope::global ? 1 : 0]);
    if (!name.empty()) look(path + "/" + name);
}

std::uint64_t sweep_all(scope where) {
    std::uint64_t freed_bytes = 0;
    const std::string path = directory_of(where).path;
    const auto names = names_in(path);
    if (!names) return 0;
    for (const std::string& name : *names) freed_bytes += look(path + "/" + name).freed_bytes;
    return freed_bytes;
}

result<catalog> list(scope where, bool with_holders) {
    if (where == scope::path) return error(errc::invalid_argument, "list", "only names can be listed");
    const no_fork still;
    catalog found;
    auto path = checked_directory(where, false);
    if (!path) {
        if (path.error().code() == errc::not_found) return found;
        return path.error();
    }
    const auto names = names_in(path->path);
    if (!names) return names.error();
    const seen_locks seen = with_holders ? look_at_locks() : seen_locks();
    for (const std::string& name : *names) {
        const std::string file_path = path->path + "/" + name;
        const looked_at file = look(file_path, patient_tries);
        if (file.found == looked_at::what::freed) {
            ++found.freed_entries;
            found.freed_bytes += file.freed_bytes;
        }
        if (file.unseen) {
            found.complete = false;
            found.why = "this process has no descriptors left to look at every name";
        }
        if (file.found != looked_at::what::live) continue;
        place at;
        at.scope = where;
        at.name = name;
        catalog_entry entry = describe(std::move(at), file_path, file.file.get(), file.status);
        if (with_holders) add_holders(entry, seen, file.file.get());
        found.entries.push_back(std::move(entry));
    }
    return found;
}

result<catalog_entry> look_up(const place& where) {
    if (where.is_path()) {
        const handle file(::open(where.name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        struct stat status {};
        if (!file && errno == ENOENT) {
            return error(errc::not_found, "look up",
                         "there is no file " + where.name + " (" + place_searched(where) + ")");
        }
        if (!file || ::fstat(file.get(), &status) != 0) return from_system("look up", errno, where.name);
        if (!S_ISREG(status.st_mode)) return error(errc::invalid_argument, "look up", where.name + " is not a file");
        catalog_entry entry = describe(where, where.name, file.get(), status);
        add_holders(entry, look_at_locks(), file.get());
        return entry;
    }
    const no_fork still;
    const error nobody(errc::not_found, "look up", "nobody holds " + where.text() + " (" + place_searched(where) + ")");
    auto directory = checked_directory(where.scope, false);
    if (!directory) {
        if (directory.error().code() == errc::not_found) return nobody;
        return directory.error();
    }
    const std::string path = directory->path + "/" + where.name;
    const looked_at file = look(path, patient_tries);
    if (!file.file && errno != ENOENT) return from_system("look up", errno, path);
    if (file.found != looked_at::what::live) return nobody;
    catalog_entry entry = describe(where, path, file.file.get(), file.status);
    add_holders(entry, look_at_locks(), file.file.get());
    return entry;
}

}  // namespace samepage::os
