// hex_table: bytes as lines of offset, hexadecimal numbers and characters, as hexdump -C prints them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace samepage::cli {

// Lines that repeat the one before are shown as one '*'.
class hex_table {
   public:
    explicit hex_table(std::uint64_t offset_bytes) : at_(offset_bytes) {}

    std::string add(std::span<const char> bytes);  // the lines that are complete
    std::string end();                             // the rest, and the offset of the end

   private:
    void take_line(std::string& out);

    std::uint64_t at_;
    std::string line_, before_;
    bool starred_ = false, any_ = false;
};

}  // namespace samepage::cli
