// Reading and writing durations and sizes.
// SPDX-License-Identifier: MIT
#include "units.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace samepage::cli {

namespace {

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr unit time_units[] = {{"ns", 1},
                               {"us", 1'000},
                               {"ms", 1'000'000},
                               {"", 1'000'000'000},
                               {"s", 1'000'000'000},
                               {"m", 60'000'000'000},
                               {"min", 60'000'000'000},
                               {"h", 3'600'000'000'000},
                               {"d", 86'400'000'000'000}};

constexpr std::uint64_t kibi = 1024;
constexpr unit size_units[] = {
    {"", 1}, {"b", 1}, {"k", kibi}, {"m", kibi* kibi}, {"g", kibi* kibi* kibi}, {"t", kibi* kibi* kibi* kibi}};

template <std::size_t n>
std::optional<std::uint64_t> factor_of(const unit (&units)[n], std::string_view name) {
    for (const unit& u : units) {
        if (u.name == name) return u.factor;
    }
    return {};
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

// The digits at the front of `text`, which it takes off.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc()) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

}  // namespace

std::optional<duration> parse_duration(std::string_view text) {
    const auto whole = take_number(text);
    if (!whole) return {};
    std::string_view fraction;
    if (!text.empty() && text.front() == '.') {
        const std::size_t end = text.find_first_not_of("0123456789", 1);
        fraction = text.substr(1, end == std::string_view::npos ? end : end - 1);
        if (fraction.empty() || fraction.size() > 9) return {};
        text.remove_prefix(1 + fraction.size());
    }
    const auto factor = factor_of(time_units, text);
    constexpr auto ns_max = static_cast<std::uint64_t>(duration::max().count());
    if (!factor || *whole > ns_max / *factor) return {};
    std::uint64_t ns = *whole * *factor, place = *factor;
    for (const char digit : fraction) {
        place /= 10;
        ns += place * static_cast<std::uint64_t>(digit - '0');
    }
    if (ns > ns_max) return {};
    return duration(static_cast<duration::rep>(ns));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto number = take_number(text);
    if (!number) return {};
    std::string name = lower(text);
    if (name.size() == 3 && name.ends_with("ib")) name.resize(1);
    const auto factor = factor_of(size_units, name);
    if (!factor || *number > UINT64_MAX / *factor) return {};
    return *number * *factor;
}

std::string duration_text(duration d) { return fmt::format("{:g}s", std::chrono::duration<double>(d).count()); }

std::string size_text(std::uint64_t size_bytes) {
    static constexpr const char* names[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    std::size_t i = 0;
    auto number = static_cast<double>(size_bytes);
    for (; number >= 1024 && i + 1 < std::size(names); ++i) number /= 1024;
    if (i == 0 || size_bytes % 1024 != 0) {
        if (size_bytes < 10 * kibi) return fmt::format("{} byte{}", size_bytes, size_bytes == 1 ? "" : "s");
        return fmt::format("{:.1f} {}", number, names[i]);
    }
    return fmt::format("{:.4g} {}", number, names[i]);
}

std::string time_text(std::uint64_t unix_ns) {
    using namespace std::chrono;
    const sys_seconds when(seconds(static_cast<std::int64_t>(unix_ns / 1000000000)));
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count());
}

}  // namespace samepage::cli
