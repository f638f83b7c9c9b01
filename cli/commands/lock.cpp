// samepage lock: runs a command while it owns a lock, as flock(1) does, without a file that stays.
// SPDX-License-Identifier: MIT
#include "samepage/lock.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../failure.hpp"
#include "../output.hpp"
#include "../system.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class lock_command : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        a.flag("-n,--nonblock", no_wait_, "Do not wait: exit 5 when somebody has it");
        a.time("-w,--wait", wait_, "Wait at most this long: 5s; then exit 4");
        a.number("-E,--conflict-exit-code", exit_status_, "N", "Exit N instead of 5 or 4");
        a.command(command_);
        a.example("samepage lock stock -- ./update-stock");
        a.example("samepage lock stock -n -- ./update-stock   not if somebody else does it already");
    }

    int run(bool) override {
        if (command_.empty()) throw usage_error("what is to run while the lock is owned? Add -- CMD");
        if (exit_status_ && *exit_status_ > 255) throw usage_error("an exit code is 0 to 255");
        lock_options options;
        if (no_wait_ || wait_) options.timeout = std::min(options.timeout, no_wait_ ? no_wait : *wait_);
        const lock l = in_time(lock::create(place_, options));
        lock::held held = in_time(l.acquire(no_wait_ ? no_wait : wait_.value_or(forever)));
        if (held.owner_died()) {
            complain("an owner of " + place_ + " died with the lock: what it guards may be half-done");
            set_environment("SAMEPAGE_OWNER_DIED", "1");
        }
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
            // Nobody's time was up who didn't want to wait.
            throw failure(exit_status_ ? static_cast<int>(*exit_status_) : status, no_wait_ ? "conflict" : "timed_out",
                          no_wait_ ? fmt::format("conflict: {}: {}", place_, r.error().detail()) : r.error().message())
                .as_answer();
        }
        throw failure(status_own_failure, std::string(name_of(r.error().code())), r.error().message());
    }

    std::string place_;
    bool no_wait_ = false;
    std::optional<duration> wait_;
    std::optional<std::uint64_t> exit_status_;
    std::vector<std::string> command_;
};

}  // namespace

std::unique_ptr<command> make_lock() { return std::make_unique<lock_command>(); }

}  // namespace samepage::cli
