// A test run's own directory on Linux: in /dev/shm, and SAMEPAGE_DIR for this process and its children.
// SPDX-License-Identifier: MIT
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "scratch.hpp"

namespace scratch {

namespace fs = std::filesystem;

namespace {

std::string own;

}  // namespace

directory::directory() {
    ::signal(SIGPIPE, SIG_IGN);  // writing to a killed role is an error, not the end of the tests
    std::string name = fs::exists("/dev/shm") ? "/dev/shm/samepage-test-XXXXXX" : "/tmp/samepage-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        std::perror(name.c_str());
        std::abort();
    }
    own = name;
    fs::create_directory(own + "/names");
    fs::create_directory(own + "/files");
    ::setenv("SAMEPAGE_DIR", (own + "/names").c_str(), 1);
}

directory::~directory() {
    std::error_code ignored;  // what another user's process left stays; the tests have said so
    fs::remove_all(own, ignored);
}

std::string path() { return own + "/files"; }
std::string file(const std::string& word) { return path() + "/" + word; }

std::vector<std::string> left_names() {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(own + "/names")) {
        if (!entry.is_directory()) found.push_back(entry.path().string());
    }
    return found;
}

std::uint64_t size_seen(std::uint64_t size_bytes) { return size_bytes; }

const bool gives_back = true;

}  // namespace scratch
