// samepage table verify: says whether a table keeps its invariants, and what is wrong.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../output.hpp"
#include "../tables.hpp"
#include "../units.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_verify : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.time("--timeout", timeout_, "How long to look again at what others are changing (5s)");
        a.example("samepage table verify ./stock.page          reads all of it; exit 8 where something is wrong");
    }

    int run(bool json) override {
        // What a power failure has left, too: to say what that is worth.
        const table_bytes t = table_to_read(place_, true);
        const table_verdict seen = need(t.verify(timeout_.value_or(std::chrono::seconds(5))));
        if (json) {
            print_line(as_json(seen).dump());
        } else {
            print_text(seen);
        }
        if (!seen.wrong.empty()) return status_corrupt;
        return seen.unjudged.empty() ? status_ok : status_timed_out;
    }

   private:
    json_object as_json(const table_verdict& seen) const {
        json_object answer;
        answer.set("place", place_).set("whole", seen.is_whole());
        answer.set("records", seen.records).set("free_bytes", seen.free_bytes);
        answer.set("wrong", seen.wrong).set("unjudged", seen.unjudged);
        return answer;
    }

    void print_text(const table_verdict& seen) const {
        for (const std::string& sentence : seen.wrong) print_line("wrong: " + sentence);
        for (const std::string& sentence : seen.unjudged) print_line("not judged: " + sentence);
        const std::string records = fmt::format("{} record{}", seen.records, seen.records == 1 ? "" : "s");
        if (seen.is_whole()) {
            print_line(
                fmt::format("{}: {}, nothing is wrong; {} are free", place_, records, size_text(seen.free_bytes)));
        } else if (seen.wrong.empty()) {
            print_line(
                fmt::format("{}: {}, nothing is wrong as far as can be said; try again, or with a longer "
                            "--timeout, when fewer write",
                            place_, records));
        } else {
            print_line(fmt::format("{}: {}; something else has written in it. What can be read: samepage table export",
                                   place_, records));
        }
    }

    std::string place_;
    std::optional<duration> timeout_;
};

}  // namespace

std::unique_ptr<command> make_table_verify() { return std::make_unique<table_verify>(); }

}  // namespace samepage::cli
