// command: one thing that the command line can do. Each has its own file in commands/ and its line in registry.cpp.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"

namespace samepage::cli {

class command {
   public:
    command() = default;
    command(const command&) = delete;
    command& operator=(const command&) = delete;
    virtual ~command() = default;

    // Says what it takes; parsed values go into the command's own members.
    virtual void declare(arguments& a) = 0;
    // Does it, once the arguments are there. Returns the exit status; throws failure.
    virtual int run(bool json) = 0;
    // Whether another program reads its words; then run_words() is called, and nothing else.
    virtual bool takes_words_as_they_are() const { return false; }
    virtual int run_words(const std::vector<std::string>&) { return 0; }
    // Whether an interrupt is how it ends, with 0, because it has no other end. Else what it was to do is not done, and
    // it ends as if the interrupt had not been caught.
    virtual bool ends_by_interrupt() const { return false; }
};

// How a command is found and described.
struct command_entry {
    std::string_view noun;  // "region"; empty for commands that stand alone
    std::string_view verb;
    std::string_view summary;
    std::unique_ptr<command> (*make)();

    std::string title() const { return noun.empty() ? std::string(verb) : std::string(noun).append(" ").append(verb); }
};

// All of them, in the order of the help.
std::span<const command_entry> all_commands();

// The entry's arguments, declared by `c`.
arguments arguments_of(const command_entry& entry, command& c);

}  // namespace samepage::cli
