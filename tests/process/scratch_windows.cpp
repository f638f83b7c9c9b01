// A test run's own directory on Windows: for files only, since the kernel keeps the names.
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <filesystem>

#include "runner.hpp"
#include "scratch.hpp"

namespace scratch {

namespace fs = std::filesystem;

namespace {

std::string own;

}  // namespace

directory::directory() {
    own = (fs::temp_directory_path() / runner::fresh_name("samepage-test")).string();
    fs::create_directory(own);
}

directory::~directory() {
    std::error_code ignored;  // a file that a killed process's system still closes
    fs::remove_all(own, ignored);
}

std::string path() { return own; }
std::string file(const std::string& word) { return own + "\\" + word; }
std::vector<std::string> left_names() { return {}; }

std::uint64_t size_seen(std::uint64_t size_bytes) { return (size_bytes + 4095) / 4096 * 4096; }

const bool gives_back = false;

}  // namespace scratch
