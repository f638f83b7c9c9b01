// Cells and locks, looked at.
// SPDX-License-Identifier: MIT
#include "details.hpp"

#include <fmt/format.h>

#include "cells.hpp"
#include "failure.hpp"
#include "samepage/lock.hpp"
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

}  // namespace

void details::add_to(json_object& answer) const {
    for (const auto& [key, value] : numbers) answer.set(key.c_str(), value);
    for (const auto& [key, value] : facts) answer.set(key.c_str(), value);
}

details details_of(const catalog_entry& entry) {
    const std::string place = entry.place.text();
    if (entry.kind == kind::cell) return of_cell(place);
    if (entry.kind == kind::lock) return of_lock(place);
    return {};
}

}  // namespace samepage::cli
