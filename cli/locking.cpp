// The options of commands that own a lock while another one runs, and how they fail.
// SPDX-License-Identifier: MIT
#include "locking.hpp"

#include <fmt/format.h>

#include "failure.hpp"

namespace samepage::cli {

void locking::declare(arguments& a, const std::string& wait_names) {
    a.flag("-n,--nonblock", no_wait_, "Do not wait: exit 5 when somebody has it");
    a.time(wait_names, wait_, "Wait at most this long: 5s; then exit 4");
    a.number("-E,--conflict-exit-code", exit_status_, "N", "Exit N instead of 5 or 4");
    a.command(command_);
}

void locking::check(const char* meanwhile) const {
    if (command_.empty()) throw usage_error(fmt::format("what is to run while {}? Add -- CMD", meanwhile));
    if (exit_status_ && *exit_status_ > 255) throw usage_error("an exit code is 0 to 255");
}

void locking::fail(const error& why, const std::string& place) const {
    if (why.code() != errc::timed_out)
        throw failure(status_own_failure, std::string(name_of(why.code())), why.message());
    // Nobody's time was up who didn't want to wait.
    const int status = no_wait_ ? status_conflict : status_timed_out;
    throw failure(exit_status_ ? static_cast<int>(*exit_status_) : status, no_wait_ ? "conflict" : "timed_out",
                  no_wait_ ? fmt::format("conflict: {}: {}", place, why.detail()) : why.message())
        .as_answer();
}

}  // namespace samepage::cli
