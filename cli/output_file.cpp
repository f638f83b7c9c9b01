// Writing a file beside its place, then putting it there.
// SPDX-License-Identifier: MIT
#include "output_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "failure.hpp"
#include "output.hpp"

namespace samepage::cli {

namespace fs = std::filesystem;

output_file::output_file(const std::string& path, bool replace) : path_(path) {
    if (path == "-") return;
    wanted_ = fs::path(std::u8string(path.begin(), path.end()));
    std::error_code ignored;
    const fs::file_status there = fs::status(wanted_, ignored);
    const bool is_file = fs::is_regular_file(there);
    if (fs::is_directory(there)) fail("it is a directory");
    if (is_file && !replace)
        throw failure(status_conflict, "already_exists",
                      fmt::format("already_exists: there is a file {}; --force replaces it", path));
    written_ = wanted_;
    if (is_file || !fs::exists(there)) written_ += ".part";
    file_.open(written_, std::ios::binary | std::ios::trunc);
    if (!file_) fail(std::strerror(errno));
}

output_file::~output_file() {
    if (written_ == wanted_) return;
    file_.close();
    std::error_code ignored;
    fs::remove(written_, ignored);
}

void output_file::write(std::string_view bytes) {
    if (wanted_.empty()) {
        print(bytes);
    } else if (!file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
        fail(std::strerror(errno));
    }
}

void output_file::finish() {
    if (wanted_.empty()) {
        flush_output();
        return;
    }
    file_.close();
    if (!file_) fail(std::strerror(errno));
    std::error_code why;
    if (written_ != wanted_) fs::rename(written_, wanted_, why);
    if (why) fail(why.message());
    written_ = wanted_;
}

void output_file::fail(const std::string& why) const {
    throw failure(status_error, "system", fmt::format("system: cannot write {}: {}", path_, why));
}

}  // namespace samepage::cli
