// Errors as values: a code, the system's own code, the operation, and a sentence that says what to do next.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "samepage/error_list.h"
#include "samepage/export.hpp"

namespace samepage {

// What went wrong. The numbers are part of the ABI.
enum class errc : std::uint32_t {
#define SAMEPAGE_X(number, name, meaning, advice) name = number,
    SAMEPAGE_ERRORS(SAMEPAGE_X)
#undef SAMEPAGE_X
};

// The code's name as in the source ("no_space"), for people and for --json.
SAMEPAGE_API std::string_view name_of(errc code) noexcept;

// One failure. Copying and reading it never fails, on any thread.
//
// message() gives one sentence: the code's name, the operation, what was seen, the system's word and what to do next:
//   no_space: create hello: /dev/shm is full (64 MiB, 0 free); make it larger or set SAMEPAGE_DIR
class SAMEPAGE_API error {
   public:
    static constexpr std::size_t detail_bytes_max = 400;

    // `operation` must outlive the error (a string literal). `system_code` is errno or GetLastError(), 0 if none.
    // `detail` is cut at detail_bytes_max, at the border of a UTF-8 character.
    explicit error(errc code, const char* operation = "", std::string_view detail = {}, int system_code = 0) noexcept;

    // As far as the detail goes.
    error(const error& other) noexcept;
    error& operator=(const error& other) noexcept;
    ~error() = default;

    errc code() const noexcept { return code_; }
    int system_code() const noexcept { return system_code_; }
    const char* operation() const noexcept { return operation_; }
    std::string_view detail() const noexcept { return {detail_.data(), detail_bytes_}; }
    // When a buffer is too small for what is there, so many bytes would do; else 0.
    std::uint64_t needed_bytes() const noexcept { return needed_bytes_; }
    error& set_needed_bytes(std::uint64_t count) noexcept {
        needed_bytes_ = count;
        return *this;
    }

    // The whole sentence. Allocates.
    std::string message() const;

   private:
    errc code_;
    std::int32_t system_code_;
    const char* operation_;
    std::uint64_t needed_bytes_ = 0;
    std::uint32_t detail_bytes_ = 0;
    std::array<char, detail_bytes_max> detail_;
};

}  // namespace samepage
