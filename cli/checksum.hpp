// checksum: what the POSIX command cksum prints, so that anybody can compare.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace samepage::cli {

class checksum {
   public:
    void add(std::string_view bytes) noexcept;
    std::uint32_t value() const noexcept;
    std::uint64_t size_bytes() const noexcept { return size_bytes_; }
    bool operator==(const checksum&) const = default;

   private:
    std::uint32_t crc_ = 0;
    std::uint64_t size_bytes_ = 0;
};

}  // namespace samepage::cli
