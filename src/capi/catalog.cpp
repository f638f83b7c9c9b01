// The C functions that say what there is and whether this machine suits.
// SPDX-License-Identifier: MIT
#include "samepage/catalog.hpp"

#include <string>

#include "capi/call.hpp"

namespace samepage::capi {

// A catalog with the places as texts.
struct kept_catalog {
    explicit kept_catalog(samepage::catalog from) : seen(std::move(from)) {
        for (const auto& entry : seen.entries) places.push_back(entry.place.text());
    }

    samepage::catalog seen;
    std::vector<std::string> places;  // of the entries
};

}  // namespace samepage::capi

struct samepage_catalog : samepage::capi::slot<samepage::capi::kept_catalog> {};
struct samepage_findings : samepage::capi::slot<std::vector<samepage::finding>> {};

namespace capi = samepage::capi;
using capi::kept_catalog;
using samepage::result;
using findings_list = std::vector<samepage::finding>;

namespace {

constexpr const char* listing = "list";
constexpr const char* looking = "look up";
constexpr const char* asking = "ask a catalog";
constexpr const char* diagnosing = "diagnose";

template <class List>
auto& at(List& list, std::size_t index) {
    if (index >= list.size()) throw capi::refusal{"there are not so many"};
    return list[index];
}

}  // namespace

samepage_status samepage_list(int32_t scope, int32_t with_holders, samepage_catalog** into) {
    return capi::open(listing, into, [&]() -> result<samepage::catalog> {
        const auto where = capi::enum_of<samepage::scope>(static_cast<std::uint32_t>(scope), 2);
        return samepage::list(where, with_holders != 0);
    });
}

samepage_status samepage_look_up(const char* place, samepage_catalog** into) {
    return capi::open(looking, into, [&]() -> result<samepage::catalog> {
        auto found = samepage::look_up(capi::text_of(place));
        if (!found) return found.error();
        samepage::catalog one;
        one.entries.push_back(std::move(*found));
        return one;
    });
}

samepage_status samepage_catalog_count(samepage_catalog* catalog, size_t* count) {
    return capi::tell(catalog, asking, count, [](const kept_catalog& mine) { return mine.places.size(); });
}

samepage_status samepage_catalog_entry_get(samepage_catalog* catalog, size_t index, samepage_catalog_entry* entry) {
    return capi::with(catalog, asking, [&](const kept_catalog& mine) {
        const samepage::catalog_entry& one = at(mine.seen.entries, index);
        samepage_catalog_entry all{};
        all.kind = one.kind == samepage::kind::unknown ? samepage_kind_unknown : static_cast<std::int32_t>(one.kind);
        all.size_bytes = one.size_bytes;
        all.holders = static_cast<std::uint32_t>(one.holders.size());
        all.holders_complete = one.holders_complete;
        all.place = mine.places[index].c_str();
        all.location = one.location.c_str();
        return capi::give_info(all, entry);
    });
}

samepage_status samepage_catalog_holder(samepage_catalog* catalog, size_t index, size_t holder_index, uint32_t* process,
                                        const char** command) {
    return capi::with(catalog, asking, [&](const kept_catalog& mine) {
        const samepage::holder& one = at(at(mine.seen.entries, index).holders, holder_index);
        capi::set(process, one.process);
        capi::set(command, one.command.c_str());
        return samepage_ok;
    });
}

samepage_status samepage_catalog_complete(samepage_catalog* catalog, int32_t* complete, const char** why) {
    return capi::with(catalog, asking, [&](const kept_catalog& mine) {
        capi::set(complete, mine.seen.complete);
        capi::set(why, mine.seen.why.c_str());
        return samepage_ok;
    });
}

samepage_status samepage_catalog_freed(samepage_catalog* catalog, uint64_t* entries, uint64_t* bytes) {
    return capi::with(catalog, asking, [&](const kept_catalog& mine) {
        capi::set(entries, mine.seen.freed_entries);
        capi::set(bytes, mine.seen.freed_bytes);
        return samepage_ok;
    });
}

void samepage_catalog_close(samepage_catalog* catalog) { capi::pool_of<samepage_catalog>.close(catalog); }

samepage_status samepage_diagnose(samepage_findings** into) {
    return capi::open(diagnosing, into, []() -> result<findings_list> { return samepage::diagnose(); });
}

samepage_status samepage_findings_count(samepage_findings* findings, size_t* count) {
    return capi::tell(findings, diagnosing, count, [](const findings_list& mine) { return mine.size(); });
}

samepage_status samepage_findings_get(samepage_findings* findings, size_t index, int32_t* severity,
                                      const char** subject, const char** text, const char** fix) {
    return capi::with(findings, diagnosing, [&](const findings_list& mine) {
        const samepage::finding& one = at(mine, index);
        capi::set(severity, one.severity);
        capi::set(subject, one.subject.c_str());
        capi::set(text, one.text.c_str());
        capi::set(fix, one.fix.c_str());
        return samepage_ok;
    });
}

void samepage_findings_close(samepage_findings* findings) { capi::pool_of<samepage_findings>.close(findings); }
