// Rows of comma-separated values, as RFC 4180 describes them: taken apart, and put together.
// SPDX-License-Identifier: MIT
//
// Written here because the packaged libraries have no build for Windows, end at the first malformed row or take no
// newlines in fields. Fields are bytes. What the RFC leaves open: in a field without quotes a quote, and a CR that no
// LF follows, are bytes like any other; a line ends with LF or CR LF; the last one needs no end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace samepage::cli {

// One row after the other, from pieces of any size.
class csv_row {
   public:
    static constexpr std::size_t bytes_max = std::size_t{64} << 20U;

    void clear();
    // Takes bytes up to the row's end, or all there are; how many. is_whole() tells whether the end was among them.
    std::size_t take(std::string_view piece);
    // There are no more bytes.
    void end_here();
    bool is_whole() const noexcept { return state_ == state::whole; }
    // Calls it malformed.
    void refuse(const char* why) noexcept;

    // Of a whole row:
    std::size_t size() const noexcept { return ends_.size(); }
    std::string_view field(std::size_t index) const noexcept;
    bool is_blank() const noexcept { return ends_.size() == 1 && bytes_.empty() && !has_quotes_; }
    // A CR outside quotes that no LF follows: where lines end so, all of them are taken for one.
    bool has_lone_return() const noexcept { return has_lone_return_; }
    std::uint64_t lines() const noexcept { return lines_; }  // that it takes in the file
    // Why it is malformed; null: it isn't. Then it has no fields that mean something.
    const char* wrong() const noexcept { return wrong_; }
    // Why it is no row under so many columns; empty: it is one.
    std::string wrong_under(std::size_t columns) const;

   private:
    enum class state : std::uint8_t {
        field_begins,
        plain,
        quoted,
        quote_in_quoted,
        return_behind_quote,
        return_seen,
        whole
    };

    void step(char c);
    void add(char c);
    void end_field();

    state state_ = state::field_begins;
    std::string bytes_;              // of all fields, one behind the other
    std::vector<std::size_t> ends_;  // of each in bytes_
    std::uint64_t lines_ = 0;
    bool line_begun_ = false;
    bool has_quotes_ = false, has_lone_return_ = false;
    const char* wrong_ = nullptr;
};

// The row in `text`, which may lack its line's end; one that is malformed where more than one row is there.
void parse_csv(std::string_view text, csv_row& into);

// Adds it to `line`, quoted where it must be; a comma before it unless it is the first.
void add_csv_field(std::string& line, std::string_view field, bool is_first);

// The row as a line without its end.
std::string csv_line(const csv_row& row);

}  // namespace samepage::cli
