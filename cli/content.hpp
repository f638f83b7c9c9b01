// content: the bytes that a command is to write, from the command line, a file or standard input.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "system.hpp"

namespace samepage::cli {

// What was asked for, before it is looked at: TEXT, "-" or --file. Or a value: VALUE, --value or --file, for which "-"
// is a value like any other unless it is said to be standard input.
class content_source {
   public:
    void declare(arguments& a);
    void declare_value(arguments& a, bool dash_is_input = false);
    bool given() const noexcept { return word_ || text_ || file_; }

   private:
    friend class content;
    std::optional<std::string> word_, text_, file_;
    bool terminate_ = false;
    bool is_value_ = false;
    bool dash_is_input_ = true;
};

// Bytes of known number. A pipe is read to its end first: into memory, and from 16 MiB on into a file of our own.
class content {
   public:
    explicit content(const content_source& from);

    bool is_text() const noexcept { return is_text_; }                 // from the command line
    std::uint64_t size_bytes() const noexcept { return size_bytes_; }  // with the terminating zero, if it has one

    // Gives `use` the bytes in order, in pieces of at most 256 KiB. Throws failure when they can't be read after all.
    void read(const std::function<void(std::span<const char>)>& use);
    std::string bytes();  // all of them

   private:
    void open(const std::string& path);
    void spool();

    bool is_text_ = false, terminated_ = false;
    std::uint64_t size_bytes_ = 0;  // of everything
    std::string memory_;            // the first of them
    std::uint64_t rest_bytes_ = 0;  // how many come from file_ after these
    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, nullptr};
};

}  // namespace samepage::cli
