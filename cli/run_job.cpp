// Running a command with bytes as its standard input, through a file of our own: neither side waits for the other.
// SPDX-License-Identifier: MIT
#include "run_job.hpp"

#include <cerrno>
#include <cstring>

#include "failure.hpp"
#include "system.hpp"

namespace samepage::cli {

namespace {

[[noreturn]] void fail() {
    throw failure(status_error, "system", std::string("a temporary file: ") + std::strerror(errno));
}

}  // namespace

int run_with_input(const std::vector<std::string>& command, std::string_view input,
                   const std::function<void(std::string_view)>& output) {
    const auto from = open_spool();
    // Nothing may have no address, which fwrite may not be given.
    if (!input.empty() && std::fwrite(input.data(), 1, input.size(), from.get()) != input.size()) fail();
    if (std::fflush(from.get()) != 0) fail();
    std::rewind(from.get());
    return run(command, {}, {from.get(), output});
}

}  // namespace samepage::cli
