// Queues as commands open them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arguments.hpp"
#include "messages.hpp"
#include "samepage/queue.hpp"

namespace samepage::cli {

// What a new queue is made with, as --capacity says.
class queue_shape {
   public:
    void declare(arguments& a);
    queue_options options() const;

   private:
    std::optional<std::uint64_t> capacity_bytes_;
};

// `create`: makes it where there is none; else only at a path, and on a name that nobody holds the failure says what to
// do. Throws failure.
queue_bytes open_queue(const std::string& place, bool create, const queue_shape& shape = {});

// What a queue takes as jobs with so much room for a reply.
message_limits job_limits(const std::string& place, const queue_bytes& q, std::uint64_t reply_bytes = 0);

// "ready", "taken", "replied"
const char* name_of(queued_job::state s);

}  // namespace samepage::cli
