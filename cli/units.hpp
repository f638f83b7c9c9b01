// Durations and sizes as people write them: 5s, 100ms, 2m; 4K, 64M, 1G.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "samepage/duration.hpp"

namespace samepage::cli {

// "5s", "100ms", "2m", "1h", "0.5s"; a bare number is seconds. Nothing for what is none, is negative or overflows.
std::optional<duration> parse_duration(std::string_view text);
// "4096", "4K", "64M", "1G", "1T", also "4KiB", all powers of 1024. Nothing for what is none, negative or overflows.
std::optional<std::uint64_t> parse_size(std::string_view text);

std::string duration_text(duration d);            // "1.5s"
std::string size_text(std::uint64_t size_bytes);  // "64 MiB", "5000 bytes"
std::string time_text(std::uint64_t unix_ns);     // "2026-01-31 12:00:00 UTC"

}  // namespace samepage::cli
