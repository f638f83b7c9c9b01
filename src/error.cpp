// The names, meanings and sentences of errors, from the one list.
// SPDX-License-Identifier: MIT
#include "samepage/error.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>

#include "utf8.hpp"

namespace samepage {

namespace {

struct row {
    errc code;
    std::string_view name, meaning, advice;
};

constexpr row rows[] = {
#define SAMEPAGE_X(number, name, meaning, advice) {errc::name, #name, meaning, advice},
    SAMEPAGE_ERRORS(SAMEPAGE_X)
#undef SAMEPAGE_X
};

const row& row_of(errc code) noexcept {
    const auto* found = std::find_if(std::begin(rows), std::end(rows), [&](const row& r) { return r.code == code; });
    return found == std::end(rows) ? *(std::end(rows) - 1) : *found;
}

}  // namespace

std::string_view name_of(errc code) noexcept { return row_of(code).name; }

error::error(errc code, const char* operation, std::string_view detail, int system_code) noexcept
    : code_(code), system_code_(system_code), operation_(operation) {
    const std::string_view kept = beginning_of(detail, detail_bytes_max);
    if (!kept.empty()) std::memcpy(detail_.data(), kept.data(), kept.size());  // an empty view may be null
    detail_bytes_ = static_cast<std::uint32_t>(kept.size());
}

error::error(const error& other) noexcept
    : code_(other.code_),
      system_code_(other.system_code_),
      operation_(other.operation_),
      needed_bytes_(other.needed_bytes_),
      detail_bytes_(other.detail_bytes_) {
    std::memcpy(detail_.data(), other.detail_.data(), detail_bytes_);
}

error& error::operator=(const error& other) noexcept {
    if (this != &other) {
        this->~error();
        new (this) error(other);
    }
    return *this;
}

std::string error::message() const {
    const row& r = row_of(code_);
    std::string text(r.name);
    if (*operation_ != '\0') text.append(": ").append(operation_);
    // A detail is a whole sentence with its own advice; without one the list's words stand.
    if (detail_bytes_ != 0) {
        text.append(": ").append(detail());
    } else {
        text.append(": ").append(r.meaning);
    }
    if (system_code_ != 0) {
        text.append(" (").append(std::system_category().message(system_code_)).append(", ");
        text.append(std::to_string(system_code_)).append(")");
    }
    if (detail_bytes_ == 0) text.append("; ").append(r.advice);
    return text;
}

}  // namespace samepage
