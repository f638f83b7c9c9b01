// SHA-256, as hexadecimal digits; and random numbers that nobody else has.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace samepage::bridge {

std::array<std::byte, 32> digest_of(std::span<const std::byte> bytes);
std::string hash_of(std::span<const std::byte> bytes);  // 64 digits
inline std::string hash_of(std::string_view text) { return hash_of(std::as_bytes(std::span(text))); }
std::string hex_of(std::span<const std::byte> bytes);
std::vector<std::byte> bytes_of_hex(std::string_view digits);  // empty: it is none
std::string random_id();                                       // 32 hexadecimal digits

}  // namespace samepage::bridge
