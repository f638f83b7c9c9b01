// Taking standard input apart into messages.
// SPDX-License-Identifier: MIT
#include "messages.hpp"

#include <vector>

#include "failure.hpp"
#include "output.hpp"
#include "system.hpp"

namespace samepage::cli {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;

}  // namespace

void messages::declare(arguments& a, const std::string& what) {
    a.value(word_, "TEXT", "--text", "The " + what + "; '-' takes the lines of standard input, each as one");
    a.text("--text", text_, "TEXT", "The " + what + ", whatever it looks like");
    a.flag("--null", null_, "With '-': what zero bytes end, not lines");
    a.flag("--raw", raw_, "With '-': all of standard input as one " + what);
}

void messages::for_each(const std::function<void(std::string_view)>& use) const {
    if (word_.has_value() == text_.has_value()) throw usage_error("give TEXT, '-' or --text, one of them");
    const bool from_input = word_ == "-";
    if ((null_ || raw_) && !from_input) throw usage_error("--null and --raw are for '-', standard input");
    if (null_ && raw_) throw usage_error("--null and --raw exclude each other");
    if (from_input) return read(use);
    use(word_ ? *word_ : *text_);
}

void messages::read(const std::function<void(std::string_view)>& use) const {
    const input in = open_input("-");
    const char end = null_ ? '\0' : '\n';
    std::vector<char> piece(piece_bytes);
    std::string begun;  // of the message whose end hasn't come yet
    while (const std::size_t got = read_some(in.file.get(), "standard input", piece)) {
        std::string_view rest(piece.data(), got);
        for (auto at = raw_ ? rest.npos : rest.find(end); at != rest.npos; at = rest.find(end)) {
            begun.append(rest.substr(0, at));
            use(begun);
            begun.clear();
            rest.remove_prefix(at + 1);
        }
        begun.append(rest);
    }
    if (raw_ || !begun.empty()) use(begun);
}

void message_format::declare(arguments& a, const std::string& what) {
    a.flag("--null", null_, "End each " + what + " with a zero byte instead of a newline");
    a.flag("--raw", raw_, "Print each " + what + " as it is, with nothing at its end");
}

void message_format::check(bool json) const {
    if ((null_ ? 1 : 0) + (raw_ ? 1 : 0) + (json ? 1 : 0) > 1)
        throw usage_error("--null, --raw and --json exclude each other");
}

void message_format::print(std::string_view message) const {
    cli::print(message);
    if (!raw_) cli::print(null_ ? std::string_view("", 1) : std::string_view("\n"));
}

}  // namespace samepage::cli
