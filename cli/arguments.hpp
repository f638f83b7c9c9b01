// arguments: what one command takes, declared by the command, parsed by CLI11 behind this face.
// SPDX-License-Identifier: MIT
//
// CLI11 stays inside arguments.cpp: it costs seconds to compile, and two rules of ours come before it.
//   * Values that begin with '-' are values: in a value's place, a word that is no option of the command is the value.
//     One that nearly is an option is refused, as most likely a slip; --NAME=VALUE takes any value.
//   * What follows "--" is a command to run, where the command can run one; else plain words.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "samepage/duration.hpp"

namespace samepage::cli {

class arguments {
   public:
    // `command` as it is typed ("region share"). --json and --help are there already.
    arguments(std::string_view command, std::string_view summary);
    arguments(arguments&&) noexcept;
    ~arguments();

    // Words, in the order in which they are declared. With a place comes --global.
    void place(std::string& into);
    void places(std::vector<std::string>& into);
    // An optional value that may begin with '-'; `name` is its name in the help. `option`, which the command declares,
    // or which is empty, is named to who gives a value that looks like a misspelt option.
    void value(std::optional<std::string>& into, const std::string& name, const std::string& option,
               const std::string& help);
    // At least one of them, up to the command line's end; only where no command can follow. "--" may stand before.
    void values(std::vector<std::string>& into, const std::string& name, const std::string& help);
    // An optional plain word.
    void word(std::optional<std::string>& into, const std::string& name, const std::string& help);

    void flag(const std::string& names, bool& into, const std::string& help);
    void text(const std::string& names, std::optional<std::string>& into, const std::string& value_name,
              const std::string& help);
    void size(const std::string& names, std::optional<std::uint64_t>& into, const std::string& help);
    void number(const std::string& names, std::optional<std::uint64_t>& into, const std::string& value_name,
                const std::string& help);
    void time(const std::string& names, std::optional<duration>& into, const std::string& help);
    // A duration that may be left out: the flag alone is `alone`.
    void time_or(const std::string& names, std::optional<duration>& into, duration alone, const std::string& help);
    // "-- CMD ARG…"
    void command(std::vector<std::string>& into);

    void example(std::string_view line);  // shown at the end of the help

    // Fills in what was declared. Throws failure (usage). True when --help was asked for; then nothing is filled in.
    bool parse(const std::vector<std::string>& words);
    bool json() const;

    std::string help() const;
    std::vector<std::string> option_names() const;  // "--size", …
    bool takes_place() const;
    bool takes_command() const;

   private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace samepage::cli
