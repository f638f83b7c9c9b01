// Says what is wrong in a table, seen from inside: `table_sound PLACE`.
// SPDX-License-Identifier: MIT
#include <cstdio>

#include "table/verify.hpp"

int main(int, char** words) {
    const auto seen = samepage::tables::verify(words[1]);
    if (!seen) {
        std::printf("%s\n", seen.error().message().c_str());
        return 1;
    }
    for (const std::string& sentence : seen->wrong) std::printf("%s\n", sentence.c_str());
    return seen->wrong.empty() ? 0 : 1;
}
