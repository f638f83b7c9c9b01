// Writing and reading the sizes in a batch.
// SPDX-License-Identifier: MIT
#include "batch.hpp"

#include <charconv>

namespace samepage::bridge {

std::string sizes_text(const std::vector<std::size_t>& sizes) {
    std::string text;
    for (const std::size_t size_bytes : sizes) {
        if (!text.empty()) text += ',';
        text += std::to_string(size_bytes);
    }
    return text;
}

std::optional<std::vector<std::span<const std::byte>>> messages_in(const stream_message& m) {
    std::vector<std::span<const std::byte>> messages;
    std::span<const std::byte> rest = m.bytes();
    const std::string_view text = m.header(sizes_header);
    if (text.empty()) return {{rest}};
    const char* const end = text.data() + text.size();
    for (const char* at = text.data();; ++at) {
        std::size_t size_bytes = 0;
        const auto [stopped, wrong] = std::from_chars(at, end, size_bytes);
        if (wrong != std::errc() || (stopped != end && *stopped != ',') || size_bytes > rest.size()) return {};
        messages.push_back(rest.first(size_bytes));
        rest = rest.subspan(size_bytes);
        at = stopped;
        if (at == end) break;
    }
    if (!rest.empty()) return {};
    return messages;
}

}  // namespace samepage::bridge
