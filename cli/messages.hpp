// messages: the messages or jobs that a command takes from its words or standard input, and how it prints them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "system.hpp"

namespace samepage::cli {

// What was asked for: TEXT or --text; or standard input, for "-".
class messages {
   public:
    // Declares TEXT, --text, --null and --raw. `what` is "job" or "message".
    void declare(arguments& a, const std::string& what);
    // As declare(); --null and --raw are for the answers, too, if there are any.
    void declare_with_answers(arguments& a, const std::string& what, const std::string& answer);
    void check() const;  // throws failure (usage)
    bool is_text() const noexcept { return text_ || (word_ && *word_ != "-"); }

    // What ends each message of an input, and each answer; none with --raw.
    std::optional<char> end() const noexcept { return raw_ ? std::optional<char>() : null_ ? '\0' : '\n'; }

   private:
    friend class message_input;
    void declare_words(arguments& a);
    std::string what_;
    std::optional<std::string> word_, text_;
    bool null_ = false, raw_ = false, has_answers_ = false;
};

// What a channel or queue takes.
struct message_limits {
    std::string place;
    std::uint64_t bytes_max;                                   // of a message
    std::uint64_t any_bytes_max;                               // the same, whatever --capacity it was made with
    std::function<std::uint64_t(std::uint64_t)> capacity_for;  // a message of so many bytes
};

// The same, many at once: without the lines' ends, or with --null what zero bytes end, or with --raw all of it as one.
// The last one of an input needs no end.
class message_input {
   public:
    using some = std::span<const std::span<const std::byte>>;

    // Says to who sits at a terminal that it reads.
    message_input(const messages& from, message_limits limits);

    // Those that are there already, waiting for at least one; none at the end. They are valid until the next call.
    // Throws failure: too_large, after those before it were given, says which capacity to ask for; or it can't be read.
    some next();

   private:
    bool take(std::size_t end);
    void take_whole_ones();
    void make_room();
    [[noreturn]] void too_large(std::uint64_t size_bytes) const;
    [[noreturn]] void find_out_how_large();

    std::string what_;
    message_limits limits_;
    std::optional<char> separator_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, nullptr};  // none: a text, all of it in buffer_
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;  // what is not given yet
    std::size_t searched_ = 0;         // up to here there is no separator
    bool is_empty_one_left_ = false;   // a text or a raw input is one message, also when it is empty
    std::vector<std::span<const std::byte>> found_;
    std::uint64_t given_ = 0;
};

// How messages are printed: one a line, with --null each ended by a zero byte, with --raw as they are.
class message_format {
   public:
    void declare(arguments& a, const std::string& what);
    void check(bool json) const;  // throws failure (usage)
    std::optional<char> end() const noexcept { return raw_ ? std::optional<char>() : null_ ? '\0' : '\n'; }

   private:
    bool null_ = false, raw_ = false;
};

// Messages on their way to standard output, collected so that many make one write; `end` comes after each.
class message_output {
   public:
    explicit message_output(std::optional<char> end) noexcept : end_(end) {}
    void put(std::string_view message);
    void flush();  // so that the reader has them

   private:
    std::optional<char> end_;
    std::string collected_;
};

}  // namespace samepage::cli
