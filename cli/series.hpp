// series: --count and --timeout of commands that take one thing after the other, and what an interrupt means to them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arguments.hpp"

namespace samepage::cli {

class series {
   public:
    // `thing`: "job". `usual`: how many it takes without --count; 0 stands for no end.
    void declare(arguments& a, const std::string& thing, std::uint64_t usual);

    // Whether it goes on until it is interrupted. That is its end then, a good one.
    bool is_endless() const noexcept { return count_.value_or(usual_) == 0; }
    // How many are to be taken when so many have been.
    std::uint64_t left(std::uint64_t taken) const noexcept;

    duration timeout() const noexcept { return timeout_.value_or(forever); }

   private:
    std::optional<std::uint64_t> count_;
    std::optional<duration> timeout_;
    std::uint64_t usual_ = 0;
};

}  // namespace samepage::cli
