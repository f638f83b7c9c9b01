// record: how a table's records stand in a bucket: the key as a subject, and when one expires.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "reader.hpp"

namespace samepage::bridge {

inline constexpr const char* expires_header = "Sp-Expires";  // nanoseconds since 1970, of the origin's clock
inline constexpr const char* key_header = "Sp-Key";          // hexadecimal, of a key that is too long for a subject
inline constexpr const char* operation_header = "KV-Operation";

// The key that the message is about. Nothing: it isn't one that a bridge has written.
std::optional<std::vector<std::byte>> key_in(const stream_message& m, std::size_t prefix_bytes);
inline bool is_erased(const stream_message& m) { return !m.header(operation_header).empty(); }
std::uint64_t expires_unix_ns(const stream_message& m);  // 0: never

std::uint64_t now_unix_ns();

// Which keys there are, in 16 bytes for each: to find those that one side has and the other hasn't.
class key_set {
   public:
    void add(std::span<const std::byte> key);
    void seal();  // before has()
    bool has(std::span<const std::byte> key) const;
    void clear() noexcept { digests_ = {}; }

   private:
    using digest = std::array<std::byte, 16>;
    static digest digest_of_key(std::span<const std::byte> key);
    std::vector<digest> digests_;
};

}  // namespace samepage::bridge
