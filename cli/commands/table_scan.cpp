// samepage table scan: prints all records of a table, or those whose key begins with some bytes.
// SPDX-License-Identifier: MIT
#include "../output.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_scan : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.text("--prefix", prefix_, "P", "Only records whose key begins so; all are read nevertheless");
        a.flag("--keys", keys_, "Print only the keys");
        a.flag("--null", null_, "End each record with a zero byte instead of a newline");
        a.example("samepage table scan stock                       key, tab, value; in no order");
        a.example("samepage table scan stock --keys --null | xargs -0 samepage table get stock --");
    }

    int run(bool json) override {
        if (json && null_) throw usage_error("--json and --null exclude each other");
        const table_bytes t = table_to_read(place_);
        for_each_record(t, prefix_.value_or(""), [&](const table_bytes::record& r) {
            if (json) {
                print_line(as_json(r).dump());
                return;
            }
            print(r.key_text());
            if (!keys_) {
                print("\t");
                print(r.text());
            }
            print({null_ ? "\0" : "\n", 1});
        });
        return status_ok;
    }

   private:
    json_object as_json(const table_bytes::record& r) const {
        json_object row = keys_ ? json_object() : record_as_json(place_, r.key_text(), r.version, r.text());
        if (keys_) row.set("place", place_).bytes("key", r.key_text(), "key_base64").set("version", r.version);
        if (r.expires_unix_ns != 0) row.set("expires_unix_ns", r.expires_unix_ns);
        return row;
    }

    std::string place_;
    std::optional<std::string> prefix_;
    bool keys_ = false, null_ = false;
};

}  // namespace

std::unique_ptr<command> make_table_scan() { return std::make_unique<table_scan>(); }

}  // namespace samepage::cli
