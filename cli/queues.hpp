// Queues as commands open them.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "samepage/queue.hpp"

namespace samepage::cli {

// `create`: makes it where there is none; else only at a path, and on a name that nobody holds the failure says what to
// do. Throws failure.
queue_bytes open_queue(const std::string& place, bool create, std::optional<std::uint64_t> capacity_bytes = {});

// "ready", "taken", "replied"
const char* name_of(queued_job::state s);

}  // namespace samepage::cli
