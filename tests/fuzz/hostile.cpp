// Writing hostile bytes, and mending them.
// SPDX-License-Identifier: MIT
#include "hostile.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "shared/header.hpp"

namespace hostile {

victim::victim(const std::string& path) : file_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    require(file_ >= 0, "the object's file can't be opened");
    good_.resize(std::filesystem::file_size(path));
    require(pread(file_, good_.data(), good_.size(), 0) == static_cast<ssize_t>(good_.size()), "can't be read");
}

void victim::patch(input bytes, std::span<const std::uint64_t> spots) {
    std::vector<std::uint8_t> all = good_;
    for (std::size_t at = 1; at + 3 < bytes.size();) {
        const std::uint64_t spot = spots[bytes[at] % spots.size()] + bytes[at + 1];
        const std::size_t count = std::min<std::size_t>(bytes[at + 2] % 17, bytes.size() - at - 3);
        for (std::size_t i = 0; i < count && spot + i < all.size(); ++i) all[spot + i] = bytes[at + 3 + i];
        at += 3 + count;
    }
    if (!bytes.empty() && (bytes[0] & 1) != 0) {
        const std::size_t check_at = offsetof(samepage::shared::object_header, check);
        const std::uint64_t check = samepage::shared::fnv1a(all.data(), check_at);
        std::memcpy(all.data() + check_at, &check, sizeof check);
    }
    require(pwrite(file_, all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()), "can't be written");
}

std::string scratch_path() {
    struct directory {
        std::string path =
            std::string(std::getenv("SAMEPAGE_FUZZ_DIR") ? std::getenv("SAMEPAGE_FUZZ_DIR") : "/dev/shm") +
            "/samepage-fuzz-XXXXXX";
        directory() { require(mkdtemp(path.data()) != nullptr, "no scratch directory"); }
        ~directory() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
    };
    static const directory own;
    static int count = 0;
    return own.path + "/" + std::to_string(++count);
}

void require(bool promise, const char* what) {
    if (promise) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

void require_explained(const samepage::error& why) {
    using samepage::errc;
    switch (why.code()) {
        case errc::corrupt:
        case errc::wrong_kind:
        case errc::wrong_version:
        case errc::timed_out:
        case errc::empty:
        case errc::busy:
        case errc::too_large:
        case errc::conflict:
        case errc::full:
        case errc::torn:
        case errc::failed:
        case errc::denied:  // a live process's identity where the sole writer's stands
        case errc::not_owner: return;
        default: require(false, why.message().c_str());
    }
}

}  // namespace hostile
