// Bytes copied into and out of shared memory as atomic words: a torn copy is a wrong copy and nothing worse.
// SPDX-License-Identifier: MIT
//
// Stores are releases and loads are acquires, word by word. So whoever loads one word of a later value also sees all
// that was published before that value was begun, without a fence (which the thread sanitizer doesn't know). See Boehm,
// "Can seqlocks get along with programming language memory models?", 2012, for why one of both is needed.
//
// On x86-64 a word has 16 bytes: there every plain load is an acquire and every plain store a release, of any width;
// only the compiler has to be told. Elsewhere, and under the thread sanitizer, it is a machine word.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SANITIZE_THREAD__)
#define SAMEPAGE_MACHINE_WORDS
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SAMEPAGE_MACHINE_WORDS
#endif
#endif
#if defined(__x86_64__) && !defined(SAMEPAGE_MACHINE_WORDS)
#include <emmintrin.h>
#endif

namespace samepage::shared {

#if defined(__x86_64__) && !defined(SAMEPAGE_MACHINE_WORDS)

struct copy_word {
    static constexpr std::size_t bytes = 16;
    __m128i value;

    static copy_word of(const std::uint64_t (&halves)[2]) noexcept {
        return {_mm_set_epi64x(static_cast<long long>(halves[1]), static_cast<long long>(halves[0]))};
    }
    std::uint64_t half(int which) const noexcept {
        return static_cast<std::uint64_t>(_mm_cvtsi128_si64(which == 0 ? value : _mm_unpackhi_epi64(value, value)));
    }
    static copy_word load_private(const std::byte* from) noexcept {
        return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
    }

    // The empty statements keep the compiler from moving other accesses across, as an acquire and a release do.
    static copy_word load_shared(const std::byte* from) noexcept {
        const copy_word w{_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
        asm volatile("" ::: "memory");
        return w;
    }
    void store_shared(std::byte* to) const noexcept {
        asm volatile("" ::: "memory");
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value);
    }
};

#else

struct copy_word {
    static constexpr std::size_t bytes = sizeof(std::uintptr_t);
    std::uintptr_t value;

    static copy_word of(const std::uint64_t (&halves)[2]) noexcept { return {static_cast<std::uintptr_t>(halves[0])}; }
    std::uint64_t half(int which) const noexcept { return which == 0 ? value : 0; }
    static copy_word load_private(const std::byte* from) noexcept {
        copy_word w;
        std::memcpy(&w, from, sizeof w);
        return w;
    }
    static copy_word load_shared(const std::byte* from) noexcept {
        // acquire: pairs with the release in store_shared() (payload)
        return {reinterpret_cast<const std::atomic<std::uintptr_t>*>(from)->load(std::memory_order_acquire)};
    }
    void store_shared(std::byte* to) const noexcept {
        // release: pairs with the acquire in load_shared() (payload)
        reinterpret_cast<std::atomic<std::uintptr_t>*>(to)->store(value, std::memory_order_release);
    }
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);

#endif

// This line is going to be written: has it come here meanwhile.
inline void expect_to_write(const void* line) noexcept {
#if defined(__x86_64__)
    // What the compiler makes of a prefetch for writing, unless told of a newer processor, only reads. One that doesn't
    // know this does nothing.
    asm volatile("prefetchw %0" ::"m"(*static_cast<const char*>(line)));
#else
    __builtin_prefetch(line, 1);
#endif
}

// Room that a copy of `count` bytes may touch in shared memory.
constexpr std::uint64_t copy_room(std::uint64_t count) noexcept { return (count + 15) / 16 * 16; }

// 1 to 7 bytes, as the first ones of a word, and zeros behind them: without a loop or a call.
inline std::uint64_t few_bytes(const std::byte* from, std::size_t count) noexcept {
    static_assert(std::endian::native == std::endian::little);
    if (count >= 4) {
        std::uint32_t first, last;
        std::memcpy(&first, from, 4);
        std::memcpy(&last, from + count - 4, 4);
        return first | std::uint64_t{last} << 8 * (count - 4);
    }
    const auto byte = [&](std::size_t at) { return std::to_integer<std::uint64_t>(from[at]) << 8 * at; };
    return byte(0) | byte(count / 2) | byte(count - 1);
}

// The `count` bytes of a message's last word, of which there is at least one and fewer than a word has.
inline copy_word last_word(const std::byte* from, std::size_t count) noexcept {
    std::uint64_t halves[2] = {};
    if (count < 8) {
        halves[0] = few_bytes(from, count);
    } else {
        std::memcpy(&halves[0], from, 8);
        if (count > 8) halves[1] = few_bytes(from + 8, count - 8);
    }
    return copy_word::of(halves);
}

// `to` is aligned to 8 and has copy_room(count).
[[gnu::always_inline]] inline void store_bytes(std::byte* to, const std::byte* from, std::size_t count) noexcept {
    std::size_t at = 0;
    for (; at + 64 <= count; at += 64) {
        for (std::size_t word = at; word < at + 64; word += copy_word::bytes)
            copy_word::load_private(from + word).store_shared(to + word);
    }
    for (; at + copy_word::bytes <= count; at += copy_word::bytes)
        copy_word::load_private(from + at).store_shared(to + at);
    if (at < count) last_word(from + at, count - at).store_shared(to + at);
}

// As load_bytes below, of 64 bytes: a loop that compilers unroll, without a call.
[[gnu::always_inline]] inline void load_64_bytes(std::byte* to, const std::byte* from) noexcept {
    for (std::size_t at = 0; at < 64; at += copy_word::bytes) {
        const copy_word w = copy_word::load_shared(from + at);
        std::memcpy(to + at, &w, sizeof w);
    }
}

// The other way round: the first 1 to 7 bytes of a word.
inline void put_few_bytes(std::byte* to, std::uint64_t word, std::size_t count) noexcept {
    if (count >= 4) {
        const auto first = static_cast<std::uint32_t>(word), last = static_cast<std::uint32_t>(word >> 8 * (count - 4));
        std::memcpy(to, &first, 4);
        std::memcpy(to + count - 4, &last, 4);
        return;
    }
    for (const std::size_t at : {std::size_t{0}, count / 2, count - 1}) to[at] = static_cast<std::byte>(word >> 8 * at);
}

inline void put_last_word(std::byte* to, const copy_word& word, std::size_t count) noexcept {
    if (count < 8) return put_few_bytes(to, word.half(0), count);
    const std::uint64_t first = word.half(0);
    std::memcpy(to, &first, 8);
    if (count > 8) put_few_bytes(to + 8, word.half(1), count - 8);
}

// `from` is aligned to 8 and readable for copy_room(count).
[[gnu::always_inline]] inline void load_bytes(std::byte* to, const std::byte* from, std::size_t count) noexcept {
    std::size_t at = 0;
    for (; at + 64 <= count; at += 64) load_64_bytes(to + at, from + at);
    for (; at + copy_word::bytes <= count; at += copy_word::bytes) {
        const copy_word w = copy_word::load_shared(from + at);
        std::memcpy(to + at, &w, sizeof w);
    }
    if (at < count) put_last_word(to + at, copy_word::load_shared(from + at), count - at);
}

}  // namespace samepage::shared
