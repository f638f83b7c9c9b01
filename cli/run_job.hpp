// Running a command with bytes as its standard input.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace samepage::cli {

// As run() of system.hpp, with `input` on the command's standard input. Where there is an `output`, what it prints is
// given to that instead of going to our standard output.
int run_with_input(const std::vector<std::string>& command, std::string_view input,
                   const std::function<void(std::string_view)>& output = {});

}  // namespace samepage::cli
