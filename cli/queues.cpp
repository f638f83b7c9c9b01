// Queues as commands open them.
// SPDX-License-Identifier: MIT
#include "queues.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "failure.hpp"
#include "samepage/place.hpp"

namespace samepage::cli {

void queue_shape::declare(arguments& a) {
    a.size("--capacity", capacity_bytes_, "Bytes of room for all jobs together, for a new queue; default 1M");
}

queue_options queue_shape::options() const {
    queue_options options;
    if (capacity_bytes_) options.capacity_bytes = *capacity_bytes_;
    return options;
}

queue_bytes open_queue(const std::string& place, bool create, const queue_shape& shape) {
    if (create || need(place::parse(place)).is_path()) return need(queue_bytes::create(place, shape.options()));
    auto opened = queue_bytes::open(place, shape.options());
    if (opened) return *std::move(opened);
    if (opened.error().code() != errc::not_found) throw failure(opened.error());
    throw failure(
        status_not_found, "not_found",
        fmt::format(
            "not_found: nobody holds {0}: start a worker with \"samepage queue take {0}\", run \"samepage queue "
            "hold {0}\", or use the file ./{0}",
            place));
}

message_limits job_limits(const std::string& place, const queue_bytes& q, std::uint64_t reply_bytes) {
    constexpr std::uint64_t any_capacity_max = std::uint64_t{1} << 30U;
    // As queue_options::capacity_bytes says: 80 bytes in the first 128, 112 in each 128 beyond.
    const auto rounded = [](std::uint64_t bytes) { return (bytes + 15) / 16 * 16; };
    const std::uint64_t reply = rounded(std::min(reply_bytes, any_capacity_max));
    const auto at_most = [&](std::uint64_t capacity) {
        const std::uint64_t bytes = capacity / 128 * 112 - 32;
        return bytes - std::min(bytes, reply);
    };
    return {place, at_most(q.capacity_bytes()), at_most(any_capacity_max), [=](std::uint64_t job_bytes) {
                return std::max<std::uint64_t>((rounded(job_bytes) + reply + 32 + 111) / 112, 2) * 128;
            }};
}

const char* name_of(queued_job::state s) {
    return s == queued_job::state::ready ? "ready" : s == queued_job::state::taken ? "taken" : "replied";
}

}  // namespace samepage::cli
