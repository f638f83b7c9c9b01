// holding: how long a command keeps what it holds: --for, --while-pid, -- CMD, Enter, Ctrl-C.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "samepage/result.hpp"

namespace samepage::cli {

class holding {
   public:
    // Declares --hold, --for, --while-pid and -- CMD. `always`: the command holds in any case, --hold is its default.
    void declare(arguments& a, bool always);

    bool asked() const noexcept { return hold_ || time_ || process_id_ || !command_.empty(); }

    // Checks what was given and begins to catch interrupts. Before anything is made or held.
    void begin();

    // Says `sentence` and how it ends to a terminal, then keeps until it ends. `check` is asked about once a second;
    // its error ends the holding (a command that runs is told of it, and runs on). Returns the exit status.
    int until_end(std::string_view sentence, const std::function<result<void>()>& check);

   private:
    std::string how_it_ends() const;

    bool hold_ = false;
    std::optional<duration> time_;
    std::optional<std::uint64_t> process_id_;
    std::vector<std::string> command_;
};

}  // namespace samepage::cli
