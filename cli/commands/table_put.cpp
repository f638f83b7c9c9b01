// samepage table put: inserts or replaces a record.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../content.hpp"
#include "../holding.hpp"
#include "../output.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_put : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.value(key_, "KEY", "", "The key, 1 byte to 64 KiB");
        value_.declare_value(a, true);
        a.flag("--insert", insert_, "Only if there is no record of that key, else exit 5");
        a.number("--if-version", expected_, "N", "Only if the record's version is N, 0: if there is none; else exit 5");
        a.time("--expires-in", expires_in_, "Nobody sees the record any more after that time, by the wall clock");
        declare_timeout(a, timeout_);
        holding_.declare(a, false);
        a.example("samepage table put stock bolt 12                a table that somebody holds");
        a.example("samepage table put ./stock.page bolt 12         a file");
        a.example("samepage table put ./stock.page bolt 11 --if-version 1");
        a.example("samepage table put stock session-17 Ada --expires-in 30m");
    }

    int run(bool json) override {
        if (!key_ || !value_.given())
            throw usage_error(std::string(key_ ? "" : "KEY and ") +
                              "VALUE, '-', --value or --file is missing (see samepage table put --help)");
        if (insert_ && expected_) throw usage_error("--insert and --if-version exclude each other");
        if (expires_in_ == no_wait) throw usage_error("--expires-in: a record can't expire at once; erase it");
        content value(value_);
        if (value.size_bytes() > value_bytes_max)
            throw failure(status_full, "too_large", "too_large: a record's value has at most 1 GiB");
        const std::string bytes = value.bytes();
        if (holding_.asked()) holding_.begin();
        const table_bytes t = table_to_write(place_, holding_.asked());
        const std::uint64_t version = put(t, bytes);
        if (json) {
            json_object answer;
            answer.set("place", place_).bytes("key", *key_, "key_base64").set("version", version);
            print_line(answer.dump());
        }
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [&t] { return t.check_name(); });
    }

   private:
    static constexpr std::uint64_t value_bytes_max = std::uint64_t{1} << 30U;

    put_options how(duration time) const { return {expires_in_.value_or(forever), time}; }

    std::uint64_t put(const table_bytes& t, const std::string& bytes) const {
        const auto key = std::as_bytes(std::span(*key_)), value = std::as_bytes(std::span(bytes));
        if (expected_) {
            return need(
                change(timeout_, [&](duration time) { return t.compare_exchange(key, *expected_, value, how(time)); }));
        }
        if (!insert_) return need(change(timeout_, [&](duration time) { return t.put(key, value, how(time)); }));
        const auto done = change(timeout_, [&](duration time) { return t.insert(key, value, how(time)); });
        if (!done && done.error().code() == errc::already_exists)
            throw failure(
                status_conflict, "already_exists",
                fmt::format("already_exists: {} has a record of the key {} already", place_, shown_key(*key_)));
        return need(done);
    }

    std::string place_;
    std::optional<std::string> key_;
    content_source value_;
    bool insert_ = false;
    std::optional<std::uint64_t> expected_;
    std::optional<duration> expires_in_, timeout_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_table_put() { return std::make_unique<table_put>(); }

}  // namespace samepage::cli
