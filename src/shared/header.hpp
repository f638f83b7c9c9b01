// The first page of every structured object: what it is, which format, how large. Checked on every open.
// SPDX-License-Identifier: MIT
//
// Layout of a structured object (docs/format.md is normative, tests/abi pins the offsets)
//   [0, 128)        header. Written once by the maker, before anybody else can open it; never changed after.
//   [1024, 2048)    the slots' busy bytes (owner_word.hpp). Written by participants only. The rest of the page is zero.
//   [4096, 8192)    wait page: wait words. Whoever may read may also write here; damage only delays or wakes too often.
//   [8192, 12352)   participants: the slots' generations (participants.hpp). Written by participants only.
//   [12352, …)      the noun's own body. Written by participants only.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "os/format.hpp"
#include "samepage/kind.hpp"
#include "samepage/result.hpp"

namespace samepage::shared {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian");

using os::structured_magic;  // the header's first bytes
inline constexpr std::uint32_t byte_order_mark = 0x01020304;
inline constexpr std::uint32_t page_bytes = 4096;
inline constexpr std::uint32_t busy_offset = 1024;
inline constexpr std::uint32_t wait_page_offset = 4096;
inline constexpr std::uint32_t participants_offset = 8192;
inline constexpr std::uint32_t slots_count = 1024;
inline constexpr std::uint32_t body_offset = participants_offset + 64 + slots_count * 4;
inline constexpr std::size_t parameters_count = 4;

struct object_header {
    std::array<char, 8> magic;
    std::uint32_t kind;
    std::uint32_t format_version;  // of the kind
    std::uint32_t byte_order;
    std::uint32_t header_bytes;
    std::uint64_t fingerprint;  // of the kind's layout: two builds that differ in an offset don't meet
    std::uint64_t object_bytes;
    std::uint64_t created_unix_ns;  // for people
    std::uint32_t wait_offset;
    std::uint32_t participants_at;
    std::uint32_t slots;
    std::uint32_t body_at;
    std::array<std::uint64_t, parameters_count> parameters;  // the kind's own, fixed at creation
    std::array<std::uint64_t, 3> reserved;                   // zero
    std::uint64_t check;                                     // FNV-1a of all bytes before it
};
static_assert(sizeof(object_header) == 128 && alignof(object_header) <= 8);

// What a noun writes, and what it expects to find.
struct header_spec {
    samepage::kind kind = samepage::kind::region;
    std::uint32_t format_version = 1;
    std::uint64_t fingerprint = 0;
    std::uint64_t object_bytes = 0;                            // writing only; of one that grows, the least it has
    std::array<std::uint64_t, parameters_count> parameters{};  // writing only
};

// FNV-1a, 64 bit: for headers and fingerprints; not for speed.
constexpr std::uint64_t fnv1a(const std::uint8_t* bytes, std::size_t count,
                              std::uint64_t hash = 0xcbf29ce484222325U) noexcept {
    for (std::size_t i = 0; i < count; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3U;
    return hash;
}

// A layout's fingerprint: its offsets and sizes, in a fixed order.
template <std::size_t N>
constexpr std::uint64_t fingerprint_of(const std::uint64_t (&numbers)[N]) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::uint64_t number : numbers) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            const auto byte = static_cast<std::uint8_t>(number >> shift);
            hash = fnv1a(&byte, 1, hash);
        }
    }
    return hash;
}

// Fills the header of a new, zeroed object. Nobody else sees it yet.
void write_header(std::span<std::byte> object, const header_spec& spec) noexcept;

// Copies the header out and checks every field, against `expected` and the object's actual size.
//   corrupt         no magic, a wrong check sum, offsets or sizes that cannot be
//   wrong_kind      whole, but another kind; the detail says with which command or type to open it
//   wrong_version   the kind's format, its layout or its byte order is another one
result<object_header> read_header(std::span<const std::byte> bytes, std::uint64_t actual_bytes,
                                  const header_spec& expected, const char* operation, std::string_view place);

// The wrong_kind sentence, for whoever finds it out: "temp is a cell: samepage cell get temp".
error wrong_kind_error(samepage::kind found, const char* operation, std::string_view place);

}  // namespace samepage::shared
