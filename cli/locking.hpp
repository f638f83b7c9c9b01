// How commands run another one while they own a lock: how long they wait for it, and with what they end.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "output.hpp"
#include "samepage/result.hpp"
#include "system.hpp"

namespace samepage::cli {

class locking {
   public:
    // `wait_names`: of the option that says how long it waits.
    void declare(arguments& a, const std::string& wait_names);
    // Whether all is given, and can be. `meanwhile`: when the command runs. Throws usage_error.
    void check(const char* meanwhile) const;

    duration time() const { return no_wait_ ? no_wait : wait_.value_or(forever); }

    // The command's own status is passed on, so our failures have one of their own, but for not getting the lock.
    template <class T>
    T in_time(result<T> r, const std::string& place) const {
        if (r) return *std::move(r);
        fail(r.error(), place);
    }

    // The command's status. `what`: that is locked.
    template <class Held>
    int run(Held& held, const std::string& what) const {
        if (held.owner_died()) {
            complain("an owner of " + what + " died with the lock: what it guards may be half-done");
            set_environment("SAMEPAGE_OWNER_DIED", "1");
        }
        const int status = cli::run(command_, {});
        // A command that ends well was told, and has repaired what there was.
        if (status == 0) held.mark_repaired();
        return status;
    }

   private:
    [[noreturn]] void fail(const error& why, const std::string& place) const;

    bool no_wait_ = false;
    std::optional<duration> wait_;
    std::optional<std::uint64_t> exit_status_;
    std::vector<std::string> command_;
};

}  // namespace samepage::cli
