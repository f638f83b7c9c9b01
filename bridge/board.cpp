// Writing and printing the records of status.
// SPDX-License-Identifier: MIT
#include "board.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "failure.hpp"

namespace samepage::bridge {

namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view key_begin = "status ";

std::string dump(const json& fields) { return fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

bool is_held(const std::string& lock_name) {
    const auto opened = lock::open(lock_name);
    const auto info = opened ? opened->info() : result<lock_info>(opened.error());
    return info && info->owned;
}

std::string text_of(const json& object, const char* field) {
    const json& value = object.at(field);
    return value.is_string() ? value.get<std::string>() : value.dump();
}

void print(const std::vector<json>& objects) {
    if (objects.empty()) {
        fmt::print("no bridge has run here\n");
        return;
    }
    constexpr const char* columns[] = {"kind", "place", "direction", "state", "lag", "lost", "revision", "bytes"};
    std::map<std::string, std::size_t> widths;
    for (const char* c : columns) {
        widths[c] = std::string_view(c).size();
        for (const json& o : objects) widths[c] = std::max(widths[c], text_of(o, c).size());
    }
    std::string text;
    for (const char* c : columns) text += fmt::format("{:<{}}  ", c, widths[c]);
    text += "error\n";
    for (const json& o : objects) {
        for (const char* c : columns) text += fmt::format("{:<{}}  ", text_of(o, c), widths[c]);
        text += text_of(o, "error") + "\n";
    }
    fmt::print("{}", text);
}

}  // namespace

result<void> show(const host& h, const carrier& c, const std::string& group, carrier_report& shown) {
    const carrier_report now = c.report();
    if (now == shown) return {};
    const object_spec& spec = c.spec();
    const json fields = {{"kind", samepage::name_of(spec.kind)},
                         {"place", spec.place},
                         {"name", spec.name},
                         {"group", group},
                         {"direction", name_of(spec.direction)},
                         {"state", name_of(now.state)},
                         {"lag", now.lag},
                         {"lost", now.lost},
                         {"revision", now.revision},
                         {"messages", now.messages},
                         {"bytes", now.bytes},
                         {"error", now.error},
                         {"lock", c.lock_name()}};
    const std::string key = fmt::format("{}{} {} {}", key_begin, group, spec.text(), spec.name);
    if (const auto put = h.state().put_text(key, dump(fields)); !put) return put.error();
    shown = now;
    return {};
}

int status(const std::string& state, bool as_json) {
    const std::string path = state_page(state_directory(state));
    table_options options;
    options.access = access::read_only;
    const auto opened = table_bytes::open(path, options);
    if (!opened && opened.error().code() != errc::not_found) throw state_failure(opened.error(), path);
    std::map<std::string, json> objects;
    if (opened) {
        const auto scanned = opened->for_each(
            [&](const table_bytes::record& r) {
                json fields = json::parse(r.text(), nullptr, false);
                if (fields.is_object()) objects[std::string(r.key_text())] = std::move(fields);
                return true;
            },
            key_begin);
        cli::need(scanned);
    }
    std::vector<json> shown;
    for (auto& [key, fields] : objects) {
        if (!is_held(fields.value("lock", ""))) fields["state"] = "stopped";
        fields.erase("lock");
        shown.push_back(std::move(fields));
    }
    if (as_json) {
        fmt::print("{}\n", dump(json(shown)));
    } else {
        print(shown);
    }
    return cli::status_ok;
}

}  // namespace samepage::bridge
