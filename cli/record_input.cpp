// Records from CSV and from JSON lines, and which format it is.
// SPDX-License-Identifier: MIT
#include "record_input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "csv.hpp"
#include "dbf_input.hpp"
#include "failure.hpp"
#include "json.hpp"
#include "suggest.hpp"

namespace samepage::cli {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;
constexpr std::size_t key_bytes_max = std::size_t{64} << 10U;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string name_of_file(const std::string& path) { return path == "-" ? "standard input" : path; }

class text_input : public record_input {
   public:
    std::uint64_t size_bytes() const noexcept override { return bytes_.size_bytes(); }
    std::uint64_t used_bytes() const noexcept override { return bytes_.used_bytes(); }

   protected:
    text_input(const std::string& path, record_part part) : bytes_(path), part_(part) {}
    // Whether the next record is in our part.
    bool is_ours() noexcept { return seen_++ % part_.count == part_.number - 1; }

    byte_input bytes_;

   private:
    record_part part_;
    std::uint64_t seen_ = 0;
};

class csv_input : public text_input {
   public:
    csv_input(const std::string& path, const std::optional<std::string>& key, record_part part)
        : text_input(path, part) {
        read_columns(path);
        if (key) key_ = column_of(path, *key, names_, columns_);
    }

    std::optional<std::string> columns() const override { return columns_; }

    bool next(record& into) override {
        do {
            if (!read_row()) return false;
        } while (row_.is_blank() || !is_ours());
        into.line = row_line_;
        into.lines = row_.lines();
        into.wrong = row_.wrong_under(names_.size());
        if (into.wrong.empty()) {
            into.key = row_.field(key_);
            into.value = csv_line(row_);
            check_key(into);
        }
        return true;
    }

   private:
    // False: there is no row any more.
    bool read_row() {
        row_.clear();
        row_line_ = line_;
        for (bool begun = false; !row_.is_whole(); begun = true) {
            const std::string_view piece = bytes_.piece();
            if (!piece.empty()) {
                bytes_.use(row_.take(piece));
            } else if (begun) {
                row_.end_here();
            } else {
                return false;
            }
        }
        line_ += row_.lines();
        return true;
    }

    void read_columns(const std::string& path) {
        if (bytes_.piece().starts_with(byte_order_mark)) bytes_.use(byte_order_mark.size());
        do {
            if (!read_row())
                throw failure(status_error, "malformed",
                              fmt::format("malformed: {} is empty; CSV begins with the names of the columns",
                                          name_of_file(path)));
        } while (row_.is_blank());
        if (row_.has_lone_return()) row_.refuse("lines end with CR alone; make it LF or CR LF");
        if (row_.wrong() != nullptr)
            throw failure(status_error, "malformed",
                          fmt::format("malformed: {} line {}, the names of the columns: {}; nothing was put",
                                      name_of_file(path), row_line_, row_.wrong()));
        for (std::size_t i = 0; i < row_.size(); ++i) names_.emplace_back(row_.field(i));
        columns_ = csv_line(row_);
    }

    csv_row row_;
    std::uint64_t line_ = 1, row_line_ = 1;
    std::vector<std::string> names_;
    std::string columns_;
    std::size_t key_ = 0;
};

class json_input : public text_input {
   public:
    json_input(const std::string& path, std::string key, record_part part)
        : text_input(path, part), key_(std::move(key)) {}

    bool next(record& into) override {
        do {
            if (!read_line(into.value)) return false;
        } while (into.value.find_first_not_of(" \t") == std::string::npos || !is_ours());
        into.line = line_;
        into.wrong.clear();
        if (into.value.size() > csv_row::bytes_max) {
            into.wrong = "it is longer than 64 MiB";
        } else {
            into.key = json_member(into.value, key_, into.wrong);
            if (into.wrong.empty()) check_key(into);
        }
        return true;
    }

   private:
    // False: there is no line any more. Of one that is too long only so much that it shows.
    bool read_line(std::string& into) {
        into.clear();
        if (bytes_.piece().empty()) return false;
        ++line_;
        for (bool ended = false; !ended;) {
            const std::string_view piece = bytes_.piece();
            const std::size_t end = piece.find('\n');
            ended = end != std::string_view::npos || piece.empty();
            if (into.size() <= csv_row::bytes_max) into += piece.substr(0, end);
            bytes_.use(end != std::string_view::npos ? end + 1 : piece.size());
        }
        if (into.ends_with('\r')) into.pop_back();
        return true;
    }

    std::string key_;
    std::uint64_t line_ = 0;
};

}  // namespace

std::optional<record_format> format_of(const std::optional<std::string>& asked, std::string_view file) {
    if (asked == "csv") return record_format::csv;
    if (asked == "jsonl") return record_format::json_lines;
    if (asked == "dbf") return record_format::dbf;
    if (asked) throw usage_error("--format is csv, jsonl or dbf, not " + *asked);
    if (file.ends_with(".csv")) return record_format::csv;
    if (file.ends_with(".jsonl") || file.ends_with(".ndjson")) return record_format::json_lines;
    if (file.ends_with(".dbf") || file.ends_with(".DBF")) return record_format::dbf;
    return std::nullopt;
}

byte_input::byte_input(std::string path) : path_(std::move(path)) {
    input in = open_input(path_);
    path_ = name_of_file(path_);
    file_ = std::move(in.file);
    size_bytes_ = in.size_bytes.value_or(0);
    buffer_.resize(piece_bytes);
}

std::string_view byte_input::piece() {
    if (left_.empty() && file_) {
        const std::size_t got = read_some(file_.get(), path_, buffer_);
        left_ = {buffer_.data(), got};
        if (got == 0) file_.reset();
    }
    return left_;
}

void byte_input::use(std::size_t bytes) noexcept {
    left_.remove_prefix(bytes);
    used_bytes_ += bytes;
}

void record_input::check_key(record& r) {
    if (r.key.empty()) {
        r.wrong = "its key is empty";
    } else if (r.key.size() > key_bytes_max) {
        r.wrong = fmt::format("its key has {} bytes, and 64 KiB is the most", r.key.size());
    } else if (r.key == columns_key) {
        r.wrong = fmt::format("its key is {}, which is that of the names of the columns", columns_key);
    }
}

std::size_t record_input::column_of(const std::string& path, const std::string& name,
                                    const std::vector<std::string>& names, const std::string& columns) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    const std::string meant = nearest(name, names);
    throw usage_error(fmt::format("--key: {} has no column {}; {} {}", name_of_file(path), name,
                                  meant.empty() ? "its columns are" : "did you mean",
                                  meant.empty() ? columns : meant + "?"));
}

std::unique_ptr<record_input> record_input::open(record_format format, const std::string& path,
                                                 const std::optional<std::string>& key,
                                                 const std::optional<std::string>& encoding, record_part part) {
    if (format == record_format::dbf) return open_dbf(path, key, encoding, part);
    if (encoding) throw usage_error("--encoding is for DBF");
    if (format == record_format::csv) return std::make_unique<csv_input>(path, key, part);
    if (!key) throw usage_error("which member of each line is the key? Say --key NAME");
    return std::make_unique<json_input>(path, *key, part);
}

}  // namespace samepage::cli
