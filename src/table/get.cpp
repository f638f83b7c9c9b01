// Gets records of tables, one, many or all. What readers see, and why it is right: table/find.hpp, table/scan.hpp.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "table/cursor.hpp"
#include "table/scan.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::closed;
using tables::finder;
using tables::getting;
using tables::is_key;
using tables::no_key_that_can_be;
using tables::why_not;

namespace {

constexpr const char* scanning = "read a table";

std::span<const std::byte> bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

}  // namespace

template <class RoomFor>
result<std::uint64_t> table_bytes::state::copy_out(std::span<const std::byte> key, std::uint64_t hash,
                                                   RoomFor&& room_for) const {
    tables::seen_record seen;
    const auto how = find->get(key, hash, seen, [&](const std::byte* value, std::uint64_t size_bytes) {
        const auto count = static_cast<std::size_t>(size_bytes);
        if (std::byte* const to = room_for(count); to != nullptr) shared::load_bytes(to, value, count);
    });
    if (how != finder::outcome::found) return why_not(how, getting);
    return seen.number;
}

result<table_bytes::found> table_bytes::get(std::span<const std::byte> key, std::span<std::byte> into) const {
    if (!state_) return closed(getting);
    if (!is_key(key)) return no_key_that_can_be(key, getting);
    found seen{0, 0};
    const std::uint64_t hash = state_->hash(key);
    const auto copy = [&](const std::byte* value, std::uint64_t size_bytes) {
        seen.size_bytes = static_cast<std::size_t>(size_bytes);
        if (seen.size_bytes <= into.size()) shared::load_bytes(into.data(), value, seen.size_bytes);
    };
    if (state_->find->try_get(key, hash, seen.version, copy) && seen.size_bytes <= into.size()) [[likely]]
        return seen;
    return state_->get_closely(key, hash, into);
}

std::uint64_t table_bytes::get_plain(const void* key, std::size_t key_bytes, void* into,
                                     std::size_t value_bytes) const noexcept {
    if (!state_) [[unlikely]]
        return 0;
    const std::span bytes(static_cast<const std::byte*>(key), key_bytes);
    const std::span to(static_cast<std::byte*>(into), value_bytes);
    // The most common length of keys has code of its own.
    return key_bytes == 8 ? state_->get_now<8>(bytes.first<8>(), to) : state_->get_now<std::dynamic_extent>(bytes, to);
}

template <std::size_t KeyBytes>
std::uint64_t table_bytes::state::get_now(std::span<const std::byte, KeyBytes> key,
                                          std::span<std::byte> into) const noexcept {
    // A finder of its own: the arena needn't be looked up.
    const std::uint64_t h = hash(key), number = finder(*bytes).try_get_at_first(key, h, into);
    return number != 0 ? number : get_nearby(key, h, into);
}

std::uint64_t table_bytes::state::get_nearby(std::span<const std::byte> key, std::uint64_t hash,
                                             std::span<std::byte> into) const noexcept {
    return find->try_get_exactly(key, hash, into);
}

result<table_bytes::found> table_bytes::state::get_closely(std::span<const std::byte> key, std::uint64_t hash,
                                                           std::span<std::byte> into) const {
    std::size_t size_bytes = 0;
    const auto version = copy_out(key, hash, [&](std::size_t count) {
        size_bytes = count;
        return count <= into.size() ? into.data() : nullptr;
    });
    if (!version) return version.error();
    if (size_bytes <= into.size()) return found{*version, size_bytes};
    return error(errc::too_large, getting,
                 "the value has " + std::to_string(size_bytes) + " bytes, there is room for " +
                     std::to_string(into.size()) + "; give a larger buffer")
        .set_needed_bytes(size_bytes);
}

void table_bytes::state::expect(std::span<const std::byte> keys, std::size_t key_bytes, const tables::arena::view& view,
                                tables::batch& near) const {
    const std::size_t count = keys.size() / key_bytes;
    for (std::size_t i = 0; i < count; ++i) {
        near.hashes[i] = hash(keys.subspan(i * key_bytes, key_bytes));
        find->expect_bucket(near.hashes[i]);
    }
    for (std::size_t i = 0; i < count; ++i) {
        near.slots[i] = find->near_slot(near.hashes[i], view);
        if (near.slots[i] != nullptr) find->expect_record(*near.slots[i]);
    }
}

result<std::size_t> table_bytes::get_many(std::span<const std::byte> keys, std::size_t key_bytes,
                                          std::span<std::byte> values, std::size_t value_bytes,
                                          std::span<std::uint64_t> versions) const {
    if (!state_) return closed(getting);
    const std::size_t count = versions.size();
    if (!tables::are_as_many(count, keys.size(), key_bytes, values.size(), value_bytes))
        return tables::not_as_many(getting);
    std::size_t there = 0;
    tables::batch near;
    auto& [hashes, slots] = near;
    for (std::size_t first = 0; first < count; first += tables::batch_keys) {
        const std::size_t here = std::min(tables::batch_keys, count - first);
        const tables::arena::view view = state_->bytes->now();
        state_->expect(keys.subspan(first * key_bytes, here * key_bytes), key_bytes, view, near);
        for (std::size_t i = 0; i < here; ++i) {
            const auto key = keys.subspan((first + i) * key_bytes, key_bytes);
            const auto into = values.subspan((first + i) * value_bytes, value_bytes);
            std::uint64_t& version = versions[first + i];
            version = slots[i] == nullptr ? 0 : state_->find->copy_exactly<true>(*slots[i], view, key, into);
            if (version != 0) [[likely]] {
                ++there;
                continue;
            }
            tables::seen_record seen;
            std::uint64_t seen_bytes = value_bytes;
            const auto how =
                state_->find->get(key, hashes[i], seen, [&](const std::byte* from, std::uint64_t size_bytes) {
                    seen_bytes = size_bytes;
                    if (size_bytes == value_bytes) shared::load_bytes(into.data(), from, value_bytes);
                });
            if (how == finder::outcome::missing) continue;
            if (how != finder::outcome::found) return why_not(how, getting);
            version = seen.number;
            if (seen_bytes != value_bytes)
                return error(errc::wrong_kind, getting,
                             "a record has " + std::to_string(seen_bytes) + " bytes, not " +
                                 std::to_string(value_bytes) + "; get it by itself");
            ++there;
        }
    }
    return there;
}

result<std::vector<std::byte>> table_bytes::get(std::span<const std::byte> key) const {
    if (!state_) return closed(getting);
    if (!is_key(key)) return no_key_that_can_be(key, getting);
    std::vector<std::byte> value;
    const auto version = state_->copy_out(key, state_->hash(key), [&](std::size_t count) {
        value.resize(count);
        return value.data();
    });
    if (!version) return version.error();
    return value;
}

result<table_bytes::text_value> table_bytes::get_text(std::string_view key) const {
    if (!state_) return closed(getting);
    if (!is_key(bytes_of(key))) return no_key_that_can_be(bytes_of(key), getting);
    std::string text;
    const auto version = state_->copy_out(bytes_of(key), state_->hash(bytes_of(key)), [&](std::size_t count) {
        text.resize(count);
        return reinterpret_cast<std::byte*>(text.data());
    });
    if (!version) return version.error();
    return text_value{*version, std::move(text)};
}

result<std::uint64_t> table_bytes::version(std::span<const std::byte> key) const {
    if (!state_) return closed(getting);
    if (!is_key(key)) return no_key_that_can_be(key, getting);
    const auto seen = state_->look(key);
    if (!seen) return seen.error();
    return seen->number;
}

result<bool> table_bytes::contains(std::string_view key) const {
    const auto seen = version(bytes_of(key));
    if (!seen) return seen.error();
    return *seen != 0;
}

result<void> table_bytes::for_each(const std::function<bool(const record&)>& f, std::string_view prefix) const {
    if (!state_) return closed(scanning);
    tables::scan scan(*state_->bytes, state_->seed);
    for (;;) {
        const auto how = scan.next_bucket(bytes_of(prefix));
        if (how == finder::outcome::missing) return {};
        if (how != finder::outcome::found) return why_not(how, scanning);
        for (const auto& one : scan.records()) {
            if (!f({one.key(), one.value(), one.number, one.expires_ns})) return {};
        }
    }
}

result<table_bytes::cursor> table_bytes::scan(std::string_view prefix) const {
    if (!state_) return closed(scanning);
    return cursor(std::make_unique<cursor::state>(*state_->bytes, state_->seed, prefix));
}

}  // namespace samepage
