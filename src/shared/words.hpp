// Bytes copied into and out of shared memory as atomic words: a torn copy is a wrong copy and nothing worse.
// SPDX-License-Identifier: MIT
//
// Stores are releases and loads are acquires, word by word: on x86 these are plain moves. So whoever loads one word of
// a later value also sees everything that was published before that value was begun, without a fence (which the thread
// sanitizer doesn't know). See Boehm, "Can seqlocks get along with programming language memory models?", 2012, for why
// one of both is needed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace samepage::shared {

// Of this process's own width: both halves of an eight-byte word may come apart, as the words of a value may anyway.
using machine_word = std::uintptr_t;
inline constexpr std::size_t word_bytes = sizeof(machine_word);
static_assert(std::atomic<machine_word>::is_always_lock_free && sizeof(std::atomic<machine_word>) == word_bytes);

// `to` is aligned to 8 and has room for `count` rounded up to 8.
inline void store_bytes(std::byte* to, const std::byte* from, std::size_t count) noexcept {
    auto* words = reinterpret_cast<std::atomic<machine_word>*>(to);
    // release: pairs with the acquire in load_bytes() (payload)
    const auto store_one = [&](std::size_t i) {
        machine_word value;
        std::memcpy(&value, from + i * word_bytes, word_bytes);
        words[i].store(value, std::memory_order_release);
    };
    const std::size_t whole = count / word_bytes;
    std::size_t i = 0;
    for (; i + 8 <= whole; i += 8) {
        for (std::size_t j = 0; j < 8; ++j) store_one(i + j);
    }
    for (; i < whole; ++i) store_one(i);
    if (const std::size_t rest = count % word_bytes; rest != 0) {
        machine_word value = 0;
        std::memcpy(&value, from + whole * word_bytes, rest);
        words[whole].store(value, std::memory_order_release);
    }
}

// `from` is aligned to 8 and readable for `count` rounded up to 8.
inline void load_bytes(std::byte* to, const std::byte* from, std::size_t count) noexcept {
    const auto* words = reinterpret_cast<const std::atomic<machine_word>*>(from);
    // acquire: pairs with the release in store_bytes() (payload)
    const auto load_one = [&](std::size_t i) {
        const machine_word value = words[i].load(std::memory_order_acquire);
        std::memcpy(to + i * word_bytes, &value, word_bytes);
    };
    const std::size_t whole = count / word_bytes;
    std::size_t i = 0;
    for (; i + 8 <= whole; i += 8) {
        for (std::size_t j = 0; j < 8; ++j) load_one(i + j);
    }
    for (; i < whole; ++i) load_one(i);
    if (const std::size_t rest = count % word_bytes; rest != 0) {
        const machine_word value = words[whole].load(std::memory_order_acquire);
        std::memcpy(to + whole * word_bytes, &value, rest);
    }
}

}  // namespace samepage::shared
