// Copying bytes between a region of any size and private memory, so that nobody's truncation can kill this process.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "content.hpp"
#include "samepage/region.hpp"

namespace samepage::cli {

// Options for handles that are only held or copied through windows.
region_options windows_only(samepage::access access);

// Puts the content at `offset_bytes`: whole, or too_large and nothing. Its first byte goes in last, so that who waits
// for the first byte finds the rest there.
void write_content(const region& to, std::string_view place, std::uint64_t offset_bytes, content& what);

// Gives `use` the bytes [offset, offset + size) in pieces of at most 256 KiB, until it says false. Throws failure
// (corrupt) when the file under it has been cut short.
void read_bytes(const region& from, std::string_view place, std::uint64_t offset_bytes, std::uint64_t size_bytes,
                const std::function<bool(std::span<const char>)>& use);

// Whether the byte there is not zero: something has been written.
bool holds_something(const region& in, std::string_view place, std::uint64_t offset_bytes);

}  // namespace samepage::cli
