// samepage table erase: removes records.
// SPDX-License-Identifier: MIT
#include <optional>
#include <vector>

#include "../output.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_erase : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.values(keys_, "KEY", "The keys");
        declare_timeout(a, timeout_);
        a.example("samepage table erase stock bolt nut       exits 3 if one of them isn't there");
    }

    int run(bool json) override {
        // There is nothing to erase from a new one.
        const table_bytes t = need(table_bytes::open(place_, options_to_write()));
        std::vector<const std::string*> missing;
        for (const std::string& key : keys_) {
            if (!need(change(timeout_, [&](duration time) { return t.erase_text(key, time); })))
                missing.push_back(&key);
        }
        if (json) {
            const std::uint64_t erased = keys_.size() - missing.size();
            print_line(json_object().set("place", place_).set("erased", erased).dump());
        }
        need_all(place_, missing);
        return status_ok;
    }

   private:
    std::string place_;
    std::vector<std::string> keys_;
    std::optional<duration> timeout_;
};

}  // namespace

std::unique_ptr<command> make_table_erase() { return std::make_unique<table_erase>(); }

}  // namespace samepage::cli
