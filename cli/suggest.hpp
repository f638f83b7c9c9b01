// The word that somebody most likely meant.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace samepage::cli {

// The candidate that differs from `word` by at most two letters added, left out or changed; empty if there is none.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace samepage::cli
