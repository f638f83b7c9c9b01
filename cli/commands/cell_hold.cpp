// samepage cell hold: creates a cell, or opens the one that exists, and holds it.
// SPDX-License-Identifier: MIT
#include "../cells.hpp"
#include "../failure.hpp"
#include "../holding.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class cell_hold : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.size("--capacity", capacity_bytes_, "Bytes of the largest value, for a new cell; default 4096");
        holding_.declare(a, true);
        a.example("samepage cell hold temp -- ./thermometer");
    }

    int run(bool json) override {
        holding_.begin();
        const cell_bytes c = cell_to_write(place_, true, capacity_bytes_);
        if (json) {
            json_object answer;
            answer.set("place", place_).set("capacity_bytes", c.capacity_bytes()).set("created", c.created());
            print_line(answer.dump());
        }
        return holding_.until_end("Holding " + place_, [&c] { return c.check_name(); });
    }

   private:
    std::string place_;
    std::optional<std::uint64_t> capacity_bytes_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_cell_hold() { return std::make_unique<cell_hold>(); }

}  // namespace samepage::cli
