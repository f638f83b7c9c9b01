// What the role "clerk" does in a storm: deeds that follow from two numbers, so that tests can tell what must be there.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace table_actor {

// Clerk number `clerk`'s `turn`th deed: a value put under one of its own keys, or an erased one.
struct deed {
    static constexpr std::uint64_t keys = 20;  // of each clerk
    std::uint64_t clerk, turn;

    std::uint64_t dice() const {
        std::uint64_t mixed = (clerk * 0x9e3779b97f4a7c15U + turn) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ mixed >> 29) * 0x94d049bb133111ebU;
        return mixed ^ mixed >> 32;
    }
    std::string key() const { return std::to_string(clerk) + "." + std::to_string(dice() % keys); }
    bool erases() const { return dice() / keys % 5 == 0; }
    bool compacts() const { return dice() / 7 % 50 == 0; }
    std::string value() const {
        const std::uint64_t kind = dice() / 100 % 40, size = dice() / 4000;
        // Seldom a large record, sometimes a middling one.
        return text(static_cast<std::size_t>(kind == 0 ? 16500 + size % 40000 : kind < 5 ? size % 3000 : size % 200));
    }

    // "CLERK TURN ", and then what follows from both.
    std::string text(std::size_t size) const {
        std::string all = std::to_string(clerk) + " " + std::to_string(turn) + " ";
        const std::size_t head = all.size();
        all.resize(head + size);
        for (std::size_t at = 0; at < size; at += 8) {
            const std::uint64_t word = (clerk + turn * 31 + at) * 0x9e3779b97f4a7c15U;
            std::memcpy(all.data() + head + at, &word, size - at < 8 ? size - at : 8);
        }
        return all;
    }
};

inline constexpr std::uint64_t clerks_max = 4096;  // of one storm: each has a word of progress

}  // namespace table_actor
