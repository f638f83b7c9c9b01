// Hostile bytes from a seeded generator: the same attacks in every run, with any compiler.
// SPDX-License-Identifier: MIT
//
// Usage: samepage_hostile_bytes_test cell|channel|lock|ndarray|queue|table [--expect-crash]
// SAMEPAGE_HOSTILE_ROUNDS says how many attacks.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>

#include "hostile.hpp"

namespace {

constexpr unsigned hang_seconds = 120;

// Mostly values at the edges of what fields may hold.
void add_value(std::mt19937_64& random, std::vector<std::uint8_t>& to, std::size_t count) {
    constexpr std::uint64_t edges[] = {0,     1,          2,          99,         100,        101,
                                       4096,  0x7fffffff, 0xffffffff, 1ull << 32, 2ull << 32, 3ull << 32 | 10,
                                       ~0ull, ~15ull,     1ull << 63};
    std::uint64_t value = random() % 4 == 0 ? random() : edges[random() % std::size(edges)];
    if (random() % 4 == 0) value ^= 1ull << random() % 64;
    for (std::size_t i = 0; i < count; ++i) to.push_back(static_cast<std::uint8_t>(value >> i % 8 * 8));
}

std::vector<std::uint8_t> next_input(std::mt19937_64& random) {
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(random())};
    for (std::uint64_t records = 1 + random() % 4; records > 0; --records) {
        bytes.push_back(static_cast<std::uint8_t>(random()));
        bytes.push_back(static_cast<std::uint8_t>(random() % 2 == 0 ? 0 : random() % 32 * 4));
        const std::size_t count = std::size_t{1} << random() % 5;
        bytes.push_back(static_cast<std::uint8_t>(count));
        add_value(random, bytes, count);
    }
    return bytes;
}

struct subject {
    const char* name;
    void (*attack)(hostile::input);
};
constexpr subject subjects[] = {{"cell", hostile::attack_cell},   {"channel", hostile::attack_channel},
                                {"lock", hostile::attack_lock},   {"ndarray", hostile::attack_ndarray},
                                {"queue", hostile::attack_queue}, {"table", hostile::attack_table}};

int run(void (*attack)(hostile::input), unsigned long rounds) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        alarm(hang_seconds);
        std::mt19937_64 random(20240607);
        for (unsigned long round = 0; round < rounds; ++round) attack(next_input(random));
        std::exit(0);
    }
    int status = 1;
    waitpid(child, &status, 0);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    const bool expect_crash = argc == 3 && std::strcmp(argv[2], "--expect-crash") == 0;
    if (argc < 2 || (argc == 3 && !expect_crash)) return 2;
    const char* wanted = std::getenv("SAMEPAGE_HOSTILE_ROUNDS");
    const unsigned long rounds = wanted ? std::strtoul(wanted, nullptr, 10) : 1000;
    const auto* const chosen = std::find_if(std::begin(subjects), std::end(subjects),
                                            [&](const subject& s) { return std::strcmp(s.name, argv[1]) == 0; });
    if (chosen == std::end(subjects)) return 2;
    const int status = run(chosen->attack, rounds);
    std::printf("%lu attacks on a %s: %s\n", rounds, argv[1], status == 0 ? "withstood" : "NOT withstood");
    return (status != 0) == expect_crash ? 0 : 1;
}
