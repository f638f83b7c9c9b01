// Hashing with libcrypto.
// SPDX-License-Identifier: MIT
#include "hash.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <charconv>
#include <stdexcept>

namespace samepage::bridge {

std::array<std::byte, 32> digest_of(std::span<const std::byte> bytes) {
    std::array<std::byte, 32> digest{};
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
                   nullptr) != 1)
        throw std::runtime_error("libcrypto has no SHA-256");
    return digest;
}

std::string hex_of(std::span<const std::byte> bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte b : bytes) {
        text += digits[std::to_integer<unsigned>(b) >> 4U];
        text += digits[std::to_integer<unsigned>(b) & 15U];
    }
    return text;
}

std::string hash_of(std::span<const std::byte> bytes) { return hex_of(digest_of(bytes)); }

std::vector<std::byte> bytes_of_hex(std::string_view digits) {
    std::vector<std::byte> bytes(digits.size() / 2);
    if (digits.size() % 2 != 0) return {};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned value = 0;
        const auto [stopped, wrong] = std::from_chars(&digits[2 * i], &digits[2 * i] + 2, value, 16);
        if (wrong != std::errc() || stopped != &digits[2 * i] + 2) return {};
        bytes[i] = static_cast<std::byte>(value);
    }
    return bytes;
}

std::string random_id() {
    std::array<std::byte, 16> bytes{};
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("libcrypto has no random numbers");
    return hex_of(bytes);
}

}  // namespace samepage::bridge
