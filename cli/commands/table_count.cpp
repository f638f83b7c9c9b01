// samepage table count: says how many records there are.
// SPDX-License-Identifier: MIT
#include "../output.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_count : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.text("--prefix", prefix_, "P", "Only records whose key begins so; all are read for that");
        a.example("samepage table count stock");
    }

    int run(bool json) override {
        const table_bytes t = table_to_read(place_);
        std::uint64_t records = 0;
        if (prefix_) {
            for_each_record(t, *prefix_, [&](const table_bytes::record&) { ++records; });
        } else {
            records = t.size();
        }
        print_line(json ? json_object().set("place", place_).set("records", records).dump() : std::to_string(records));
        return status_ok;
    }

   private:
    std::string place_;
    std::optional<std::string> prefix_;
};

}  // namespace

std::unique_ptr<command> make_table_count() { return std::make_unique<table_count>(); }

}  // namespace samepage::cli
