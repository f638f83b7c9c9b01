// What the command line prints: answers on standard output, messages on standard error.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace samepage::cli {

// Bytes of an answer. A full disk or the like is a failure; a reader that has gone is reader_gone.
void print(std::string_view bytes);
void print_line(std::string_view line);
// Control characters as '?': what others have named may be meant to play with terminals.
std::string harmless(std::string_view text);
void flush_output();  // so that the reader has it; called at the end in any case

// Past all buffers. An interrupt is heard also while the reader reads nothing.
void print_now(std::string_view bytes);

// A message for people, "samepage: …" on standard error.
void complain(std::string_view message);
void complain_in_json(std::string_view object);
// A hint on standard error, only where that is a terminal.
void hint(std::string_view message);

// Rows under headings, columns aligned; the last one runs free. Control characters are shown as '?'.
void print_table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows);

// "good" in green and so on, where standard output is a terminal and NO_COLOR isn't set.
enum class colour : std::uint8_t { green, yellow, red, bold };
std::string coloured(colour c, std::string_view text);

// How far a long copy is, on standard error where that is a terminal. Nothing in the first half second.
class progress {
   public:
    progress(std::string_view what, std::uint64_t size_bytes);  // size 0: unknown
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress();
    void at(std::uint64_t done_bytes);
    // So many records up to there, too.
    void at(std::uint64_t done_bytes, std::uint64_t records);

   private:
    bool is_due();
    std::string text_at(std::uint64_t done_bytes) const;

    std::string what_;
    std::uint64_t size_bytes_;
    std::int64_t begun_ns_, next_ns_;  // by the steady clock
    bool shown_ = false;
};

}  // namespace samepage::cli
