// samepage table checkpoint: makes a table survive power failures, as it is now.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../output.hpp"
#include "../tables.hpp"
#include "../units.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_checkpoint_command : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.flag("--as-it-is", as_it_is_, "Of a table that a power failure may have left half-written: take it as it is");
        a.time("--timeout", timeout_, "How long to wait for writers, or another checkpoint, at most: 5s; then exit 4");
        a.example("samepage table checkpoint ./stock.page      after a power failure it is as it is now");
    }

    int run(bool json) override {
        table_options options;
        options.as_it_is = as_it_is_;
        const table_bytes t = table_opened(place_, options);
        const duration time = timeout_.value_or(std::chrono::seconds(5));
        const table_checkpoint made = need(t.checkpoint(time));
        const auto stall_us =
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(made.stall).count());
        if (json) {
            print_line(json_object()
                           .set("place", place_)
                           .set("records", made.records)
                           .set("bytes", made.size_bytes)
                           .set("stall_us", stall_us)
                           .dump());
        } else {
            print_line(fmt::format("{}: {} record{}, {} in {}.checkpoint; writers waited {:.1f} ms", place_,
                                   made.records, made.records == 1 ? "" : "s", size_text(made.size_bytes), place_,
                                   static_cast<double>(stall_us) / 1000));
        }
        return status_ok;
    }

   private:
    std::string place_;
    bool as_it_is_ = false;
    std::optional<duration> timeout_;
};

}  // namespace

std::unique_ptr<command> make_table_checkpoint() { return std::make_unique<table_checkpoint_command>(); }

}  // namespace samepage::cli
