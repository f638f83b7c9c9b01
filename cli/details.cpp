// Cells, locks and queues, looked at.
// SPDX-License-Identifier: MIT
#include "details.hpp"

#include <fmt/format.h>

#include "cells.hpp"
#include "failure.hpp"
#include "samepage/lock.hpp"
#include "samepage/queue.hpp"
#include "units.hpp"

namespace samepage::cli {

namespace {

std::string process_text(std::uint32_t process) {
    return process != 0 ? fmt::format("process {}", process) : "a process that can't be seen from here";
}

details of_cell(const std::string& place) {
    const cell_info i = need(cell_to_read(place).info());
    details d;
    d.lines.emplace_back("version", i.version == 0 ? "0, empty" : std::to_string(i.version));
    d.lines.emplace_back("value", fmt::format("{}, at most {}", size_text(i.size_bytes), size_text(i.capacity_bytes)));
    d.lines.emplace_back("writer", i.writer_active ? process_text(i.writer_process) : "none");
    d.lines.emplace_back("waiters", i.sleeps ? std::to_string(i.waiters) : "can't be seen: the file is read-only here");
    d.numbers = {{"version", i.version},
                 {"value_bytes", i.size_bytes},
                 {"capacity_bytes", i.capacity_bytes},
                 {"writer", i.writer_process},
                 {"waiters", i.waiters}};
    d.facts = {{"writer_active", i.writer_active}};
    return d;
}

details of_lock(const std::string& place) {
    const lock_info i = need(need(lock::open(place)).info());
    details d;
    d.lines.emplace_back("owner", i.owned ? process_text(i.owner_process) : "none");
    d.lines.emplace_back("awaited", i.awaited ? "yes" : "no");
    if (i.owner_died) d.lines.emplace_back("state", "an owner died with it, and nobody has repaired since");
    d.numbers = {{"owner", i.owner_process}};
    d.facts = {{"owned", i.owned}, {"awaited", i.awaited}, {"owner_died", i.owner_died}};
    return d;
}

details of_queue(const std::string& place) {
    const queue_info i = need(need(queue_bytes::open(place)).info());
    details d;
    d.lines.emplace_back("jobs", fmt::format("{} ready, {} taken", i.jobs_ready, i.jobs_taken));
    if (i.jobs_taken != 0) {
        d.lines.emplace_back("oldest", fmt::format("job {} is with {}, taken {} times", i.oldest_taken,
                                                   process_text(i.oldest_process), i.oldest_deliveries));
    }
    if (i.replies_ready != 0) d.lines.emplace_back("replies", fmt::format("{} not fetched yet", i.replies_ready));
    d.lines.emplace_back("room", fmt::format("{} of {} used", size_text(i.used_bytes), size_text(i.capacity_bytes)));
    d.lines.emplace_back("next", fmt::format("job {}", i.next_id));
    d.lines.emplace_back("waiters", fmt::format("{} for jobs, {} for room", i.takers_waiting, i.pushers_waiting));
    d.numbers = {{"jobs_ready", i.jobs_ready},
                 {"jobs_taken", i.jobs_taken},
                 {"replies_ready", i.replies_ready},
                 {"oldest_taken", i.oldest_taken},
                 {"oldest_process", i.oldest_process},
                 {"oldest_deliveries", i.oldest_deliveries},
                 {"used_bytes", i.used_bytes},
                 {"capacity_bytes", i.capacity_bytes},
                 {"next_id", i.next_id},
                 {"takers_waiting", i.takers_waiting},
                 {"pushers_waiting", i.pushers_waiting}};
    return d;
}

}  // namespace

void details::add_to(json_object& answer) const {
    for (const auto& [key, value] : numbers) answer.set(key.c_str(), value);
    for (const auto& [key, value] : facts) answer.set(key.c_str(), value);
}

details details_of(const catalog_entry& entry) {
    const std::string place = entry.place.text();
    if (entry.kind == kind::cell) return of_cell(place);
    if (entry.kind == kind::lock) return of_lock(place);
    if (entry.kind == kind::queue) return of_queue(place);
    return {};
}

}  // namespace samepage::cli
