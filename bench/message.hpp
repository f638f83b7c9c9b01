// What the contenders send: words that say the message's number, so that a receiver can check what it got.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "beside.hpp"

namespace bench {

// Of a small message every word is written and read, of a large one every 64th (a word in each 512 bytes).
template <std::size_t size>
struct message {
    static_assert(size % 8 == 0);
    static constexpr std::size_t step = size <= 512 ? 1 : 64;
    std::array<std::uint64_t, size / 8> words;

    void stamp(std::uint64_t number) {
        for (std::size_t i = 0; i < words.size(); i += step) words[i] = number;
    }
    // Its number. Ends this process if the words disagree.
    std::uint64_t number() const {
        std::uint64_t different = 0;
        for (std::size_t i = 0; i < words.size(); i += step) different |= words[i] ^ words[0];
        if (different != 0) fail("a message is torn");
        return words[0];
    }
};

// The number of the message that ends a slice. In each slice the others count from 1.
inline constexpr std::uint64_t last_number = ~std::uint64_t{0};

inline void check_next(std::uint64_t number, std::uint64_t& counted) {
    if (number != last_number && number != ++counted) fail("a message is lost, doubled or out of order");
}

}  // namespace bench
