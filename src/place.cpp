// Reading and writing places; what may be a name.
// SPDX-License-Identifier: MIT
#include "samepage/place.hpp"

#include <algorithm>

#include "os/paths.hpp"
#include "utf8.hpp"

namespace samepage {

namespace {

constexpr std::size_t name_bytes_max = 200;
constexpr std::string_view local_prefix = "Local\\", global_prefix = "Global\\";

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Takes `prefix` off the front of `text`, in any case of letters.
bool take(std::string_view& text, std::string_view prefix) noexcept {
    const bool same = text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                                 [](char a, char b) { return lower(a) == lower(b); });
    if (same) text.remove_prefix(prefix.size());
    return same;
}

const char* why_no_name(std::string_view name) noexcept {
    if (name.empty()) return "a name has at least one byte";
    if (name.size() > name_bytes_max) return "a name has at most 200 bytes; a path would have a '/' in it";
    if (name == "." || name == "..") return "'.' and '..' are no names; a path would have a '/' in it";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) return "a name has no control characters and no zero byte";
        if (c == '\\' || c == '/')
            return "a name has no slash or backslash, except in Local\\ and Global\\ at its front";
    }
    if (!is_utf8(name)) return "a name is UTF-8";
    return nullptr;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned first = byte(i);
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xC2 ? 0
                                   : first < 0xE0 ? 2
                                   : first < 0xF0 ? 3
                                   : first < 0xF5 ? 4
                                                  : 0;
        if (length == 0 || i + length > text.size()) return false;
        for (std::size_t k = 1; k < length; ++k) {
            if ((byte(i + k) & 0xC0U) != 0x80U) return false;
        }
        if (length == 3 && first == 0xE0 && byte(i + 1) < 0xA0) return false;  // overlong
        if (length == 3 && first == 0xED && byte(i + 1) > 0x9F) return false;  // surrogate
        if (length == 4 && first == 0xF0 && byte(i + 1) < 0x90) return false;  // overlong
        if (length == 4 && first == 0xF4 && byte(i + 1) > 0x8F) return false;  // past U+10FFFF
        i += length;
    }
    return true;
}

result<place> place::parse(std::string_view text) {
    samepage::place where;
    std::string_view rest = text;
    if (take(rest, global_prefix)) {
        where.scope = scope::global;
    } else if (!take(rest, local_prefix) && os::is_path(text)) {
        if (text.find('\0') != std::string_view::npos)
            return error(errc::invalid_name, "place", "a path has no zero byte");
        where.scope = scope::path;
        where.name = std::string(text);
        return where;
    }
    if (const char* why = why_no_name(rest)) return error(errc::invalid_name, "place", why);
    where.name = std::string(rest);
    return where;
}

std::string place::text() const { return scope == scope::global ? std::string(global_prefix) + name : name; }

}  // namespace samepage
