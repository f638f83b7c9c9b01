// samepage table export: writes the records of a table as CSV or as JSON lines.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "../csv.hpp"
#include "../output.hpp"
#include "../output_file.hpp"
#include "../record_input.hpp"
#include "../tables.hpp"
#include "commands.hpp"
#include "samepage/place.hpp"

namespace samepage::cli {

namespace {

constexpr std::uint64_t shown_max = 20;  // records that are left out, one by one

// The names of the columns as JSON has them.
std::vector<std::string> json_names(const csv_row& columns) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto name = json_text(columns.field(i));
        if (!name)
            throw failure(status_error, "malformed", "malformed: JSON can't have a column whose name isn't UTF-8");
        if (std::find(names.begin(), names.end(), *name) != names.end())
            throw failure(status_error, "malformed",
                          fmt::format("malformed: JSON can't have two columns {}; export CSV", *name));
        names.push_back(*name);
    }
    return names;
}

class table_export : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.word(file_, "FILE", "The file to write; '-', the default: standard output");
        a.text("--format", format_, "FORMAT",
               "csv or jsonl; default: what the file's name says, else csv if it has columns");
        a.flag("--force", force_, "Replace FILE if it exists");
        a.flag("--as-it-is", as_it_is_, "What is there, though a power failure may have left it half-written");
        a.example("samepage table export ./stock.page stock.csv");
        a.example("samepage table export stock --format jsonl | grep bolt");
    }

    int run(bool json) override {
        json_ = json;
        const std::string file = file_.value_or("-");
        const auto said = format_of(format_, file);
        if (said == record_format::dbf) throw usage_error("a table is exported as CSV or JSON lines, not as DBF");
        const table_bytes t = table_to_read(place_, as_it_is_);
        const auto columns = t.get_text(columns_key);
        if (!columns && columns.error().code() != errc::no_key) throw failure(columns.error());
        const bool as_csv = said ? *said == record_format::csv : bool(columns);
        if (columns) parse_csv(columns->text, columns_);
        if (as_csv && !columns) no_columns();
        if (columns && columns_.wrong() != nullptr)
            throw failure(status_corrupt, "corrupt",
                          fmt::format("corrupt: {} in {} is no row of CSV: {}", columns_key, place_, columns_.wrong()));
        if (columns && !as_csv) names_ = json_names(columns_);
        refuse_own_file(file);
        output_file out(file, force_);
        if (as_csv) out.write(csv_line(columns_) + '\n');
        progress shown("exporting " + place_, 0);
        std::uint64_t bytes = 0;
        for_each_record(t, "", [&](const table_bytes::record& r) {
            if (columns && r.key_text() == columns_key) return;
            const std::string line = columns ? row(r, as_csv) : json_object_in(r);
            if (line.empty()) return;
            out.write(line);
            expiring_ += r.expires_unix_ns == 0 ? 0 : 1;
            bytes += line.size();
            if (++written_ % 256 == 0) shown.at(bytes, written_);
        });
        out.finish();
        tell();
        return status_ok;
    }

   private:
    [[noreturn]] void no_columns() const {
        throw failure(
            status_not_found, "no_key",
            fmt::format("no_key: {} has no record {} with the names of columns, as an import of CSV makes it; "
                        "use --format jsonl, or \"samepage table scan {} --json\"",
                        place_, columns_key, place_));
    }

    // It would be gone when the first byte is written.
    void refuse_own_file(const std::string& file) const {
        const samepage::place where = need(place::parse(place_));
        if (!where.is_path() || file == "-") return;
        std::error_code ignored;
        const auto path_of = [](const std::string& text) {
            return std::filesystem::path(std::u8string(text.begin(), text.end()));
        };
        if (std::filesystem::equivalent(path_of(place_), path_of(file), ignored))
            throw usage_error(file + " is the table itself; choose another file");
    }

    // The row as a line; empty if it is left out.
    std::string row(const table_bytes::record& r, bool as_csv) {
        parse_csv(r.text(), row_);
        const std::string wrong = row_.wrong_under(columns_.size());
        if (!wrong.empty()) return leave_out(r, wrong);
        if (as_csv) return csv_line(row_) + '\n';
        std::string line = "{";
        for (std::size_t i = 0; i < row_.size(); ++i) {
            const auto text = json_text(row_.field(i));
            if (!text) return leave_out(r, "its bytes aren't UTF-8, and JSON can't have them");
            line.append(i == 0 ? "" : ",").append(names_[i]).append(":").append(*text);
        }
        return line + "}\n";
    }

    // A value that is a JSON object, as it stands, but for line ends between its members.
    std::string json_object_in(const table_bytes::record& r) {
        if (!is_json_object(r.text())) return leave_out(r, "its value is no JSON object");
        std::string line(r.text());
        std::replace_if(
            line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
        return line + '\n';
    }

    std::string leave_out(const table_bytes::record& r, const std::string& why) {
        if (++left_out_ > shown_max) return {};
        const std::string text = fmt::format("the record {} is left out: {}{}", shown_key(r.key_text()), why,
                                             left_out_ == shown_max ? ". Further ones are only counted" : "");
        if (json_) {
            json_object one;
            one.set("error", "malformed").set("message", text).bytes("key", r.key_text(), "key_base64");
            complain_in_json(one.dump());
        } else {
            complain(text);
        }
        return {};
    }

    void tell() const {
        if (expiring_ > 0 && !json_)
            complain(
                fmt::format("{} of the records expire, which the file doesn't say; \"samepage table scan {} --json\" "
                            "says when",
                            expiring_, place_));
        const bool is_file = file_ && file_ != "-";
        if (is_file && json_) {
            json_object answer;
            answer.set("place", place_).set("records", written_).set("left_out", left_out_);
            if (expiring_ > 0) answer.set("expiring", expiring_);
            print_line(answer.dump());
            flush_output();
        }
        if (left_out_ > 0)
            throw failure(status_error, "malformed",
                          fmt::format("malformed: {} record{} of {} left out; {} written", left_out_,
                                      left_out_ == 1 ? "" : "s", place_, written_));
        if (is_file) hint(fmt::format("{} records written to {}", written_, *file_));
    }

    std::string place_;
    std::optional<std::string> file_, format_;
    bool force_ = false, as_it_is_ = false, json_ = false;
    csv_row columns_, row_;
    std::vector<std::string> names_;
    std::uint64_t written_ = 0, left_out_ = 0, expiring_ = 0;
};

}  // namespace

std::unique_ptr<command> make_table_export() { return std::make_unique<table_export>(); }

}  // namespace samepage::cli
