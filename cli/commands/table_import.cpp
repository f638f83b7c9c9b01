// samepage table import: puts the rows of a CSV or DBF file, or the lines of a file of JSON lines, into a table.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "../holding.hpp"
#include "../output.hpp"
#include "../record_input.hpp"
#include "../tables.hpp"
#include "../waiting.hpp"
#include "commands.hpp"
#include "samepage/place.hpp"

namespace samepage::cli {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t shown_max = 20;  // malformed rows, one by one

class table_import : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.word(file_, "FILE", "CSV, its first line the names of the columns, JSON lines, or DBF; '-': standard input");
        a.text("--key", key_, "COLUMN", "The column that is the key, default the first; of JSON lines the member");
        a.text("--format", format_, "FORMAT", "csv, jsonl or dbf; default: what the file's name says");
        a.text("--encoding", encoding_, "NAME", "The code page of a DBF that doesn't say it, or lies: CP1252, CP850");
        a.text("--part", part_, "K/N", "Of N parts only the K-th: every N-th row, so that N processes share them");
        a.time("--expires-in", expires_in_, "Nobody sees the records any more after that time, by the wall clock");
        a.flag("--strict", strict_, "End at the first malformed row, with what was put before it");
        holding_.declare(a, false);
        a.example("samepage table import ./stock.page stock.csv --key article");
        a.example("samepage table import stock stock.csv -- ./server         in memory, while it runs");
    }

    int run(bool json) override {
        if (!file_) throw usage_error("FILE is missing; '-' is standard input (see samepage table import --help)");
        if (expires_in_ == no_wait) throw usage_error("--expires-in: records can't expire at once");
        json_ = json;
        const auto format = format_of(format_, *file_);
        if (!format) throw usage_error("is " + *file_ + " CSV, JSON lines or DBF? Say --format csv, jsonl or dbf");
        const auto input = record_input::open(*format, *file_, key_, encoding_, part());
        if (holding_.asked()) holding_.begin();
        const table_bytes t = table_to_write(place_, holding_.asked());
        const samepage::place where = need(place::parse(place_));
        if (!where.is_path())
            complain(fmt::format("{} is memory, and goes with who holds it; ./{} would be a file", place_, where.name));
        keep_columns(t, input->columns());
        const auto begun = clock::now();
        put_all(t, *input);
        for (const std::string& remark : input->remarks()) complain(remark);
        tell(std::chrono::duration<double>(clock::now() - begun).count());
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [&t] { return t.check_name(); });
    }

   private:
    record_part part() const {
        record_part p;
        if (!part_) return p;
        const char *const first = part_->data(), *const last = first + part_->size();
        const auto [slash, why] = std::from_chars(first, last, p.number);
        const bool is_good = why == std::errc() && slash != last && *slash == '/' &&
                             std::from_chars(slash + 1, last, p.count).ptr == last;
        if (!is_good || p.number == 0 || p.number > p.count)
            throw usage_error("--part is K/N, as 2/4, and K is from 1 to N; not " + *part_);
        return p;
    }

    std::string file() const { return *file_ == "-" ? "standard input" : *file_; }

    // Whoever comes first names the columns; others must have the same.
    void keep_columns(const table_bytes& t, const std::optional<std::string>& columns) const {
        for (;;) {
            const auto seen = t.get_text(columns_key);
            if (!seen && seen.error().code() != errc::no_key) throw failure(seen.error());
            if (seen && !columns) conflict(seen->text, "JSON lines, which have none");
            if (seen && seen->text != *columns) conflict(seen->text, *columns);
            if (seen || !columns) return;
            const auto kept = t.insert(std::as_bytes(std::span(columns_key)), std::as_bytes(std::span(*columns)));
            if (kept) return;
            if (kept.error().code() != errc::already_exists) throw failure(kept.error());
        }
    }

    [[noreturn]] void conflict(const std::string& there, const std::string& here) const {
        throw failure(status_conflict, "conflict",
                      fmt::format("conflict: {} has the columns {}, and {} has {}; nothing was put. Import it into "
                                  "another table",
                                  place_, there, file(), here));
    }

    void put_all(const table_bytes& t, record_input& input) {
        progress shown("importing " + file(), input.size_bytes());
        record_input::record r;
        while (input.next(r)) {
            heed_interrupts();
            if (r.wrong.empty()) {
                put(t, r, input.unit());
            } else {
                skip(r, input.unit());
            }
            if ((put_ + skipped_) % 256 == 0) shown.at(input.used_bytes(), put_);
        }
    }

    void put(const table_bytes& t, const record_input::record& r, const char* unit) {
        const bool replaces = need(t.contains(r.key));
        const auto done = t.put_text(r.key, r.value, put_options{expires_in_.value_or(forever), writer_patience});
        if (!done)
            throw failure(done.error(),
                          fmt::format(" ({} {} {}; the {} before it were put)", file(), unit, r.line, put_));
        ++put_;
        if (replaces) ++replaced_;
    }

    void skip(const record_input::record& r, const char* unit) {
        const std::string where = r.lines < 2 ? fmt::format("{} {} {}", file(), unit, r.line)
                                              : fmt::format("{} lines {} to {}", file(), r.line, r.line + r.lines - 1);
        if (strict_)
            throw failure(status_error, "malformed",
                          fmt::format("malformed: {}: {}; the import ended there, the {} before it were put", where,
                                      r.wrong, put_));
        ++skipped_;
        if (skipped_ > shown_max) return;
        const std::string text =
            fmt::format("{}: {}; skipped{}", where, r.wrong,
                        skipped_ == shown_max ? ". Further ones are skipped too, and only counted" : "");
        if (json_) {
            json_object one;
            complain_in_json(one.set("error", "malformed").set("message", text).set(unit, r.line).dump());
        } else {
            complain(text);
        }
    }

    // The end: what became of all of it.
    void tell(double seconds) const {
        if (json_) {
            json_object answer;
            answer.set("place", place_).set("records", put_).set("replaced", replaced_).set("skipped", skipped_);
            print_line(answer.dump());
            flush_output();
        }
        const std::string done = fmt::format("{} record{} put into {}, {} of them instead of older ones", put_,
                                             put_ == 1 ? "" : "s", place_, replaced_);
        if (skipped_ == 0) {
            hint(fmt::format("{}, in {:.1f} s: {:.0f} a second", done, seconds, static_cast<double>(put_) / seconds));
            return;
        }
        const std::string text =
            fmt::format("malformed: {} row{} of {} skipped; {}", skipped_, skipped_ == 1 ? "" : "s", file(), done);
        if (!holding_.asked()) throw failure(status_error, "malformed", text);
        complain(text);
    }

    std::string place_;
    std::optional<std::string> file_, key_, format_, encoding_, part_;
    std::optional<duration> expires_in_;
    bool strict_ = false, json_ = false;
    holding holding_;
    std::uint64_t put_ = 0, replaced_ = 0, skipped_ = 0;
};

}  // namespace

std::unique_ptr<command> make_table_import() { return std::make_unique<table_import>(); }

}  // namespace samepage::cli
