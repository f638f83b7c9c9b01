// The CRC of POSIX's cksum: polynomial 0x04C11DB7, the length's bytes after the data, inverted.
// SPDX-License-Identifier: MIT
#include "checksum.hpp"

#include <array>

namespace samepage::cli {

namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i << 24U;
        for (int bit = 0; bit < 8; ++bit) crc = (crc << 1U) ^ ((crc >> 31U) != 0 ? 0x04C11DB7U : 0U);
        table[i] = crc;
    }
    return table;
}

constexpr auto table = make_table();

constexpr std::uint32_t step(std::uint32_t crc, std::uint32_t byte) {
    return (crc << 8U) ^ table[(crc >> 24U) ^ (byte & 0xFFU)];
}

}  // namespace

void checksum::add(std::string_view bytes) noexcept {
    for (const char c : bytes) crc_ = step(crc_, static_cast<unsigned char>(c));
    size_bytes_ += bytes.size();
}

std::uint32_t checksum::value() const noexcept {
    std::uint32_t crc = crc_;
    for (std::uint64_t left = size_bytes_; left != 0; left >>= 8U)
        crc = step(crc, static_cast<std::uint32_t>(left & 0xFFU));
    return ~crc;
}

}  // namespace samepage::cli
