// How many things a command takes, and how long it waits for each.
// SPDX-License-Identifier: MIT
#include "series.hpp"

#include <fmt/format.h>

namespace samepage::cli {

void series::declare(arguments& a, const std::string& thing, std::uint64_t usual) {
    usual_ = usual;
    const std::string without = usual == 0 ? "0, the default," : fmt::format("default {}; 0", usual);
    a.number("--count", count_, "N", fmt::format("End after N {}s; {} goes on until Ctrl-C", thing, without));
    a.time("--timeout", timeout_, fmt::format("Wait for each {} at most this long: 5s; then exit 4", thing));
}

std::uint64_t series::left(std::uint64_t taken) const noexcept {
    return is_endless() ? UINT64_MAX : count_.value_or(usual_) - taken;
}

}  // namespace samepage::cli
