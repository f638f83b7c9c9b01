// samepage table lock: runs a command while it has locked a key of a table, or all of it.
// SPDX-License-Identifier: MIT
#include "../locking.hpp"
#include "../tables.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class table_lock : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.value(key_, "KEY", "", "The key, whether it has a record or not");
        a.flag("--all", all_, "Lock the whole table instead of a key");
        locking_.declare(a, "-w,--wait,--timeout");
        a.example("samepage table lock ./stock.page bolt -- ./update-bolt   which may use samepage table put");
        a.example("samepage table lock ./stock.page --all -- ./take-stock");
    }

    int run(bool) override {
        locking_.check("the key is locked");
        if (key_.has_value() == all_)
            throw usage_error(all_ ? "KEY and --all exclude each other" : "KEY or --all is missing");
        const table_options options = options_to_write();
        const table_bytes t = locking_.in_time(table_bytes::create(place_, options), place_);
        const duration time = locking_.time();
        table_bytes::held held = locking_.in_time(all_ ? t.lock_all(time) : t.lock_text(*key_, time), place_);
        // What CMD does with the table is ours to do.
        const std::string& others = options.permits;
        set_environment("SAMEPAGE_PERMITS", (held.permit() + (others.empty() ? "" : "," + others)).c_str());
        return locking_.run(held, all_ ? place_ : "the key " + shown_key(*key_));
    }

   private:
    std::string place_;
    std::optional<std::string> key_;
    bool all_ = false;
    locking locking_;
};

}  // namespace

std::unique_ptr<command> make_table_lock() { return std::make_unique<table_lock>(); }

}  // namespace samepage::cli
