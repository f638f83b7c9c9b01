// The live objects of a scope, as the kernel lists its sections; there are no leftovers.
// SPDX-License-Identifier: MIT
//
// Sections of any program are listed: to samepage they are regions. Windows doesn't tell who has one open; the
// processes that claim slots of a structured object are known by those.
#include <algorithm>

#include "os/windows/directory.hpp"
#include "os/windows/path_object.hpp"
#include "os/windows/section.hpp"
#include "os/windows/system_error.hpp"

namespace samepage::os {

namespace {

constexpr std::wstring_view companion_prefix = L"samepage.", slot_prefix = L"samepage.slot.";

std::string command_of(std::uint32_t process) {
    const handle opened(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process));
    wchar_t path[MAX_PATH];
    DWORD units = MAX_PATH;
    if (!opened || QueryFullProcessImageNameW(opened.get(), 0, path, &units) == 0) return {};
    const std::string whole = to_utf8({path, units});
    return whole.substr(whole.find_last_of("\\/") + 1);
}

// The processes with slots of the object whose companions end with `id`.
void add_holders(const std::vector<named_object>& objects, const os::identity& id, catalog_entry& entry) {
    for (const named_object& object : objects) {
        if (object.name.compare(0, slot_prefix.size(), slot_prefix) != 0) continue;
        const std::size_t dot = object.name.find(L'.', slot_prefix.size());
        if (dot == std::wstring::npos || object.name.substr(dot + 1) != id.text) continue;
        const handle slot(OpenSemaphoreW(1, FALSE, (id.scope + object.name).c_str()));
        const std::uint32_t process = slot ? query_semaphore(slot.get()) : 0;
        if (process != 0) entry.holders.push_back({process, command_of(process)});
    }
    std::sort(entry.holders.begin(), entry.holders.end(),
              [](const holder& a, const holder& b) { return a.process < b.process; });
    entry.holders_complete = false;
}

// Nothing: it has just gone, or this user may not read it.
result<catalog_entry> entry_of(const samepage::place& where) {
    catalog_entry entry;
    entry.place = where;
    const handle section(OpenFileMappingW(read_rights, FALSE, section_name(where).c_str()));
    if (!section) return from_system("look up", GetLastError());
    section_facts facts;
    if (!query_section(section.get(), facts)) return from_system("look up", GetLastError());
    entry.size_bytes = facts.size_bytes;
    if (facts.reserved) {
        const auto committed = committed_bytes(section.get(), 0, facts.size_bytes);
        if (!committed) return committed.error();
        entry.size_bytes = *committed;
        entry.kind = kind_in(section.get(), facts.size_bytes).value_or(kind::region);
    }
    entry.location = to_utf8(directory_of(where.scope) + L"\\") + where.name;
    return entry;
}

result<catalog_entry> look_up_path(const samepage::place& where) {
    acquire_request request;
    request.where = &where;
    request.disposition = disposition::open_existing;
    request.access = access::read_only;
    held_object::state s;
    s.access = access::read_only;
    request.backing_path = where.name;
    if (auto opened = open_backing(request, s); !opened) return opened.error();
    if (auto mapped = section_over_file("look up", s, s.size_bytes); !mapped) return mapped.error();
    catalog_entry entry;
    entry.place = where;
    entry.size_bytes = s.size_bytes;
    entry.kind = kind_in(s.section.get(), s.size_bytes).value_or(kind::region);
    entry.location = where.name;
    if (const auto objects = list_directory(scope::global)) add_holders(*objects, identity_of(s.file.get()), entry);
    entry.holders_complete = false;
    return entry;
}

}  // namespace

result<catalog> list(scope where, bool with_holders) {
    if (where == scope::path) return error(errc::invalid_argument, "list", "only local and global names can be listed");
    catalog all;
    const auto objects = list_directory(where);
    if (!objects) {
        all.complete = false;
        all.why = objects.error().message();
        return all;
    }
    for (const named_object& object : *objects) {
        if (object.type != L"Section" || object.name.compare(0, companion_prefix.size(), companion_prefix) == 0)
            continue;
        samepage::place place;
        place.scope = where;
        place.name = to_utf8(object.name);
        if (!place::parse(place.text())) continue;  // no name of ours: another program's conventions
        auto entry = entry_of(place);
        if (!entry) continue;
        entry->holders_complete = false;
        if (with_holders) add_holders(*objects, identity_of(place), *entry);
        all.entries.push_back(std::move(*entry));
    }
    std::sort(all.entries.begin(), all.entries.end(),
              [](const catalog_entry& a, const catalog_entry& b) { return a.place.name < b.place.name; });
    return all;
}

result<catalog_entry> look_up(const place& where) {
    if (where.is_path()) return look_up_path(where);
    auto entry = entry_of(where);
    if (!entry && entry.error().code() == errc::not_found) {
        return error(errc::not_found, "look up", "nobody holds " + where.text() + " (" + place_searched(where) + ")",
                     entry.error().system_code());
    }
    if (!entry) return entry;
    entry->holders_complete = false;
    if (const auto objects = list_directory(where.scope)) add_holders(*objects, identity_of(where), *entry);
    return entry;
}

}  // namespace samepage::os
