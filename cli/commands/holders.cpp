// samepage holders: tells which processes hold an object.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "commands.hpp"
#include "holder_list.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

std::vector<json_object> holders_as_json(const catalog_entry& entry) {
    std::vector<json_object> out;
    for (const holder& h : entry.holders) {
        json_object one;
        one.set("pid", std::uint64_t{h.process});
        if (h.command.empty()) {
            one.set_null("command");
        } else {
            one.set("command", h.command);
        }
        out.push_back(std::move(one));
    }
    return out;
}

namespace {

class holders : public command {
   public:
    void declare(arguments& a) override { a.place(place_); }

    int run(bool json) override {
        const catalog_entry e = need(look_up(place_));
        if (json) {
            json_object answer;
            answer.set("name", e.place.text()).set("holders", holders_as_json(e)).set("complete", e.holders_complete);
            print_line(answer.dump());
            return status_ok;
        }
        std::vector<std::vector<std::string>> rows;
        for (const holder& h : e.holders)
            rows.push_back({std::to_string(h.process), h.command.empty() ? "?" : h.command});
        if (!rows.empty()) print_table({"PID", "COMMAND"}, rows);
        if (!e.holders_complete) complain("others may hold it too, which this user or this container cannot see");
        if (rows.empty() && e.holders_complete) hint("Nobody holds it; as a file it stays");
        return status_ok;
    }

   private:
    std::string place_;
};

}  // namespace

std::unique_ptr<command> make_holders() { return std::make_unique<holders>(); }

}  // namespace samepage::cli
