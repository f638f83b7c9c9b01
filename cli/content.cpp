// Getting at the bytes that are to be written.
// SPDX-License-Identifier: MIT
#include "content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "failure.hpp"
#include "output.hpp"

namespace samepage::cli {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U, memory_bytes_max = std::size_t{16} << 20U;

[[noreturn]] void fail(const std::string& path, const char* what) {
    throw failure(status_error, "system", fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

}  // namespace

void content_source::declare(arguments& a) {
    a.value(word_, "TEXT", "--text", "The text; '-' takes bytes from standard input");
    a.text("--text", text_, "TEXT", "The text, whatever it looks like");
    a.text("--file", file_, "FILE", "Take the bytes of a file, exactly; '-' is standard input");
    a.flag("--terminate", terminate_, "Put a zero byte after the bytes of --file or '-', as after a text");
}

void content_source::declare_value(arguments& a, bool dash_is_input) {
    is_value_ = true;
    dash_is_input_ = dash_is_input;
    a.value(
        word_, "VALUE", "--value",
        dash_is_input ? "The value; '-' takes the bytes of standard input" : "The value; every word is one, '-' too");
    a.text("--value", text_, "VALUE", "The value, whatever it looks like");
    a.text("--file", file_, "FILE", "Take the bytes of a file, exactly; '-' is standard input");
}

content::content(const content_source& from) {
    if ((from.word_ ? 1 : 0) + (from.text_ ? 1 : 0) + (from.file_ ? 1 : 0) > 1)
        throw usage_error(from.is_value_ ? "VALUE, --value and --file are each a value: give one of them"
                                         : "TEXT, --text and --file are each a content: give one of them");
    if (from.file_ || (from.word_ == "-" && from.dash_is_input_)) {
        open(from.file_.value_or("-"));
    } else {
        is_text_ = true;
        memory_ = from.word_ ? *from.word_ : from.text_.value_or("");
    }
    terminated_ = (is_text_ && !from.is_value_) || from.terminate_;
    size_bytes_ = memory_.size() + rest_bytes_ + (terminated_ ? 1 : 0);
}

void content::open(const std::string& path) {
    input in = open_input(path);
    path_ = path == "-" ? "standard input" : path;
    file_ = std::move(in.file);
    if (in.size_bytes) {
        rest_bytes_ = *in.size_bytes;
    } else {
        spool();
    }
}

void content::spool() {
    auto source = std::move(file_);
    std::vector<char> piece(piece_bytes);
    progress shown("reading " + path_, 0);
    while (const std::size_t got = read_some(source.get(), path_, piece)) {
        if (memory_.size() + got <= memory_bytes_max && !file_) {
            memory_.append(piece.data(), got);
        } else {
            if (!file_) file_ = open_spool();
            if (std::fwrite(piece.data(), 1, got, file_.get()) != got) fail("a temporary file", "cannot write");
            rest_bytes_ += got;
        }
        shown.at(memory_.size() + rest_bytes_);
    }
    if (!file_) return;
    path_ = "a temporary file";
    if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0) fail(path_, "cannot write");
}

void content::read(const std::function<void(std::span<const char>)>& use) {
    for (std::size_t at = 0; at < memory_.size(); at += piece_bytes)
        use(std::span(memory_).subspan(at, std::min(piece_bytes, memory_.size() - at)));
    std::vector<char> piece(piece_bytes);
    for (std::uint64_t left = rest_bytes_; left > 0;) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
        const std::size_t got = read_some(file_.get(), path_, std::span(piece).first(wanted));
        if (got == 0) throw failure(status_error, "system", path_ + " has become shorter while it was read");
        use(std::span<const char>(piece).first(got));
        left -= got;
    }
    if (terminated_) use(std::span("", 1));
}

std::string content::bytes() {
    std::string all;
    all.reserve(static_cast<std::size_t>(size_bytes_));
    read([&](std::span<const char> piece) { all.append(piece.data(), piece.size()); });
    return all;
}

}  // namespace samepage::cli
