// A table's pages copied into another file, and read back: what a checkpoint consists of.
// SPDX-License-Identifier: MIT
//
// Layout of the file: that of a table (layout.hpp), up to `end`; the wait page is zero, owner words are nobody's.
// `image_check` is the sum, modulo 2^64, of page_check() of all pages, itself counted as zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "os/os.hpp"
#include "samepage/result.hpp"
#include "shared/structured.hpp"
#include "table/arena.hpp"

namespace samepage::tables {

// 64 bits over a page and its number. Two pages that differ in one word never have the same.
std::uint64_t page_check(std::span<const std::byte> bytes, std::uint64_t number) noexcept;

// The header and the body, in memory of this process.
class fixed_part {
   public:
    fixed_part() : words_(arena_offset / 8) {}
    std::span<std::byte> bytes() noexcept { return std::as_writable_bytes(std::span(words_)); }
    std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span(words_)); }
    body& fixed() noexcept { return *reinterpret_cast<body*>(bytes().data() + table_offset); }
    std::uint64_t check() const noexcept;

   private:
    std::vector<std::uint64_t> words_;
};

// Writes an image. One thread.
class image_writer {
   public:
    image_writer(const arena& from, os::new_file& to) noexcept : from_(&from), to_(&to) {}

    // Those pages of runs, up to `end`, that aren't as they were when they were last copied. Others may change them
    // meanwhile; what was missed then is copied the next time. Gives how many they were.
    result<std::uint64_t> copy_runs(std::uint64_t end);
    // While nobody changes anything: copies the fixed part into memory, as it is to be in the image.
    void take_fixed(std::uint64_t made_ns);
    // The fixed part into the file, with the check sum.
    result<void> finish();
    std::uint64_t records();
    std::uint64_t size_bytes() const noexcept { return arena_offset + checks_.size() * page; }

   private:
    result<void> write_gathered();

    const arena* from_;
    os::new_file* to_;
    fixed_part fixed_;
    struct known_page {
        std::uint64_t check = 0;  // of the page as it is in the file
        bool is_known = false;
    };
    std::vector<known_page> checks_;  // of the runs' pages
    std::vector<std::byte> gathered_;
    std::uint64_t gathered_at_ = 0;
};

// An image, opened.
class checkpoint_file {
   public:
    // The one at a path. not_found; corrupt when it isn't whole; wrong_kind when it is another table's than `of`.
    result<void> open(const std::string& path, const shared::object_header& of, const char* operation);

    std::uint64_t end() const noexcept { return end_; }
    fixed_part& fixed() noexcept { return fixed_; }
    const std::byte* at(std::uint64_t offset) const noexcept { return file_.whole().data() + offset; }

   private:
    shared::structured file_;
    fixed_part fixed_;
    std::uint64_t end_ = 0;
};

// The request that opens a table's file read-only, whatever its mark says.
shared::structured_request request_to_read(std::string_view place, const char* operation);

}  // namespace samepage::tables
