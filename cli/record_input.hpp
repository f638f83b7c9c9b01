// record_input: the rows of a CSV or DBF file, or the lines of a file of JSON lines, as records for a table.
// SPDX-License-Identifier: MIT
//
// A row becomes a record: its key is one of the columns, its value the row itself, as CSV. The names of the columns
// are a record too, of the key columns_key. DBF is as CSV (dbf_input.hpp). A line of JSON is a value as it stands, and
// its key one of its members.
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

enum class record_format : std::uint8_t { csv, json_lines, dbf };

// "csv", "jsonl" or "dbf"; else what the file's name ends with: .csv, .jsonl, .ndjson, .dbf. Throws failure (usage).
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

    // `key`: the column or the member that is the key; where there are columns it may be left out, then it is the
    // first. Reads the names of the columns. `encoding` is for DBF. Throws failure.
    static std::unique_ptr<record_input> open(record_format format, const std::string& path,
                                              const std::optional<std::string>& key,
                                              const std::optional<std::string>& encoding, record_part part);
    virtual ~record_input() = default;

    virtual bool next(record& into) = 0;  // false: there are no more
    // The names of the columns, as a row of CSV; none where there are none.
    virtual std::optional<std::string> columns() const { return std::nullopt; }
    virtual const char* unit() const noexcept { return "line"; }     // what record::line counts
    virtual std::uint64_t size_bytes() const noexcept = 0;           // of the file; 0: unknown
    virtual std::uint64_t used_bytes() const noexcept = 0;           // of it, by now
    virtual std::vector<std::string> remarks() const { return {}; }  // what else there is to say, at the end

   protected:
    // Whether there may be such a key; else says why not.
    static void check_key(record& r);
    // The index of the column. Throws failure, with the names as a row of CSV.
    static std::size_t column_of(const std::string& path, const std::string& name,
                                 const std::vector<std::string>& names, const std::string& columns);
};

}  // namespace samepage::cli
