// messages: the messages or jobs that a command is to send, from its words or one by one from standard input.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "arguments.hpp"

namespace samepage::cli {

class messages {
   public:
    // Declares TEXT, --text, --null and --raw. `what` is "job" or "message".
    void declare(arguments& a, const std::string& what);

    // Gives `use` each of them, as soon as it is there: TEXT; or, for "-", the lines of standard input without their
    // ends, with --null what zero bytes end, with --raw all of it as one. Throws failure.
    void for_each(const std::function<void(std::string_view)>& use) const;

   private:
    void read(const std::function<void(std::string_view)>& use) const;

    std::optional<std::string> word_, text_;
    bool null_ = false, raw_ = false;
};

// How messages are printed: one a line, with --null each ended by a zero byte, with --raw as they are.
class message_format {
   public:
    void declare(arguments& a, const std::string& what);
    void check(bool json) const;  // throws usage
    void print(std::string_view message) const;

   private:
    bool null_ = false, raw_ = false;
};

}  // namespace samepage::cli
