// samepage cell set: makes a value the newest of a cell.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../cells.hpp"
#include "../failure.hpp"
#include "../holding.hpp"
#include "../output.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class cell_set : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.value(value_, "VALUE", "--value", "The value; every word is one, '-' too");
        a.text("--value", named_value_, "VALUE", "The value, whatever it looks like");
        a.size("--capacity", capacity_bytes_, "Bytes of the largest value, for a new cell; default 4096");
        holding_.declare(a, false);
        a.example("samepage cell set temp 21.5                a cell that somebody holds");
        a.example("samepage cell set ./temp.page 21.5         a file");
        a.example("samepage cell set temp 21.5 --for 10s      made and held");
    }

    int run(bool json) override {
        if (value_.has_value() == named_value_.has_value()) throw usage_error("give VALUE or --value, one of them");
        if (holding_.asked()) holding_.begin();
        const cell_bytes c = cell_to_write(place_, holding_.asked(), capacity_bytes_);
        const std::uint64_t version = need(c.store_text(value_ ? *value_ : *named_value_));
        if (json) print_line(json_object().set("place", place_).set("version", version).dump());
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [&c] { return c.check_name(); });
    }

   private:
    std::string place_;
    std::optional<std::string> value_, named_value_;
    std::optional<std::uint64_t> capacity_bytes_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_cell_set() { return std::make_unique<cell_set>(); }

}  // namespace samepage::cli
