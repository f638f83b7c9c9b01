// samepage table watch: prints the value of a key, and each that comes; or all changes, of a table with a history.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../json.hpp"
#include "../output.hpp"
#include "../series.hpp"
#include "../system.hpp"
#include "../tables.hpp"
#include "../waiting.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_watch : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.value(key_, "KEY", "", "The key; without it, all changes of a table that keeps a history");
        a.text("--prefix", prefix_, "P", "Without KEY: only changes of keys that begin so");
        series_.declare(a, "value", 0);
        a.example("samepage table watch stock bolt --json       makes the table and holds it; Ctrl-C ends");
    }

    int run(bool json) override {
        if (key_ && prefix_) throw usage_error("KEY and --prefix exclude each other");
        catch_interrupts();
        const table_bytes t = open();
        return key_ ? watch_key(t, json) : watch_all(t, json);
    }

    bool ends_by_interrupt() const override { return series_.is_endless(); }

   private:
    int watch_key(const table_bytes& t, bool json) {
        hint("Watching " + shown_key(*key_) + " of " + place_ + " (Ctrl-C ends)");
        std::uint64_t version = 0;  // none
        for (std::uint64_t shown = 0; series_.left(shown) > 0;) {
            wait_for_another(t, version);
            // Values that came and went meanwhile are not shown.
            const auto seen = t.get_text(*key_);
            if (!seen && seen.error().code() != errc::no_key) throw failure(seen.error());
            const std::uint64_t next = seen ? seen->version : 0;
            if (next == version) continue;
            version = next;
            if (seen) {
                print_now((json ? record_as_json(place_, *key_, next, seen->text).dump() : seen->text) + '\n');
            } else if (json) {
                json_object erased;
                erased.set("place", place_).bytes("key", *key_, "key_base64").set("version", next).set("erased", true);
                print_now(erased.dump() + '\n');
            } else {
                continue;
            }
            ++shown;
        }
        return status_ok;
    }

    int watch_all(const table_bytes& t, bool json) {
        if (t.created()) need(t.keep_history(own_history_bytes));
        auto feed = need(t.subscribe({prefix_.value_or(""), t.created()}));
        hint("Watching " + place_ + " (Ctrl-C ends)");
        for (std::uint64_t shown = 0; series_.left(shown) > 0;) {
            heed_interrupts();
            const auto seen = need(in_slices(
                series_.timeout(), [&](duration time) { return feed.next(time); },
                [&](const samepage::error&) {
                    if (output_has_gone()) throw reader_gone();
                    need(t.check_name());
                }));
            if (seen.missed != 0 && !json) complain(fmt::format("missed {} changes, of any keys", seen.missed));
            if (seen.key.empty() && !json) continue;
            print_now((json ? as_json(t, seen) : as_text(t, seen)) + '\n');
            ++shown;
        }
        return status_ok;
    }

    // The value that the key has by now; nothing: it was erased, or is by now.
    static std::optional<table_bytes::text_value> value_of(const table_bytes& t, const table_bytes::feed::entry& seen) {
        if (seen.erased) return {};
        auto now = t.get_text(seen.key_text());
        if (now) return *std::move(now);
        if (now.error().code() != errc::no_key) throw failure(now.error());
        return {};
    }

    std::string as_json(const table_bytes& t, const table_bytes::feed::entry& seen) const {
        json_object row;
        row.set("place", place_).set("missed", seen.missed);
        if (seen.key.empty()) return row.dump();
        row.bytes("key", seen.key_text(), "key_base64").set("version", seen.version).set("erased", seen.erased);
        if (const auto now = value_of(t, seen)) row.set("value_version", now->version).bytes("value", now->text);
        return row.dump();
    }

    // As scan prints it; of an erased one the key alone.
    static std::string as_text(const table_bytes& t, const table_bytes::feed::entry& seen) {
        const auto now = value_of(t, seen);
        return std::string(seen.key_text()) + (now ? '\t' + now->text : "");
    }

    // What exists already need only be readable.
    table_bytes open() const {
        table_options reading;
        reading.access = access::read_only;
        auto there = table_bytes::open(place_, reading);
        if (there) return *std::move(there);
        if (there.error().code() != errc::not_found) throw failure(there.error());
        return table_to_write(place_, true);
    }

    void wait_for_another(const table_bytes& t, std::uint64_t version) const {
        heed_interrupts();
        const auto key = std::as_bytes(std::span(*key_));
        need(in_slices(
            series_.timeout(), [&](duration time) { return t.wait(key, version, time); },
            [&](const samepage::error&) {
                if (output_has_gone()) throw reader_gone();
                need(t.check_name());
            }));
    }

    std::string place_;
    static constexpr std::uint64_t own_history_bytes = std::uint64_t{1} << 20U;  // where it makes the table itself

    std::optional<std::string> key_, prefix_;
    series series_;
};

}  // namespace

std::unique_ptr<command> make_table_watch() { return std::make_unique<table_watch>(); }

}  // namespace samepage::cli
