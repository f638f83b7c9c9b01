// samepage cell get: prints the newest value of a cell.
// SPDX-License-Identifier: MIT
#include "../cells.hpp"
#include "../failure.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class cell_get : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.time_or("--wait", wait_, forever, "Where it is empty, wait for the first value, at most this long: 5s");
        a.example("samepage cell get temp");
        a.example("samepage cell get temp --wait=10s --json");
    }

    int run(bool json) override {
        const cell_bytes c = cell_to_read(place_);
        if (wait_) need(c.wait(0, *wait_));
        const auto seen = need(c.load_text());
        print_line(json ? value_as_json(place_, seen).dump() : seen.text);
        return status_ok;
    }

   private:
    std::string place_;
    std::optional<duration> wait_;
};

}  // namespace

std::unique_ptr<command> make_cell_get() { return std::make_unique<cell_get>(); }

}  // namespace samepage::cli
