// What the role "sender" floods a channel with, so that whoever receives it can check it.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace channel_actor {

// The sender's `number`th message: "SENDER NUMBER " and letters, whose count and kind follow from both.
inline std::string flood_text(std::uint64_t sender, std::uint64_t number) {
    const auto letters = static_cast<std::size_t>((number * 37 + sender * 11) % 150);
    return std::to_string(sender) + " " + std::to_string(number) + " " +
           std::string(letters, static_cast<char>('a' + (sender + number) % 26));
}

}  // namespace channel_actor
