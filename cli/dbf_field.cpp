// The types of fields that dBase III and FoxPro have.
// SPDX-License-Identifier: MIT
#include "dbf_field.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace samepage::cli {

namespace {

constexpr std::string_view blanks(" \0", 2);

std::uint64_t number_at(std::string_view bytes, std::size_t begin, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(bytes[begin + i])} << (8 * i);
    return value;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

bool is_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), value);
    // Not inf and nan, which from_chars takes.
    return end == text.data() + text.size() && why != std::errc::invalid_argument &&
           text.find_first_of("0123456789") != std::string_view::npos;
}

std::string day_text(std::chrono::year_month_day day) {
    return fmt::format("{:04}-{:02}-{:02}", int(day.year()), unsigned(day.month()), unsigned(day.day()));
}

std::string date(std::string_view text, bool& good) {
    if (text.find_first_not_of("0") == std::string_view::npos) return {};
    unsigned value = 0;
    const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), value);
    good = text.size() == 8 && end == text.data() + text.size() && why == std::errc();
    const std::chrono::year_month_day day(std::chrono::year(int(value / 10000)), std::chrono::month(value / 100 % 100),
                                          std::chrono::day(value % 100));
    good = good && day.ok();
    return day_text(day);
}

// A Julian day and the milliseconds of it, to the next second: FoxPro's times are often one short.
std::string time(std::string_view bytes, bool& good) {
    constexpr std::int64_t epoch_day = 2440588, years_9999_days = 3652059 - 719162;  // of 1970-01-01
    if (trimmed(bytes).empty()) return {};
    const auto day = static_cast<std::int64_t>(number_at(bytes, 0, 4)) - epoch_day;
    const auto ms = static_cast<std::int64_t>(number_at(bytes, 4, 4));
    good = day > -719162 && day < years_9999_days && ms < 86400000;
    if (!good) return {};
    const auto at = std::chrono::sys_days(std::chrono::days(day)) + std::chrono::seconds((ms + 500) / 1000);
    const auto of_day = std::chrono::floor<std::chrono::days>(at);
    const auto s = static_cast<std::int64_t>((at - of_day).count());
    return fmt::format("{}T{:02}:{:02}:{:02}", day_text(of_day), s / 3600, s / 60 % 60, s % 60);
}

std::string truth(std::string_view text, bool& good) {
    if (text.find_first_of("TtYy") == 0) return "T";
    if (text.find_first_of("FfNn") == 0) return "F";
    good = trimmed(text).empty() || text == "?";
    return {};
}

std::string money(std::uint64_t bits) {
    const bool is_negative = (bits >> 63U) != 0;
    const std::uint64_t size = is_negative ? ~bits + 1 : bits;
    return fmt::format("{}{}.{:04}", is_negative ? "-" : "", size / 10000, size % 10000);
}

}  // namespace

bool dbf_field::is_read() const noexcept {
    switch (type) {
        case 'C':
        case 'N':
        case 'F': return true;
        case 'L': return bytes == 1;
        case 'D':
        case 'Y':
        case 'B':  // a memo of dBase has that letter too, and 10 bytes
        case 'T': return bytes == 8;
        case 'I': return bytes == 4;
        default: return false;
    }
}

std::string dbf_text(const dbf_field& field, std::string_view bytes, std::string& wrong) {
    if (!field.is_read()) return {};
    bool good = true;
    std::string text;
    switch (field.type) {
        case 'C': text = bytes.substr(0, bytes.find_last_not_of(blanks) + 1); break;
        case 'D': text = date(trimmed(bytes), good); break;
        case 'T': text = time(bytes, good); break;
        case 'L': text = truth(bytes, good); break;
        case 'Y': text = money(number_at(bytes, 0, 8)); break;
        case 'I': text = std::to_string(static_cast<std::int32_t>(number_at(bytes, 0, 4))); break;
        case 'B': {
            const auto value = std::bit_cast<double>(number_at(bytes, 0, 8));
            good = std::isfinite(value);
            text = fmt::format("{}", value);
            break;
        }
        default: text = trimmed(bytes); good = text.empty() || is_number(text);
    }
    if (!good) wrong = fmt::format("its field {} can't be of the type {}", field.name, field.type);
    return text;
}

}  // namespace samepage::cli
