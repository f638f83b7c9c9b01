// keep: a handle on an existing object of any kind, for who only wants it to stay alive.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "samepage/result.hpp"

namespace samepage::cli {

struct kept {
    std::shared_ptr<const void> object;
    std::function<result<void>()> check;  // whether its name still leads to it
};

// Throws failure, not_found above all.
kept keep(const std::string& place);

}  // namespace samepage::cli
