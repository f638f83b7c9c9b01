// record_input: the rows of a CSV file, or the lines of a file of JSON lines, as records for a table.
// SPDX-License-Identifier: MIT
//
// A row becomes a record: its key is one of the columns, its value the row itself, as CSV. The names of the columns
// are a record too, of the key columns_key. A line of JSON is a value as it stands, and its key one of its members.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system.hpp"

namespace samepage::cli {

inline constexpr std::string_view columns_key = "#columns";

enum class record_format : std::uint8_t { csv, json_lines };

// "csv" or "jsonl"; else what the file's name ends with: .csv, .jsonl, .ndjson. Throws failure (usage).
std::optional<record_format> format_of(const std::optional<std::string>& asked, std::string_view file);

// Every `count`-th record only, from the `number`-th on: what one of several processes takes.
struct record_part {
    std::uint64_t number = 1, count = 1;
};

// A file's bytes, piece by piece. Of pipes and terminals too.
class byte_input {
   public:
    explicit byte_input(std::string path);  // throws failure

    std::string_view piece();  // what is there and not used yet; nothing at the end. Throws failure
    void use(std::size_t bytes) noexcept;
    std::uint64_t size_bytes() const noexcept { return size_bytes_; }  // 0: unknown
    std::uint64_t used_bytes() const noexcept { return used_bytes_; }

   private:
    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, nullptr};
    std::vector<char> buffer_;
    std::string_view left_;
    std::uint64_t size_bytes_ = 0, used_bytes_ = 0;
};

class record_input {
   public:
    struct record {
        std::uint64_t line = 0, lines = 1;  // where it is in the file, from 1
        std::string key, value;
        std::string wrong;  // why it is no record; empty: it is one
    };

    // `key`: the column or the member that is the key; for CSV it may be left out, then it is the first column. Reads
    // the names of the columns. Throws failure.
    static std::unique_ptr<record_input> open(record_format format, const std::string& path,
                                              const std::optional<std::string>& key, record_part part);
    virtual ~record_input() = default;

    virtual bool next(record& into) = 0;  // false: there are no more
    // The names of the columns, as a row of CSV; none where there are none.
    virtual std::optional<std::string> columns() const { return std::nullopt; }
    const byte_input& bytes() const noexcept { return bytes_; }

   protected:
    record_input(const std::string& path, record_part part) : bytes_(path), part_(part) {}
    // Whether the next record is in our part.
    bool is_ours() noexcept { return seen_++ % part_.count == part_.number - 1; }
    // Whether there may be such a key; else says why not.
    static void check_key(record& r);

    byte_input bytes_;

   private:
    record_part part_;
    std::uint64_t seen_ = 0;
};

}  // namespace samepage::cli
