// Takes and puts images of directories.
// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string_view>

namespace crash {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void give_up(const char* what, const std::string& name) {
    std::perror((std::string(what) + " " + name).c_str());
    std::abort();
}

std::string bytes_of(const std::string& path, std::size_t size) {
    std::string bytes(size, '\0');
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) give_up("open", path);
    for (std::size_t done = 0; done < size;) {
        const ssize_t n = pread(file, bytes.data() + done, size - done, static_cast<off_t>(done));
        if (n < 0) give_up("read", path);
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    close(file);
    return bytes;
}

void make_file(const std::string& path, const image::entry& from) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) give_up("make", path);
    for (std::size_t done = 0; done < from.bytes.size();) {
        const ssize_t n = write(file, from.bytes.data() + done, from.bytes.size() - done);
        if (n <= 0) give_up("write", path);
        done += static_cast<std::size_t>(n);
    }
    // The mode last: writing to a file clears some of its bits, and a mode may be a message (the sticky bit).
    if (fchmod(file, from.mode & 07777) != 0) give_up("chmod", path);
    close(file);
}

}  // namespace

std::uint64_t image::hash() const {
    std::uint64_t sum = 0;
    const auto add = [&sum](std::uint64_t part) { sum = (sum ^ part) * 0x9e3779b97f4a7c15u + (sum >> 29); };
    for (const entry& e : entries) {
        add(std::hash<std::string_view>()(e.name));
        add(e.mode);
        add(e.bytes.size());
        add(std::hash<std::string_view>()(e.bytes));
    }
    return sum;
}

std::string image::listing() const {
    std::string text;
    for (const entry& e : entries) {
        text += text.empty() ? "" : " ";
        text += e.name + (S_ISDIR(e.mode) ? "/" : "(" + std::to_string(e.bytes.size()) + ")");
    }
    return text;
}

image take_image(const std::string& directory) {
    image all;
    for (const fs::directory_entry& found : fs::recursive_directory_iterator(directory)) {
        struct stat status {};
        if (lstat(found.path().c_str(), &status) != 0) give_up("stat", found.path());
        image::entry e;
        e.name = found.path().string().substr(directory.size() + 1);
        e.mode = status.st_mode;
        if (S_ISREG(status.st_mode)) e.bytes = bytes_of(found.path(), static_cast<std::size_t>(status.st_size));
        all.entries.push_back(std::move(e));
    }
    std::sort(all.entries.begin(), all.entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

void put_image(const image& what, const std::string& directory) {
    for (const fs::directory_entry& old : fs::directory_iterator(directory)) fs::remove_all(old.path());
    for (const image::entry& e : what.entries) {
        const std::string path = directory + "/" + e.name;
        if (S_ISREG(e.mode)) {
            make_file(path, e);
        } else if (S_ISDIR(e.mode)) {
            if (mkdir(path.c_str(), e.mode & 07777) != 0) give_up("mkdir", path);
        } else if (mkfifo(path.c_str(), e.mode & 07777) != 0) {
            give_up("mkfifo", path);
        }
    }
}

scratch_directory::scratch_directory() {
    const char* base = std::getenv("SAMEPAGE_CRASH_DIR");
    path_ = std::string(base ? base : "/dev/shm") + "/samepage-crash-XXXXXX";
    if (!mkdtemp(path_.data())) give_up("mkdtemp", path_);
}

scratch_directory::~scratch_directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

}  // namespace crash
