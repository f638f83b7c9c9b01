// messages: how a command takes messages from its words or standard input, and how it prints those that come.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "system.hpp"

namespace samepage::cli {

// How messages stand one after the other in a stream: as lines, or as --null and --raw say.
class framing {
   public:
    void declare(arguments& a, const std::string& null_help, const std::string& raw_help);
    void check() const;  // throws failure (usage)
    bool given() const noexcept { return null_ || raw_; }
    // What ends each message; none with --raw.
    std::optional<char> separator() const noexcept { return raw_ ? std::optional<char>() : null_ ? '\0' : '\n'; }

   private:
    bool null_ = false, raw_ = false;
};

// What was asked for: TEXT or --text; or standard input, for "-" or nothing.
class message_source {
   public:
    void declare(arguments& a);
    void check() const;  // throws failure (usage)
    bool is_text() const noexcept { return text_ || (word_ && *word_ != "-"); }

   private:
    friend class message_input;
    std::optional<std::string> word_, text_;
    framing framing_;
};

// The messages, one after the other, without what separates them. The last line of an input needs no end.
class message_input {
   public:
    using messages = std::span<const std::span<const std::byte>>;

    // `bytes_max`: what `place` takes at most.
    message_input(const message_source& from, std::string place, std::uint64_t bytes_max);

    // Those that are there already, waiting for at least one; none at the end. They are valid until the next call.
    // Throws failure: too_large, after those before it were given, says which capacity to ask for; or it can't be read.
    messages next();

   private:
    bool take(std::size_t end);
    void take_whole_ones();
    void make_room();
    [[noreturn]] void too_large(std::uint64_t size_bytes) const;
    [[noreturn]] void find_out_how_large();

    std::string place_;
    std::uint64_t bytes_max_;
    std::optional<char> separator_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, nullptr};  // none: a text, all of it in buffer_
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;  // what is not given yet
    std::size_t searched_ = 0;         // up to here there is no separator
    bool is_empty_one_left_ = false;   // a text or a raw input is one message, also when it is empty
    std::vector<std::span<const std::byte>> found_;
    std::uint64_t given_ = 0;
};

// Messages on their way to standard output, collected so that many make one write.
class message_output {
   public:
    explicit message_output(std::optional<char> separator) noexcept : separator_(separator) {}
    void put(std::string_view message);
    void flush();  // so that the reader has them

   private:
    std::optional<char> separator_;
    std::string collected_;
};

}  // namespace samepage::cli
