// samepage table compact: moves records together, and gives back what is free then.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../output.hpp"
#include "../tables.hpp"
#include "../units.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_compact_command : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.time("--timeout", timeout_, "How long to wait for a writer that is stopped, at most: 5s; then exit 4");
        a.example("samepage table compact ./stock.page      after much was erased");
    }

    int run(bool json) override {
        const table_bytes t = table_opened(place_, {});
        const table_compaction done = need(t.compact(timeout_.value_or(std::chrono::seconds(5))));
        if (json) {
            print_line(json_object()
                           .set("place", place_)
                           .set("records_moved", done.records_moved)
                           .set("given_bytes", done.given_bytes)
                           .set("pending_bytes", done.pending_bytes)
                           .set("bytes", done.size_bytes)
                           .dump());
            return status_ok;
        }
        const std::string pending =
            done.pending_bytes == 0
                ? ""
                : fmt::format("; {} more are free, for new records, and go back when nobody else has it open",
                              size_text(done.pending_bytes));
        print_line(fmt::format("{}: {} record{} moved, {} given back, {} taken{}", place_, done.records_moved,
                               done.records_moved == 1 ? "" : "s", size_text(done.given_bytes),
                               size_text(done.size_bytes), pending));
        return status_ok;
    }

   private:
    std::string place_;
    std::optional<duration> timeout_;
};

}  // namespace

std::unique_ptr<command> make_table_compact() { return std::make_unique<table_compact_command>(); }

}  // namespace samepage::cli
