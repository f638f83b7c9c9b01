// Queues as commands open them.
// SPDX-License-Identifier: MIT
#include "queues.hpp"

#include <fmt/format.h>

#include "failure.hpp"
#include "samepage/place.hpp"

namespace samepage::cli {

queue_bytes open_queue(const std::string& place, bool create, std::optional<std::uint64_t> capacity_bytes) {
    queue_options options;
    if (capacity_bytes) options.capacity_bytes = *capacity_bytes;
    if (create || need(place::parse(place)).is_path()) return need(queue_bytes::create(place, options));
    auto opened = queue_bytes::open(place, options);
    if (opened) return *std::move(opened);
    if (opened.error().code() != errc::not_found) throw failure(opened.error());
    throw failure(
        status_not_found, "not_found",
        fmt::format(
            "not_found: nobody holds {0}: start a worker with \"samepage queue take {0}\", run \"samepage queue "
            "hold {0}\", or use the file ./{0}",
            place));
}

const char* name_of(queued_job::state s) {
    return s == queued_job::state::ready ? "ready" : s == queued_job::state::taken ? "taken" : "replied";
}

}  // namespace samepage::cli
