// output_file: what a command writes to standard output, or to a file that is whole when it is there.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace samepage::cli {

// Until finish(), a file's bytes are in a file beside it, FILE.part, which goes with this object. Devices and pipes are
// written as they are.
class output_file {
   public:
    // "-": standard output. Throws failure: already_exists where there is such a file, unless `replace`.
    output_file(const std::string& path, bool replace);
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;
    ~output_file();

    void write(std::string_view bytes);  // throws failure
    void finish();                       // throws failure

   private:
    [[noreturn]] void fail(const std::string& why) const;

    std::string path_;
    std::filesystem::path wanted_, written_;  // the same for devices; empty for standard output
    std::ofstream file_;
};

}  // namespace samepage::cli
