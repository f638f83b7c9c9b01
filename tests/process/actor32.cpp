// The 32-bit program that plays only roles: no test framework is to be had for it.
// SPDX-License-Identifier: MIT
#include <cstdio>

#include "runner.hpp"

int main(int argc, char** argv) {
    if (const auto status = runner::play(argc, argv)) return *status;
    std::fputs("plays roles only\n", stderr);
    return 2;
}
