// samepage info: tells all about one object.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../details.hpp"
#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "holder_list.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

namespace {

constexpr const char* name_of_scope(scope s) {
    return s == scope::local ? "local" : s == scope::global ? "global" : "path";
}

class info : public command {
   public:
    void declare(arguments& a) override { a.place(place_); }

    int run(bool json) override {
        const catalog_entry e = need(look_up(place_));
        const details more = details_of(e);
        if (json) {
            json_object answer;
            answer.set("name", e.place.text()).set("scope", name_of_scope(e.place.scope)).set("kind", name_of(e.kind));
            answer.set("size_bytes", e.size_bytes).set("holders", holders_as_json(e));
            answer.set("holders_complete", e.holders_complete).set("place", e.location);
            more.add_to(answer);
            print_line(answer.dump());
            return status_ok;
        }
        const auto line = [](const char* what, const std::string& text) {
            print_line(fmt::format("{:<9}{}", what, harmless(text)));
        };
        line("name", e.place.text());
        line("scope", name_of_scope(e.place.scope));
        line("kind", std::string(name_of(e.kind)));
        const std::string size = size_text(e.size_bytes);
        line("size", size.ends_with("byte") || size.ends_with("bytes")
                         ? size
                         : fmt::format("{} ({} bytes)", size, e.size_bytes));
        for (const auto& [word, text] : more.lines) line(word.c_str(), text);
        line("place", e.location);
        std::string holders;
        for (const holder& h : e.holders) {
            holders += fmt::format("{}{}{}{}", holders.empty() ? "" : ", ", h.process, h.command.empty() ? "" : " ",
                                   h.command);
        }
        if (!e.holders_complete)
            holders += holders.empty() ? "not visible from here" : ", and others not visible from here";
        line("holders", holders.empty() ? "none" : holders);
        return status_ok;
    }

   private:
    std::string place_;
};

}  // namespace

std::unique_ptr<command> make_info() { return std::make_unique<info>(); }

}  // namespace samepage::cli
