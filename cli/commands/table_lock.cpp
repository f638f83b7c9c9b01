// samepage table lock: runs a command while it has locked a key of a table, or all of it.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../failure.hpp"
#include "../output.hpp"
#include "../system.hpp"
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
        a.flag("-n,--nonblock", no_wait_, "Do not wait: exit 5 when somebody has it");
        a.time("-w,--wait,--timeout", wait_, "Wait at most this long: 5s; then exit 4");
        a.number("-E,--conflict-exit-code", exit_status_, "N", "Exit N instead of 5 or 4");
        a.command(command_);
        a.example("samepage table lock ./stock.page bolt -- ./update-bolt   which may use samepage table put");
        a.example("samepage table lock ./stock.page --all -- ./take-stock");
    }

    int run(bool) override {
        if (command_.empty()) throw usage_error("what is to run while the key is locked? Add -- CMD");
        if (key_.has_value() == all_)
            throw usage_error(all_ ? "KEY and --all exclude each other" : "KEY or --all is missing");
        if (exit_status_ && *exit_status_ > 255) throw usage_error("an exit code is 0 to 255");
        table_options options;
        options.permits = table_permits();
        const table_bytes t = in_time(table_bytes::create(place_, options));
        const duration time = no_wait_ ? no_wait : wait_.value_or(forever);
        table_bytes::held held = in_time(all_ ? t.lock_all(time) : t.lock_text(*key_, time));
        if (held.owner_died()) {
            complain(fmt::format("an owner of {} died with the lock: what it guards may be half-done",
                                 all_ ? place_ : "the key " + shown_key(*key_)));
            set_environment("SAMEPAGE_OWNER_DIED", "1");
        }
        // What CMD does with the table is ours to do.
        const std::string& others = options.permits;
        set_environment("SAMEPAGE_PERMITS", (held.permit() + (others.empty() ? "" : "," + others)).c_str());
        const int status = cli::run(command_, {});
        // A command that ends well was told, and has repaired what there was.
        if (status == 0) held.mark_repaired();
        return status;
    }

   private:
    // The command's own status is passed on, so our failures have one of their own, but for not getting the lock.
    template <class T>
    T in_time(result<T> r) const {
        if (r) return *std::move(r);
        if (r.error().code() == errc::timed_out) {
            const int status = no_wait_ ? status_conflict : status_timed_out;
            throw failure(exit_status_ ? static_cast<int>(*exit_status_) : status, no_wait_ ? "conflict" : "timed_out",
                          no_wait_ ? fmt::format("conflict: {}: {}", place_, r.error().detail()) : r.error().message())
                .as_answer();
        }
        throw failure(status_own_failure, std::string(name_of(r.error().code())), r.error().message());
    }

    std::string place_;
    std::optional<std::string> key_;
    bool all_ = false, no_wait_ = false;
    std::optional<duration> wait_;
    std::optional<std::uint64_t> exit_status_;
    std::vector<std::string> command_;
};

}  // namespace

std::unique_ptr<command> make_table_lock() { return std::make_unique<table_lock>(); }

}  // namespace samepage::cli
