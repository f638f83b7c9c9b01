// Taking rows of CSV apart, and putting them together.
// SPDX-License-Identifier: MIT
#include "csv.hpp"

#include <fmt/format.h>

namespace samepage::cli {

namespace {

constexpr const char* behind_quote = "there is something between a closing quote and the comma";

}  // namespace

void csv_row::clear() {
    state_ = state::field_begins;
    bytes_.clear();
    ends_.clear();
    lines_ = 0;
    line_begun_ = false;
    has_quotes_ = has_lone_return_ = false;
    wrong_ = nullptr;
}

std::string_view csv_row::field(std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

std::string csv_row::wrong_under(std::size_t columns) const {
    if (wrong_ != nullptr) return wrong_;
    if (size() == columns) return {};
    return fmt::format("it has {} field{}, and there {} {} column{}", size(), size() == 1 ? "" : "s",
                       columns == 1 ? "is" : "are", columns, columns == 1 ? "" : "s");
}

void csv_row::refuse(const char* why) noexcept {
    if (wrong_ == nullptr) wrong_ = why;
}

void csv_row::add(char c) {
    if (bytes_.size() < bytes_max) {
        bytes_ += c;
    } else {
        refuse("it is longer than 64 MiB");
    }
}

void csv_row::end_field() {
    ends_.push_back(bytes_.size());
    state_ = state::field_begins;
}

std::size_t csv_row::take(std::string_view piece) {
    std::size_t used = 0;
    while (used < piece.size() && !is_whole()) step(piece[used++]);
    return used;
}

void csv_row::step(char c) {
    line_begun_ = c != '\n';
    if (!line_begun_) ++lines_;
    switch (state_) {
        case state::quoted:
            if (c == '"') {
                state_ = state::quote_in_quoted;
            } else {
                add(c);
            }
            return;
        case state::field_begins:
            if (c == '"') {
                has_quotes_ = true;
                state_ = state::quoted;
                return;
            }
            state_ = state::plain;
            break;
        case state::quote_in_quoted:
            if (c == '"') {
                add(c);
                state_ = state::quoted;
                return;
            }
            state_ = state::plain;
            if (c == '\r') {
                state_ = state::return_behind_quote;
                return;
            }
            if (c != ',' && c != '\n') refuse(behind_quote);
            break;
        case state::return_behind_quote:
            if (c != '\n') refuse(behind_quote);
            state_ = state::plain;
            break;
        case state::return_seen:
            state_ = state::plain;
            if (c == '\n') break;
            has_lone_return_ = true;
            add('\r');
            break;
        default: break;
    }
    if (c == ',') {
        end_field();
    } else if (c == '\n') {
        end_field();
        state_ = state::whole;
    } else if (c == '\r') {
        state_ = state::return_seen;
    } else {
        add(c);
    }
}

void csv_row::end_here() {
    if (state_ == state::quoted) refuse("a quote is opened and never closed");
    end_field();
    if (line_begun_) ++lines_;
    state_ = state::whole;
}

void parse_csv(std::string_view text, csv_row& into) {
    into.clear();
    const std::size_t used = into.take(text);
    if (!into.is_whole()) into.end_here();
    if (used < text.size()) into.refuse("it is more than one row");
}

void add_csv_field(std::string& line, std::string_view field, bool is_first) {
    if (!is_first) line += ',';
    if (field.find_first_of("\",\r\n") == std::string_view::npos) {
        line += field;
        return;
    }
    line += '"';
    for (const char c : field) {
        if (c == '"') line += c;
        line += c;
    }
    line += '"';
}

std::string csv_line(const csv_row& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) add_csv_field(line, row.field(i), i == 0);
    // One empty field would be a line that is no row.
    return line.empty() ? "\"\"" : line;
}

}  // namespace samepage::cli
