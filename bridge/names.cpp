// Names and keys in the alphabets of NATS.
// SPDX-License-Identifier: MIT
#include "names.hpp"

#include <fmt/format.h>

#include "hash.hpp"

namespace samepage::bridge {

namespace {

constexpr std::size_t token_max = 512;  // subjects are in the line of a command, which servers bound to 4 KiB

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; }

void append_escaped(std::string& text, char sign, char c) {
    text += fmt::format("{}{:02X}", sign, static_cast<unsigned char>(c));
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string name_token(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (is_plain(c)) {
            text += c;
        } else {
            append_escaped(text, '_', c);
        }
    }
    return text;
}

std::string key_token(std::span<const std::byte> key) {
    std::string text;
    for (std::size_t i = 0; i < key.size() && text.size() <= token_max; ++i) {
        const char c = static_cast<char>(key[i]);
        const bool dot_fits = c == '.' && !text.empty() && text.back() != '.' && i + 1 < key.size();
        if (is_plain(c) || c == '_' || c == '/' || dot_fits) {
            text += c;
        } else {
            append_escaped(text, '=', c);
        }
    }
    return text.size() <= token_max ? text : "=H" + hash_of(key);
}

bool is_hashed(std::string_view token) noexcept { return token.starts_with("=H"); }

std::optional<std::vector<std::byte>> key_of(std::string_view token) {
    std::vector<std::byte> key;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '=') {
            key.push_back(static_cast<std::byte>(token[i]));
            continue;
        }
        if (i + 2 >= token.size()) return {};
        const int high = digit_of(token[i + 1]), low = digit_of(token[i + 2]);
        if (high < 0 || low < 0) return {};
        key.push_back(static_cast<std::byte>(high * 16 + low));
        i += 2;
    }
    return key;
}

stream_names::stream_names(const object_spec& spec, const std::string& group) {
    const std::string kind(samepage::name_of(spec.kind)), name = name_token(spec.name);
    const std::string subject = fmt::format("sp.{}.{}.{}", group, kind, name);
    const std::string bucket = fmt::format("sp-{}-{}-{}", group, kind, name);
    owner = subject + ".owner";
    fence = subject + ".fence";
    parts = subject + ".part.";
    subjects = subject + ".>";
    switch (spec.kind) {
        case samepage::kind::channel:
            stream = fmt::format("SP_{}_{}_{}", group, kind, name);
            data = filter = subject;
            break;
        case samepage::kind::cell:
            stream = "KV_" + bucket;
            data = filter = "$KV." + bucket + ".value";
            break;
        default:
            stream = "KV_" + bucket;
            data = "$KV." + bucket + ".";
            filter = data + ">";
            break;
    }
}

}  // namespace samepage::bridge
