// samepage table hold: creates a table, or opens the one that exists, and holds it.
// SPDX-License-Identifier: MIT
#include "../holding.hpp"
#include "../output.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_hold : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        holding_.declare(a, true);
        a.example("samepage table hold stock -- ./server");
    }

    int run(bool json) override {
        holding_.begin();
        const table_bytes t = table_to_write(place_, true);
        if (json) {
            json_object answer;
            answer.set("place", place_).set("records", t.size()).set("created", t.created());
            print_line(answer.dump());
        }
        return holding_.until_end("Holding " + place_, [&t] { return t.check_name(); });
    }

   private:
    std::string place_;
    holding holding_;
};

}  // namespace

std::unique_ptr<command> make_table_hold() { return std::make_unique<table_hold>(); }

}  // namespace samepage::cli
