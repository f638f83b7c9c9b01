// samepage cell get: prints the newest value of a cell.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../awaiting.hpp"
#include "../cells.hpp"
#include "../failure.hpp"
#include "../output.hpp"
#include "../units.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class cell_get : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.time_or("--wait", wait_, forever, "Wait for it to exist and to hold a value, at most that long");
        a.flag("--raw", raw_, "Print the value's bytes exactly, with nothing after them");
        a.example("samepage cell get temp");
        a.example("samepage cell get temp --wait=10s --json");
    }

    int run(bool json) override {
        if (json && raw_) throw usage_error("--json and --raw do not go together");
        const cell_bytes c = open();
        const auto seen = need(c.load_text());
        if (raw_) {
            print(seen.text);
        } else {
            print_line(json ? value_as_json(place_, seen).dump() : seen.text);
        }
        return status_ok;
    }

   private:
    // Without --wait what is there now; else what is there once it holds a value.
    cell_bytes open() const {
        if (!wait_) return cell_to_read(place_);
        awaiting its_maker(place_, *wait_);
        cell_options reading;
        reading.access = access::read_only;
        while (true) {
            auto opened = cell_bytes::open(place_, reading);
            if (opened) {
                need(opened->wait(0, its_maker.left()));
                return *std::move(opened);
            }
            if (opened.error().code() != errc::not_found) throw failure(opened.error());
            if (its_maker.over())
                throw failure(status_timed_out, "timed_out",
                              fmt::format("timed_out: {} is not there after {}", place_, duration_text(*wait_)));
            its_maker.pause();
        }
    }

    std::string place_;
    std::optional<duration> wait_;
    bool raw_ = false;
};

}  // namespace

std::unique_ptr<command> make_cell_get() { return std::make_unique<cell_get>(); }

}  // namespace samepage::cli
