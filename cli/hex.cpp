// Formatting the lines of a hex table.
// SPDX-License-Identifier: MIT
#include "hex.hpp"

#include <fmt/format.h>

#include <iterator>

namespace samepage::cli {

namespace {
constexpr std::size_t line_bytes = 16;
}

void hex_table::take_line(std::string& out) {
    const bool repeats = any_ && line_ == before_;
    if (repeats) {
        if (!starred_) out += "*\n";
        starred_ = true;
    } else {
        const auto to = std::back_inserter(out);
        fmt::format_to(to, "{:08x} ", at_);
        for (std::size_t i = 0; i < line_bytes; ++i) {
            if (i % 8 == 0) out += ' ';
            if (i < line_.size())
                fmt::format_to(to, "{:02x} ", static_cast<unsigned char>(line_[i]));
            else
                out += "   ";
        }
        out += " |";
        for (const char c : line_) out += c >= 0x20 && c < 0x7F ? c : '.';
        out += "|\n";
        starred_ = false;
    }
    any_ = true;
    at_ += line_.size();
    before_ = std::move(line_);
    line_.clear();
}

std::string hex_table::add(std::span<const char> bytes) {
    std::string out;
    for (const char c : bytes) {
        line_ += c;
        if (line_.size() == line_bytes) take_line(out);
    }
    return out;
}

std::string hex_table::end() {
    std::string out;
    if (!line_.empty()) take_line(out);
    fmt::format_to(std::back_inserter(out), "{:08x}\n", at_);
    return out;
}

}  // namespace samepage::cli
