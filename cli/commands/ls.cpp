// samepage ls: lists the live objects.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../details.hpp"
#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

namespace {

class ls : public command {
   public:
    void declare(arguments& a) override {
        a.flag("--global", global_, "Only the whole machine's objects");
        a.flag("--names", names_, "Print only the names, one a line; control characters as '?'");
    }

    int run(bool json) override {
        catalog found;
        if (global_) {
            found = need(list(scope::global, !names_));
        } else {
            found = need(list(scope::local, !names_));
            // Where nobody has set up a place for the whole machine's names, there are none.
            if (auto shared = list(scope::global, !names_))
                found.entries.insert(found.entries.end(), shared->entries.begin(), shared->entries.end());
        }
        if (json) {
            print_line(json_object::dump(rows_as_json(found)));
        } else if (names_) {
            for (const catalog_entry& e : found.entries) print_line(harmless(e.place.text()));
        } else if (!found.entries.empty()) {
            print_table({"NAME", "KIND", "SIZE", "HOLDERS", "STATE", "PLACE"}, rows(found));
        } else if (found.complete) {
            hint("Nothing is shared at the moment. Try: samepage share hello \"Hello world\"");
        }
        if (!found.complete) complain("the list may not be complete: " + found.why);
        return status_ok;
    }

   private:
    // Whatever it can't be asked now, it is listed: it may have gone meanwhile.
    static details details_if_any(const catalog_entry& e) {
        try {
            return details_of(e, std::chrono::milliseconds(100));
        } catch (const failure& f) {
            details none;
            none.brief = f.code() == "not_found" ? "gone" : f.code();
            return none;
        }
    }

    static std::vector<std::vector<std::string>> rows(const catalog& found) {
        std::vector<std::vector<std::string>> out;
        for (const catalog_entry& e : found.entries) {
            out.push_back({e.place.text(), std::string(name_of(e.kind)), size_text(e.size_bytes),
                           fmt::format("{}{}", e.holders.size(), e.holders_complete ? "" : "+"),
                           details_if_any(e).brief, e.location});
        }
        return out;
    }

    static std::vector<json_object> rows_as_json(const catalog& found) {
        std::vector<json_object> out;
        for (const catalog_entry& e : found.entries) {
            json_object row;
            row.set("name", e.place.text()).set("kind", name_of(e.kind)).set("size_bytes", e.size_bytes);
            row.set("holders", std::uint64_t{e.holders.size()}).set("holders_complete", e.holders_complete);
            row.set("place", e.location);
            details_if_any(e).add_to(row);
            out.push_back(std::move(row));
        }
        return out;
    }

    bool global_ = false, names_ = false;
};

}  // namespace

std::unique_ptr<command> make_ls() { return std::make_unique<ls>(); }

}  // namespace samepage::cli
