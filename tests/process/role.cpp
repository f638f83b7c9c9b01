// The side of a role: finding it, speaking and hearing. Needs no test framework, so that other builds can use it.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>

#include "runner.hpp"

namespace runner {

namespace {

using player = int (*)(const arguments&);

std::map<std::string, player>& roles() {
    static std::map<std::string, player> all;
    return all;
}

}  // namespace

role::role(const char* name, player play) { roles()[name] = play; }

void say(std::string_view line) { std::cout << line << std::endl; }

std::optional<std::string> hear() {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

std::optional<int> play(int argc, char** argv) {
    if (argc < 3 || std::strcmp(argv[1], "--role") != 0) return std::nullopt;
    const auto found = roles().find(argv[2]);
    if (found == roles().end()) {
        std::fprintf(stderr, "no role '%s'\n", argv[2]);
        return 99;
    }
    return found->second(arguments(argv + 3, argv + argc));
}

}  // namespace runner
