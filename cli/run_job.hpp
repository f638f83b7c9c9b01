// Running a command with bytes as its standard input.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace samepage::cli {

// As run() of system.hpp, with `input` on the command's standard input. Where there is an `output`, what it prints goes
// there instead of to our standard output, up to output_bytes_max bytes.
int run_with_input(const std::vector<std::string>& command, std::string_view input, std::string* output,
                   std::uint64_t output_bytes_max);

}  // namespace samepage::cli
