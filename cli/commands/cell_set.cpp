// samepage cell set: makes a value the newest of a cell.
// SPDX-License-Identifier: MIT
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
        value_.declare_value(a);
        shape_.declare(a, "4096, or what fits");
        holding_.declare(a, false);
        a.example("samepage cell set temp 21.5                a cell that somebody holds");
        a.example("samepage cell set ./temp.page 21.5         a file");
        a.example("samepage cell set temp 21.5 --for 10s      made and held");
        a.example("samepage cell set ./photo --file a.jpg     bytes, exactly; --file - is standard input");
    }

    int run(bool json) override {
        if (!value_.given()) throw usage_error("give VALUE, --value or --file (see samepage cell set --help)");
        const std::string bytes = value_of(value_);
        if (holding_.asked()) holding_.begin();
        shape_.fit(bytes.size());
        const cell_bytes c = cell_to_write(place_, holding_.asked(), shape_);
        const std::uint64_t version = need(c.store_text(bytes));
        if (json) print_line(json_object().set("place", place_).set("version", version).dump());
        if (!holding_.asked()) return status_ok;
        return holding_.until_end("Holding " + place_, [&c] { return c.check_name(); });
    }

   private:
    std::string place_;
    content_source value_;
    cell_shape shape_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_cell_set() { return std::make_unique<cell_set>(); }

}  // namespace samepage::cli
