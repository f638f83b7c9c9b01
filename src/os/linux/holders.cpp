// Reading /proc for who holds which lock.
// SPDX-License-Identifier: MIT
#include "os/linux/holders.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "os/linux/handle.hpp"
#include "os/linux/locks.hpp"

namespace samepage::os {

namespace {

using directory = std::unique_ptr<DIR, int (*)(DIR*)>;

directory open_directory(const std::string& path) { return {::opendir(path.c_str()), &::closedir}; }

// The whole of a small file of /proc; empty when it can't be read.
std::string contents(const std::string& path) {
    const handle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    char piece[4096];
    for (;;) {
        const ssize_t got = file ? ::read(file.get(), piece, sizeof piece) : 0;
        if (got <= 0) return text;
        text.append(piece, static_cast<std::size_t>(got));
    }
}

// "1: OFDLCK ADVISORY  READ -1 00:1b:4711 4611686018427387905 4611686018427387905", in /proc/locks and in fdinfo.
std::optional<seen_lock> parse_lock(const char* line) {
    unsigned major = 0, minor = 0;
    unsigned long long inode = 0, start = 0;
    if (std::sscanf(line, "%*s OFDLCK %*s %*s %*s %x:%x:%llu %llu", &major, &minor, &inode, &start) != 4) return {};
    if (start < static_cast<unsigned long long>(gate_byte)) return {};
    return seen_lock{{inode, major, minor}, static_cast<std::int64_t>(start), 0};
}

template <class F>
void each_line(const std::string& text, F&& use) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        use(text.substr(at, end - at));
        at = end + 1;
    }
}

void look_at_process(const std::string& process, std::vector<seen_lock>& into) {
    const std::string path = "/proc/" + process + "/fdinfo";
    const directory descriptors = open_directory(path);
    if (!descriptors) return;
    while (const dirent* entry = ::readdir(descriptors.get())) {
        if (entry->d_name[0] == '.') continue;
        each_line(contents(path + "/" + entry->d_name), [&](const std::string& line) {
            if (line.rfind("lock:", 0) != 0) return;
            if (auto lock = parse_lock(line.c_str() + 5)) {
                lock->process = static_cast<std::uint32_t>(std::strtoul(process.c_str(), nullptr, 10));
                into.push_back(*lock);
            }
        });
    }
}

std::vector<seen_lock> everybodys_locks() {
    std::vector<seen_lock> found;
    each_line(contents("/proc/locks"), [&](const std::string& line) {
        if (const auto lock = parse_lock(line.c_str())) found.push_back(*lock);
    });
    return found;
}

}  // namespace

seen_locks look_at_locks() {
    seen_locks seen;
    seen.before = everybodys_locks();
    if (const directory processes = open_directory("/proc")) {
        while (const dirent* entry = ::readdir(processes.get())) {
            if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') look_at_process(entry->d_name, seen.locks);
        }
    }
    seen.after = everybodys_locks();
    return seen;
}

std::vector<holder> seen_locks::holders_of(const locked_file& file, std::int64_t byte) const {
    std::vector<std::uint32_t> processes;
    for (const seen_lock& lock : locks) {
        if (lock.file == file && lock.byte == byte) processes.push_back(lock.process);
    }
    std::sort(processes.begin(), processes.end());
    processes.erase(std::unique(processes.begin(), processes.end()), processes.end());
    std::vector<holder> result;
    for (const std::uint32_t process : processes) {
        std::string command = contents("/proc/" + std::to_string(process) + "/comm");
        if (!command.empty() && command.back() == '\n') command.pop_back();
        result.push_back({process, command});
    }
    return result;
}

bool seen_locks::complete(const locked_file& file, std::int64_t byte) const {
    const auto here = [&](const seen_lock& lock) { return lock.file == file && lock.byte == byte; };
    const auto count = [&](const std::vector<seen_lock>& seen) {
        return std::count_if(seen.begin(), seen.end(), here);
    };
    // Twice, because /proc/locks is read in pieces: a line stands in both of two pieces when another lock came between,
    // and a lock may have gone before its process was looked at.
    return count(locks) >= std::min(count(before), count(after));
}

locked_file file_of(int descriptor) {
    struct stat found {};
    if (::fstat(descriptor, &found) != 0) return {};
    return {static_cast<std::uint64_t>(found.st_ino), major(found.st_dev), minor(found.st_dev)};
}

std::uint32_t locker(int descriptor, std::int64_t byte) {
    const locked_file file = file_of(descriptor);
    for (const seen_lock& lock : look_at_locks().locks) {
        if (lock.file == file && lock.byte == byte) return lock.process;
    }
    return 0;
}

}  // namespace samepage::os
