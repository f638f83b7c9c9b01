// Keeping what is held until it ends.
// SPDX-License-Identifier: MIT
#include "holding.hpp"

#include <fmt/format.h>

#include "failure.hpp"
#include "output.hpp"
#include "system.hpp"
#include "units.hpp"

namespace samepage::cli {

void holding::declare(arguments& a, bool always) {
    a.flag("--hold", hold_,
           always ? "Keep it alive until Enter or Ctrl-C, the default" : "Keep it alive until Enter or Ctrl-C");
    a.time("--for", time_, "Keep it alive for this long: 5s, 100ms, 2m, 1h");
    a.number("--while-pid", process_id_, "PID", "Keep it alive while that process lives");
    a.command(command_);
}

void holding::begin() {
    if (!command_.empty() && (time_ || process_id_))
        throw usage_error("--for and --while-pid do not go with -- CMD: the command's end is the end");
    if (process_id_ && (*process_id_ > UINT32_MAX || !process_lives(static_cast<std::uint32_t>(*process_id_))))
        throw failure(status_not_found, "not_found", fmt::format("not_found: there is no process {}", *process_id_));
    catch_interrupts();
}

std::string holding::how_it_ends() const {
    if (time_ && process_id_) return fmt::format("ends in {}, or with process {}", duration_text(*time_), *process_id_);
    if (time_) return fmt::format("ends in {}", duration_text(*time_));
    if (process_id_) return fmt::format("ends with process {}", *process_id_);
    return can_ask_for_enter() ? "Enter ends" : "Ctrl-C ends";
}

int holding::until_end(std::string_view sentence, const std::function<result<void>()>& check) {
    flush_output();
    if (!command_.empty()) {
        bool told = false;
        return run(command_, [&] {
            if (told || !check) return;
            const auto good = check();
            if (!good) complain(good.error().message());
            told = !good;
        });
    }
    hint(fmt::format("{} ({})", sentence, how_it_ends()));
    wait_for what;
    what.enter = !time_ && !process_id_ && can_ask_for_enter();
    what.time = time_;
    if (process_id_) what.process_id = static_cast<std::uint32_t>(*process_id_);
    if (check) what.check = [&] { need(check()); };
    wait(what);
    return status_ok;
}

}  // namespace samepage::cli
