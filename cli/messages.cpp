// Taking an input apart into messages, and putting messages one after the other.
// SPDX-License-Identifier: MIT
#include "messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "failure.hpp"
#include "output.hpp"
#include "units.hpp"

namespace samepage::cli {

namespace {

constexpr std::size_t piece_bytes = std::size_t{128} << 10U;

}  // namespace

void messages::declare_words(arguments& a) {
    a.value(word_, "TEXT", "--text", "The " + what_ + "; '-' takes the lines of standard input, each as one");
    a.text("--text", text_, "TEXT", "The " + what_ + ", whatever it looks like");
}

void messages::declare(arguments& a, const std::string& what) {
    what_ = what;
    declare_words(a);
    a.flag("--null", null_, "With '-': what zero bytes end, not lines");
    a.flag("--raw", raw_, "With '-': all of standard input as one " + what);
}

void messages::declare_with_answers(arguments& a, const std::string& what, const std::string& answer) {
    what_ = what;
    has_answers_ = true;
    declare_words(a);
    a.flag("--null", null_, "End each " + answer + " with a zero byte; with '-' they end each " + what + ", too");
    a.flag("--raw", raw_, "The " + answer + " as it is; with '-' all of standard input is one " + what);
}

void messages::check() const {
    if (word_.has_value() == text_.has_value())
        throw usage_error("give TEXT, '-' for standard input, or --text, one of them");
    if ((null_ || raw_) && is_text() && !has_answers_)
        throw usage_error("--null and --raw are for '-', standard input");
    if (null_ && raw_) throw usage_error("--null and --raw exclude each other");
}

message_input::message_input(const messages& from, message_limits limits)
    : what_(from.what_), limits_(std::move(limits)) {
    if (from.is_text()) {
        const std::string& text = from.text_ ? *from.text_ : *from.word_;
        buffer_.assign(text.begin(), text.end());
        end_ = searched_ = buffer_.size();
        is_empty_one_left_ = true;
        return;
    }
    separator_ = from.end();
    is_empty_one_left_ = !separator_;
    file_ = std::move(open_input("-").file);
    if (separator_ == '\n' && is_terminal(stdin)) hint("Each line is a " + what_ + " (Ctrl-D ends)");
    buffer_.resize(piece_bytes);
}

message_input::some message_input::next() {
    found_.clear();
    for (;;) {
        if (separator_) take_whole_ones();
        if (!found_.empty()) break;
        if (end_ - begin_ > limits_.bytes_max) find_out_how_large();
        if (file_ != nullptr) {
            make_room();
            const std::size_t got = read_some(file_.get(), "standard input", std::span(buffer_).subspan(end_));
            end_ += got;
            if (got == 0) file_.reset();
        } else {
            if (begin_ < end_ || is_empty_one_left_) take(end_);
            is_empty_one_left_ = false;
            break;
        }
    }
    given_ += found_.size();
    return found_;
}

// Takes the message that ends there; false: it is too large, and comes next.
bool message_input::take(std::size_t end) {
    if (end - begin_ > limits_.bytes_max) {
        if (found_.empty()) too_large(end - begin_);
        return false;
    }
    found_.push_back(std::as_bytes(std::span(buffer_).subspan(begin_, end - begin_)));
    begin_ = std::min(end + (separator_ ? 1 : 0), end_);
    return true;
}

void message_input::take_whole_ones() {
    for (;;) {
        const std::size_t from = std::max(begin_, searched_);
        const void* found = from < end_ ? std::memchr(buffer_.data() + from, *separator_, end_ - from) : nullptr;
        searched_ =
            found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) : end_;
        if (found == nullptr || !take(searched_)) return;
    }
}

// So that something can be read behind what is there.
void message_input::make_room() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        searched_ -= std::min(searched_, begin_);
        begin_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
}

// A message that has not ended yet is too large already.
void message_input::find_out_how_large() {
    std::uint64_t size_bytes = end_ - begin_;
    while (file_ != nullptr && size_bytes <= limits_.any_bytes_max) {
        const std::size_t got = read_some(file_.get(), "standard input", buffer_);
        const void* end = separator_ && got > 0 ? std::memchr(buffer_.data(), *separator_, got) : nullptr;
        if (end != nullptr) size_bytes += static_cast<std::uint64_t>(static_cast<const char*>(end) - buffer_.data());
        if (got == 0 || end != nullptr) break;
        size_bytes += got;
    }
    too_large(size_bytes);
}

void message_input::too_large(std::uint64_t size_bytes) const {
    std::string text = "too_large: ";
    if (given_ > 0) {
        text += fmt::format("{} {} of the input", what_, given_ + 1);
    } else {
        text += "the " + what_;
    }
    if (size_bytes > limits_.any_bytes_max) {
        text +=
            fmt::format(" has more than {}, which nothing takes; make smaller ones", size_text(limits_.any_bytes_max));
    } else {
        text += fmt::format(" has {} bytes, {} takes at most {}; make it anew with --capacity {}", size_bytes,
                            limits_.place, limits_.bytes_max, limits_.capacity_for(size_bytes));
    }
    if (given_ > 0) text += fmt::format(" ({} sent before it)", given_);
    throw failure(status_full, "too_large", text);
}

void message_format::declare(arguments& a, const std::string& what) {
    a.flag("--null", null_, "End each " + what + " with a zero byte instead of a newline");
    a.flag("--raw", raw_, "Print each " + what + " as it is, with nothing at its end");
}

void message_format::check(bool json) const {
    if ((null_ ? 1 : 0) + (raw_ ? 1 : 0) + (json ? 1 : 0) > 1)
        throw usage_error("--null, --raw and --json exclude each other");
}

void message_output::put(std::string_view message) {
    collected_ += message;
    if (end_) collected_ += *end_;
    if (collected_.size() >= piece_bytes) flush();
}

void message_output::flush() {
    if (!collected_.empty()) print_now(collected_);
    collected_.clear();
}

}  // namespace samepage::cli
