// samepage table get: prints the values of records.
// SPDX-License-Identifier: MIT
#include <vector>

#include "../output.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_get : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.values(keys_, "KEY", "The keys");
        a.flag("--raw", raw_, "Print the values' bytes exactly, with nothing after them");
        a.example("samepage table get stock bolt");
        a.example("samepage table get stock bolt nut --json");
    }

    int run(bool json) override {
        if (json && raw_) throw usage_error("--json and --raw do not go together");
        const table_bytes t = table_to_read(place_);
        std::vector<const std::string*> missing;
        for (const std::string& key : keys_) {
            const auto seen = t.get_text(key);
            if (!seen && seen.error().code() == errc::no_key) {
                missing.push_back(&key);
                continue;
            }
            const auto found = need(seen);
            if (raw_) {
                print(found.text);
            } else {
                print_line(json ? record_as_json(place_, key, found.version, found.text).dump() : found.text);
            }
        }
        need_all(place_, missing);
        return status_ok;
    }

   private:
    std::string place_;
    std::vector<std::string> keys_;
    bool raw_ = false;
};

}  // namespace

std::unique_ptr<command> make_table_get() { return std::make_unique<table_get>(); }

}  // namespace samepage::cli
