// Watches files and their directory, and makes up what may have reached the disk.
// SPDX-License-Identifier: MIT
#include "disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <utility>

namespace disk {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t page = 4096;
using page_bytes = std::string;
using listing = std::map<std::string, ino_t>;

struct file {
    std::vector<std::vector<page_bytes>> pages;  // for each: as it was flushed, then each other that was seen since
    std::vector<std::size_t> sizes;              // the same
};

struct watched {
    std::string directory;
    dev_t device = 0;
    ino_t number = 0;  // the directory's
    std::function<void()> at_each_sight;
    std::map<ino_t, file> files;
    std::vector<listing> listings;  // as it was flushed, then each other that was seen since
    bool is_on = false, has_changed = false;
};
watched now;

bytes content(const std::string& path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    bytes all(static_cast<std::size_t>(in.tellg()));
    in.seekg(0);
    in.read(all.data(), static_cast<std::streamsize>(all.size()));
    return all;
}

template <class T>
void add_new(std::vector<T>& to, const T& seen) {
    if (std::find(to.begin(), to.end(), seen) != to.end()) return;
    to.push_back(seen);
    now.has_changed = true;
}

// A page of a content, with zeros behind its end.
page_bytes page_of(const bytes& all, std::size_t index) {
    page_bytes one(page, '\0');
    const std::size_t from = index * page;
    if (from < all.size())
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(from), std::min(page, all.size() - from), one.begin());
    return one;
}

void see(file& f, const bytes& all) {
    add_new(f.sizes, all.size());
    const std::size_t count = std::max(f.pages.size(), (all.size() + page - 1) / page);
    f.pages.resize(count, {page_bytes(page, '\0')});
    for (std::size_t i = 0; i < count; ++i) add_new(f.pages[i], page_of(all, i));
}

void flushed(file& f, const bytes& all) {
    f = file{};
    f.sizes = {all.size()};
    for (std::size_t i = 0; i * page < all.size(); ++i) f.pages.push_back({page_of(all, i)});
}

listing list() {
    listing there;
    for (const auto& entry : fs::directory_iterator(now.directory)) {
        struct stat found {};
        if (::stat(entry.path().c_str(), &found) == 0) there[entry.path().filename()] = found.st_ino;
    }
    return there;
}

void see_all() {
    const listing there = list();
    for (const auto& [name, number] : there) {
        file& f = now.files[number];
        if (f.sizes.empty()) f.sizes = {0};  // new: nothing of it is on the disk
        see(f, content(now.directory + "/" + name));
    }
    add_new(now.listings, there);
}

// Judges, too, if there is something new, or it has to.
void look_closely(bool always) {
    if (!now.is_on) return;
    now.is_on = false;
    see_all();
    if (std::exchange(now.has_changed, false) || always) now.at_each_sight();
    now.is_on = true;
}

// Around one of the calls: `done` is called after it, when it went well.
template <class Call, class Done>
int around(Call&& call, Done&& done) {
    if (!now.is_on) return call();
    look_closely(false);
    const int result = call();
    const int why = errno;
    if (result == 0) done();
    look_closely(result == 0);
    errno = why;
    return result;
}

// What is flushed, too, is the file's length, without which its bytes couldn't be read.
int around_flush(int (*call)(int), int descriptor) {
    struct stat found {};
    if (::fstat(descriptor, &found) != 0 || found.st_dev != now.device) return call(descriptor);
    return around([&] { return call(descriptor); },
                  [&] {
                      if (found.st_ino == now.number) now.listings = {list()};
                      for (const auto& [name, number] : list()) {
                          if (number == found.st_ino) flushed(now.files[number], content(now.directory + "/" + name));
                      }
                  });
}

}  // namespace

void watch(const std::string& directory, std::function<void()> at_each_sight) {
    now = watched{};
    now.directory = directory;
    struct stat found {};
    if (::stat(directory.c_str(), &found) != 0) throw std::runtime_error("no such directory: " + directory);
    now.device = found.st_dev;
    now.number = found.st_ino;
    now.at_each_sight = std::move(at_each_sight);
    now.listings = {list()};
    for (const auto& [name, number] : now.listings.front()) flushed(now.files[number], content(directory + "/" + name));
    now.is_on = true;
}

void unwatch() { now.is_on = false; }

void look() { look_closely(true); }

void possibility::write_to(const std::string& directory) const {
    for (const auto& [name, content] : files_) {
        std::ofstream out(directory + "/" + name, std::ios::binary);
        out.write(content.data(), static_cast<std::streamsize>(content.size()));
        if (!out) throw std::runtime_error("can't write " + directory + "/" + name);
    }
}

// One choice for the listing, then one for each size and each page of the files in it.
std::vector<possibility> possibilities(unsigned most, std::mt19937& random) {
    std::vector<possibility> all;
    for (const listing& names : now.listings) {
        std::vector<const std::vector<page_bytes>*> pages;
        std::vector<std::pair<ino_t, std::size_t>> open;  // (file, page or the size) of which there are several
        double count = 1;
        for (const auto& [name, number] : names) {
            const file& f = now.files[number];
            const auto add = [&, of = number](std::size_t index, std::size_t choices) {
                if (choices > 1) open.emplace_back(of, index);
                count *= static_cast<double>(choices);
            };
            add(SIZE_MAX, f.sizes.size());
            for (std::size_t i = 0; i < f.pages.size(); ++i) add(i, f.pages[i].size());
        }
        const auto choices_of = [&](const std::pair<ino_t, std::size_t>& one) {
            const file& f = now.files[one.first];
            return one.second == SIZE_MAX ? f.sizes.size() : f.pages[one.second].size();
        };
        const auto share = static_cast<double>(most) / static_cast<double>(now.listings.size());
        const bool is_each = count <= std::max(share, 2.0);
        const auto tries = static_cast<std::uint64_t>(is_each ? count : std::max(share, 3.0));
        for (std::uint64_t i = 0; i < tries; ++i) {
            std::map<std::pair<ino_t, std::size_t>, std::size_t> chosen;
            std::uint64_t rest = i;
            for (const auto& one : open) {
                const std::size_t choices = choices_of(one);
                if (is_each) {
                    chosen[one] = rest % choices;
                    rest /= choices;
                } else {
                    chosen[one] = i == 0 ? 0 : i == 1 ? choices - 1 : random() % choices;
                }
            }
            possibility p;
            for (const auto& [name, number] : names) {
                const file& f = now.files[number];
                const auto pick = [&, n = number](std::size_t index) {
                    const auto found = chosen.find({n, index});
                    return found == chosen.end() ? 0 : found->second;
                };
                bytes content;
                for (std::size_t at = 0; at < f.pages.size(); ++at) {
                    const page_bytes& one = f.pages[at][pick(at)];
                    content.insert(content.end(), one.begin(), one.end());
                }
                content.resize(f.sizes[pick(SIZE_MAX)]);
                p.files_[name] = std::move(content);
            }
            all.push_back(std::move(p));
        }
    }
    return all;
}

}  // namespace disk

// The linker's names: __wrap_X is called for X, __real_X is X itself.
extern "C" {

int __real_fsync(int);
int __wrap_fsync(int descriptor) { return disk::around_flush(__real_fsync, descriptor); }

int __real_fdatasync(int);
int __wrap_fdatasync(int descriptor) { return disk::around_flush(__real_fdatasync, descriptor); }

int __real_rename(const char*, const char*);
int __wrap_rename(const char* from, const char* to) {
    return disk::around([&] { return __real_rename(from, to); }, [] {});
}

int __real_unlink(const char*);
int __wrap_unlink(const char* path) {
    return disk::around([&] { return __real_unlink(path); }, [] {});
}

}  // extern "C"
