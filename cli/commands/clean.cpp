// samepage clean: frees what killed processes left behind.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "samepage/catalog.hpp"

namespace samepage::cli {

namespace {

class clean : public command {
   public:
    void declare(arguments& a) override { a.flag("--global", global_, "Only the whole machine's objects"); }

    int run(bool json) override {
        std::uint64_t bytes = 0, entries = 0;
        const auto add = [&](const catalog& c) {
            bytes += c.freed_bytes;
            entries += c.freed_entries;
        };
        if (!global_) add(need(list(scope::local)));
        if (global_) {
            add(need(list(scope::global)));
        } else if (auto shared = list(scope::global)) {
            add(*shared);
        }
        if (json) {
            print_line(json_object().set("freed_bytes", bytes).set("freed_objects", entries).dump());
        } else if (entries == 0) {
            print_line("freed 0 bytes: there was nothing left behind");
        } else {
            print_line(fmt::format("freed {} bytes of {} object{}", bytes, entries, entries == 1 ? "" : "s"));
        }
        return status_ok;
    }

   private:
    bool global_ = false;
};

}  // namespace

std::unique_ptr<command> make_clean() { return std::make_unique<clean>(); }

}  // namespace samepage::cli
