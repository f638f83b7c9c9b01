// Cells, channels, locks, queues and tables, looked at.
// SPDX-License-Identifier: MIT
#include "details.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "failure.hpp"
#include "samepage/cell.hpp"
#include "samepage/channel.hpp"
#include "samepage/lock.hpp"
#include "samepage/queue.hpp"
#include "samepage/table.hpp"
#include "units.hpp"

namespace samepage::cli {

namespace {

std::string process_text(std::uint32_t process) {
    return process != 0 ? fmt::format("process {}", process) : "a process that can't be seen from here";
}

void add_sole_writer(std::uint32_t process, details& d) {
    if (process != 0) d.lines.emplace_back("sole writer", process_text(process) + "; others are refused");
    d.numbers.emplace_back("sole_writer", process);
}

details of_cell(const std::string& place, duration patience) {
    cell_options reading;
    reading.access = access::read_only;
    reading.timeout = patience;
    const cell_info i = need(need(cell_bytes::open(place, reading)).info());
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
    add_sole_writer(i.sole_writer_process, d);
    d.brief = fmt::format("version {}", i.version);
    return d;
}

std::string listener_text(const channel_info::subscriber& one) {
    if (!one.live) return "died, and holds nobody back";
    if (one.lag_messages == 0) return process_text(one.process) + ", has received all";
    return fmt::format("{}, {} messages ({}) behind", process_text(one.process), one.lag_messages,
                       size_text(one.lag_bytes));
}

std::vector<json_object> listeners_as_json(const channel_info& i) {
    std::vector<json_object> out;
    for (const auto& one : i.registered) {
        json_object row;
        row.set("pid", std::uint64_t{one.process}).set("live", one.live);
        row.set("lag_messages", one.lag_messages).set("lag_bytes", one.lag_bytes);
        out.push_back(std::move(row));
    }
    return out;
}

std::string listeners_brief(const channel_info& i) {
    std::uint64_t count = 0, lag_messages = 0;
    for (const auto& one : i.registered) {
        if (one.live) ++count, lag_messages = std::max(lag_messages, one.lag_messages);
    }
    return fmt::format("{} sent, {} listener{}{}", i.next_sequence - 1, count, count == 1 ? "" : "s",
                       lag_messages == 0 ? "" : fmt::format(", {} behind", lag_messages));
}

details of_channel(const std::string& place, duration patience) {
    channel_options reading;
    reading.access = access::read_only;
    reading.timeout = patience;
    const channel_info i = need(need(channel_bytes::open(place, reading)).info());
    details d;
    d.lines.emplace_back("capacity", fmt::format("a message has at most {}, the newest {} are kept",
                                                 size_text(i.capacity_bytes), size_text(i.ring_bytes / 2)));
    d.lines.emplace_back("messages",
                         i.next_sequence == i.oldest_sequence
                             ? fmt::format("{} sent, none is kept", i.next_sequence - 1)
                             : fmt::format("{} sent, kept from number {} on", i.next_sequence - 1, i.oldest_sequence));
    d.lines.emplace_back("loans", fmt::format("{}, {} out", i.loans, i.loans_out));
    d.lines.emplace_back("sender", i.sender_process != 0 ? process_text(i.sender_process) : "none");
    for (const auto& one : i.registered) d.lines.emplace_back("listener", listener_text(one));
    if (i.registered.empty()) d.lines.emplace_back("listener", "none is registered");
    d.lines.emplace_back("waiters", i.sleeps ? std::to_string(i.waiters) : "can't be seen: the file is read-only here");
    d.numbers = {{"next_sequence", i.next_sequence},
                 {"oldest_sequence", i.oldest_sequence},
                 {"capacity_bytes", i.capacity_bytes},
                 {"ring_bytes", i.ring_bytes},
                 {"loans", i.loans},
                 {"loans_out", i.loans_out},
                 {"sender", i.sender_process},
                 {"waiters", i.waiters}};
    add_sole_writer(i.sole_writer_process, d);
    d.lists.emplace_back("listeners", listeners_as_json(i));
    d.brief = listeners_brief(i);
    return d;
}

details of_lock(const std::string& place, duration patience) {
    lock_options looking;
    looking.timeout = patience;
    const lock_info i = need(need(lock::open(place, looking)).info());
    details d;
    d.lines.emplace_back("owner", i.owned ? process_text(i.owner_process) : "none");
    d.lines.emplace_back("awaited", i.awaited ? "yes" : "no");
    if (i.owner_died) d.lines.emplace_back("state", "an owner died with it, and nobody has repaired since");
    d.numbers = {{"owner", i.owner_process}};
    d.facts = {{"owned", i.owned}, {"awaited", i.awaited}, {"owner_died", i.owner_died}};
    d.brief = i.owned ? "owned" : "free";
    return d;
}

details of_queue(const std::string& place, duration patience) {
    queue_options looking;
    looking.timeout = patience;
    const queue_info i = need(need(queue_bytes::open(place, looking)).info());
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

std::string pending_text(std::uint32_t deaths) {
    return deaths == 0 ? "" : fmt::format("; {} more, which the next writer there will be told of", deaths);
}

void add_checkpoints(const table_info& i, details& d) {
    const std::string now = i.is_clean ? "closed in order since it was changed" : "being changed";
    d.lines.emplace_back("on the disk", i.checkpoint_unix_ns == 0
                                            ? now + "; no checkpoint"
                                            : now + "; checkpoint of " + time_text(i.checkpoint_unix_ns));
    if (i.returned_unix_ns == 0) return;
    d.lines.emplace_back("went back", fmt::format("on {} to the checkpoint of {}, after a power failure",
                                                  time_text(i.returned_unix_ns), time_text(i.returned_to_unix_ns)));
}

details of_table(const std::string& place, duration patience) {
    table_options reading;
    reading.access = access::read_only;
    reading.timeout = patience;
    const table_info i = need(need(table_bytes::open(place, reading)).info());
    details d;
    const auto load_percent = static_cast<std::uint64_t>(i.load * 100);
    d.lines.emplace_back("records", fmt::format("{}, in {} buckets, {} % full", i.records, i.buckets, load_percent));
    d.lines.emplace_back("writers", i.writers_active == 0
                                        ? "none is changing something"
                                        : fmt::format("{} in the middle of a change", i.writers_active));
    d.lines.emplace_back("killed", fmt::format("{} in the middle of a change, finished or undone by others{}",
                                               i.deaths_recovered, pending_text(i.deaths_pending)));
    d.lines.emplace_back("history", i.history_bytes == 0 ? "none is kept"
                                                         : fmt::format("the last {} changes, in {}", i.history_changes,
                                                                       size_text(i.history_bytes)));
    if (need(place::parse(place)).is_path()) add_checkpoints(i, d);
    d.numbers = {{"records", i.records},
                 {"history_bytes", i.history_bytes},
                 {"history_changes", i.history_changes},
                 {"checkpoint_unix_ns", i.checkpoint_unix_ns},
                 {"returned_unix_ns", i.returned_unix_ns},
                 {"returned_to_unix_ns", i.returned_to_unix_ns},
                 {"buckets", i.buckets},
                 {"load_percent", load_percent},
                 {"writers_active", i.writers_active},
                 {"deaths_recovered", i.deaths_recovered},
                 {"deaths_pending", i.deaths_pending}};
    add_sole_writer(i.sole_writer_process, d);
    d.brief = fmt::format("{} record{}", i.records, i.records == 1 ? "" : "s");
    return d;
}

}  // namespace

void details::add_to(json_object& answer) const {
    for (const auto& [key, value] : numbers) answer.set(key.c_str(), value);
    for (const auto& [key, value] : facts) answer.set(key.c_str(), value);
    for (const auto& [key, values] : lists) answer.set(key.c_str(), values);
}

details details_of(const catalog_entry& entry, duration patience) {
    const std::string place = entry.place.text();
    if (entry.kind == kind::cell) return of_cell(place, patience);
    if (entry.kind == kind::channel) return of_channel(place, patience);
    if (entry.kind == kind::lock) return of_lock(place, patience);
    if (entry.kind == kind::queue) return of_queue(place, patience);
    if (entry.kind == kind::table) return of_table(place, patience);
    return {};
}

}  // namespace samepage::cli
