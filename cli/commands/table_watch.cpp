// samepage table watch: prints the value of a key, and each that comes.
// SPDX-License-Identifier: MIT
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
        a.value(key_, "KEY", "", "The key");
        series_.declare(a, "value", 0);
        a.example("samepage table watch stock bolt --json       makes the table and holds it; Ctrl-C ends");
    }

    int run(bool json) override {
        if (!key_) throw usage_error("KEY is missing (see samepage table watch --help)");
        catch_interrupts();
        const table_bytes t = open();
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

    bool ends_by_interrupt() const override { return series_.is_endless(); }

   private:
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
    std::optional<std::string> key_;
    series series_;
};

}  // namespace

std::unique_ptr<command> make_table_watch() { return std::make_unique<table_watch>(); }

}  // namespace samepage::cli
