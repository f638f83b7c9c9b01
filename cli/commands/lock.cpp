// samepage lock: runs a command while it owns a lock, as flock(1) does, without a file that stays.
// SPDX-License-Identifier: MIT
#include "samepage/lock.hpp"

#include <algorithm>

#include "../locking.hpp"
#include "commands.hpp"

namespace samepage::cli {

namespace {

class lock_command : public command {
   public:
    void declare(arguments& a) override {
        a.place(place_);
        locking_.declare(a, "-w,--wait");
        a.example("samepage lock stock -- ./update-stock");
        a.example("samepage lock stock -n -- ./update-stock   not if somebody else does it already");
    }

    int run(bool) override {
        locking_.check("the lock is owned");
        lock_options options;
        options.timeout = std::min(options.timeout, locking_.time());
        const lock l = locking_.in_time(lock::create(place_, options), place_);
        lock::held held = locking_.in_time(l.acquire(locking_.time()), place_);
        return locking_.run(held, place_);
    }

   private:
    std::string place_;
    locking locking_;
};

}  // namespace

std::unique_ptr<command> make_lock() { return std::make_unique<lock_command>(); }

}  // namespace samepage::cli
