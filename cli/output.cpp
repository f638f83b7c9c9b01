// Printing, and what can go wrong with it.
// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "failure.hpp"
#include "system.hpp"
#include "units.hpp"

namespace samepage::cli {

namespace {

[[noreturn]] void output_failed() {
    if (reader_has_gone()) throw reader_gone();
    throw failure(status_error, "system", std::string("cannot write to standard output: ") + std::strerror(errno));
}

std::int64_t now_ns() {
    return std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A message that can't be shown changes nothing.
void to_error(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

// Columns as a terminal shows them: one for each character, not for each byte.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string harmless(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // The control characters from U+0080 on, some of which terminals obey, are C2 80 to C2 9F.
        const bool high = c == 0xC2 && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xE0U) == 0x80;
        out += c < 0x20 || c == 0x7F || high ? '?' : text[i];
        if (high) ++i;
    }
    return out;
}

void print(std::string_view bytes) {
    // Nothing may have no address, which fwrite may not be given.
    if (!bytes.empty() && std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) output_failed();
}

void print_line(std::string_view line) {
    print(line);
    print("\n");
}

void flush_output() {
    if (std::fflush(stdout) != 0) output_failed();
}

void print_now(std::string_view bytes) {
    flush_output();
    if (!write_output(bytes)) output_failed();
}

void complain(std::string_view message) { to_error(fmt::format("samepage: {}\n", harmless(message))); }

void complain_in_json(std::string_view object) { to_error(fmt::format("{}\n", object)); }

void hint(std::string_view message) {
    if (is_terminal(stderr)) to_error(fmt::format("{}\n", message));
}

void print_table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const std::string& h : headings) widths.push_back(h.size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    const auto line = [&](const std::vector<std::string>& cells, bool heading) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            text += harmless(cells[i]);
            if (i + 1 < cells.size()) text.append(widths[i] + 2 - width_of(cells[i]), ' ');
        }
        print_line(heading ? coloured(colour::bold, text) : text);
    };
    line(headings, true);
    for (const auto& row : rows) line(row, false);
}

std::string coloured(colour c, std::string_view text) {
    static const bool on = [] {
        const char* no = std::getenv("NO_COLOR");
        const char* terminal = std::getenv("TERM");
        const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
        return is_terminal(stdout) && (no == nullptr || *no == '\0') && !dumb;
    }();
    if (!on) return std::string(text);
    const int number = c == colour::green ? 32 : c == colour::yellow ? 33 : c == colour::red ? 31 : 1;
    return fmt::format("\x1b[{}m{}\x1b[0m", number, text);
}

progress::progress(std::string_view what, std::uint64_t size_bytes)
    : what_(what), size_bytes_(size_bytes), begun_ns_(now_ns()), next_ns_(begun_ns_ + 500'000'000) {}

progress::~progress() {
    if (shown_) to_error("\r\x1b[K");
}

bool progress::is_due() {
    const std::int64_t now = now_ns();
    if (now < next_ns_ || !is_terminal(stderr)) return false;
    next_ns_ = now + 100'000'000;
    shown_ = true;
    return true;
}

std::string progress::text_at(std::uint64_t done_bytes) const {
    if (size_bytes_ == 0) return fmt::format("\r\x1b[K{} {}", what_, size_text(done_bytes));
    return fmt::format("\r\x1b[K{} {} of {}, {:.0f} %", what_, size_text(done_bytes), size_text(size_bytes_),
                       100 * static_cast<double>(done_bytes) / static_cast<double>(size_bytes_));
}

void progress::at(std::uint64_t done_bytes) {
    if (is_due()) to_error(text_at(done_bytes));
}

void progress::at(std::uint64_t done_bytes, std::uint64_t records) {
    if (!is_due()) return;
    const double seconds = static_cast<double>(now_ns() - begun_ns_) / 1e9;
    to_error(fmt::format("{}, {} records, {:.0f} a second", text_at(done_bytes), records,
                         static_cast<double>(records) / seconds));
}

}  // namespace samepage::cli
