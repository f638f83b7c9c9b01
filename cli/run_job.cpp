// Running a command with bytes as its standard input, through files of our own: neither side waits for the other.
// SPDX-License-Identifier: MIT
#include "run_job.hpp"

#include <algorithm>
#include <array>
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

int run_with_input(const std::vector<std::string>& command, std::string_view input, std::string* output,
                   std::uint64_t output_bytes_max) {
    const auto from = open_spool();
    // Nothing may have no address, which fwrite may not be given.
    if (!input.empty() && std::fwrite(input.data(), 1, input.size(), from.get()) != input.size()) fail();
    if (std::fflush(from.get()) != 0) fail();
    std::rewind(from.get());
    if (output == nullptr) return run(command, {}, {from.get(), nullptr});
    const auto to = open_spool();
    const int status = run(command, {}, {from.get(), to.get()});
    std::rewind(to.get());
    std::array<char, 65536> piece;
    while (output->size() < output_bytes_max) {
        const auto most =
            static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), output_bytes_max - output->size()));
        const std::size_t got = std::fread(piece.data(), 1, most, to.get());
        if (got == 0) break;
        output->append(piece.data(), got);
    }
    if (std::ferror(to.get()) != 0) fail();
    return status;
}

}  // namespace samepage::cli
