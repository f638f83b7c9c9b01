// What survives a power failure: flushing an object's file, and files that are put in place whole.
// SPDX-License-Identifier: MIT
//
// A file is on the disk with fdatasync, which leaves out only when it was changed: so the filesystem's journal need not
// be written as well. Its name is when its directory is, with fsync. rename(2) gives a name from one file to another in
// one step, which is on the disk as a whole or not at all.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <utility>

#include "os/linux/held_state.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

namespace {

constexpr const char* flushing = "flush";
constexpr const char* writing = "write a file";

std::string directory_part(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

result<void> flush_directory(const std::string& path) {
    const handle directory(::open(directory_part(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory && ::fsync(directory.get()) == 0) return {};
    // EINVAL: this filesystem has directories that are never only in memory.
    if (directory && errno == EINVAL) return {};
    return from_system(flushing, errno, directory_part(path));
}

}  // namespace

result<std::string> held_object::file_path() const {
    if (!state_ || !state_->is_file) return error(errc::not_supported, "look for a file", "it has no path");
    std::array<char, PATH_MAX + 1> text{};
    std::array<char, 64> self{};
    std::snprintf(self.data(), self.size(), "/proc/self/fd/%d", state_->mapped().get());
    const ssize_t length = ::readlink(self.data(), text.data(), text.size());
    if (length < 0) return from_system("look for a file", errno, self.data());
    std::string path(text.data(), static_cast<std::size_t>(length));
    struct stat held {};
    if (::fstat(state_->mapped().get(), &held) != 0) return from_system("look for a file", errno, state_->path);
    if (leads_to(path, held)) return path;
    if (errno != ENOENT && errno != ENOTDIR && errno != 0) return from_system("look for a file", errno, path);
    return error(errc::lost_name, "look for a file", "somebody removed " + state_->path + "; create it anew");
}

result<void> held_object::flush() const {
    if (!state_) return error(errc::closed, flushing);
    if (::fdatasync(state_->mapped().get()) != 0) return from_system(flushing, errno, state_->path);
    return {};
}

result<void> held_object::flush_name() const {
    const auto path = file_path();
    if (!path && path.error().code() == errc::lost_name) return {};  // there is no name that could be on the disk
    if (!path) return path.error();
    return flush_directory(*path);
}

result<std::uint64_t> boot() {
    static std::atomic<std::uint64_t> known{0};
    if (const std::uint64_t seen = known.load(); seen != 0) return seen;
    constexpr const char* path = "/proc/sys/kernel/random/boot_id";
    const handle file(::open(path, O_RDONLY | O_CLOEXEC));
    std::array<char, 64> text{};
    const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : -1;
    if (length < 36) return from_system("ask which boot this is", length < 0 ? errno : ENOENT, path);
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
    for (std::size_t i = 0; i < 36; ++i) hash = (hash ^ static_cast<unsigned char>(text[i])) * 0x100000001b3U;
    hash = (hash | std::uint64_t{1} << 63) & ~std::uint64_t{1};
    known.store(hash);
    return hash;
}

struct new_file::state {
    handle file;
    std::string path;
    bool is_in_place = false;

    ~state() {
        if (file && !is_in_place) ::unlink(half_made(path).c_str());
    }
};

new_file::new_file(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
new_file::new_file(new_file&&) noexcept = default;
new_file& new_file::operator=(new_file&&) noexcept = default;
new_file::~new_file() = default;

result<new_file> new_file::make(const std::string& path, const held_object& like) {
    struct stat theirs {};
    if (::fstat(static_cast<int>(like.native()), &theirs) != 0) return from_system(writing, errno, path);
    auto made = std::make_unique<state>();
    made->path = path;
    const std::string name = half_made(path);
    if (::unlink(name.c_str()) != 0 && errno != ENOENT) return from_system(writing, errno, name);
    made->file = handle(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made->file) return from_system(writing, errno, name);
    // Whoever may read the object may read this, and nobody else; where the group can't be given, nobody of it.
    const bool same_group = ::fchown(made->file.get(), static_cast<uid_t>(-1), theirs.st_gid) == 0;
    const mode_t rights = theirs.st_mode & (same_group ? 0666U : 0606U);
    if (::fchmod(made->file.get(), rights) != 0) return from_system(writing, errno, name);
    return new_file(std::move(made));
}

result<void> new_file::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(state_->file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return from_system(writing, errno, half_made(state_->path));
        offset += static_cast<std::uint64_t>(done);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
}

result<void> new_file::put_in_place() {
    const std::string name = half_made(state_->path);
    if (::fsync(state_->file.get()) != 0) return from_system(flushing, errno, name);
    if (::rename(name.c_str(), state_->path.c_str()) != 0) return from_system(writing, errno, state_->path);
    state_->is_in_place = true;
    return flush_directory(state_->path);
}

}  // namespace samepage::os
