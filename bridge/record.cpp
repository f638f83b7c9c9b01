// Keys and times of records in a bucket.
// SPDX-License-Identifier: MIT
#include "record.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>

#include "hash.hpp"
#include "names.hpp"

namespace samepage::bridge {

std::optional<std::vector<std::byte>> key_in(const stream_message& m, std::size_t prefix_bytes) {
    const std::string_view subject = m.subject();
    if (subject.size() <= prefix_bytes) return {};
    const std::string_view token = subject.substr(prefix_bytes);
    auto key = is_hashed(token) ? bytes_of_hex(m.header(key_header)) : key_of(token);
    if (!key || key->empty() || key_token(*key) != token) return {};
    return key;
}

std::uint64_t expires_unix_ns(const stream_message& m) {
    const std::string_view text = m.header(expires_header);
    std::uint64_t time = 0;
    std::from_chars(text.data(), text.data() + text.size(), time);
    return time;
}

std::uint64_t now_unix_ns() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

key_set::digest key_set::digest_of_key(std::span<const std::byte> key) {
    const auto whole = digest_of(key);
    digest d;
    std::memcpy(d.data(), whole.data(), d.size());
    return d;
}

void key_set::add(std::span<const std::byte> key) { digests_.push_back(digest_of_key(key)); }

void key_set::seal() { std::sort(digests_.begin(), digests_.end()); }

bool key_set::has(std::span<const std::byte> key) const {
    return std::binary_search(digests_.begin(), digests_.end(), digest_of_key(key));
}

}  // namespace samepage::bridge
