// Marks as records of the state's table.
// SPDX-License-Identifier: MIT
#include "mark.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace samepage::bridge {

namespace {

// Its own, whatever the place is called at the servers.
std::string key_of(const object_spec& mirror, const std::string& group) {
    return fmt::format("mark {} {} {} {}", group, samepage::name_of(mirror.kind), mirror.name, mirror.place);
}

}  // namespace

std::optional<mark> read_mark(const host& h, const object_spec& mirror, const std::string& group) {
    const auto record = h.state().get_text(key_of(mirror, group));
    if (!record) return {};
    const auto fields = nlohmann::json::parse(record->text, nullptr, false);
    if (!fields.is_object()) return {};
    try {
        mark m;
        m.local = fields.at("local").get<std::string>();
        m.next_sequence = fields.at("next_sequence").get<std::uint64_t>();
        m.stream_created = fields.at("stream_created").get<std::int64_t>();
        m.stream_sequence = fields.at("stream_sequence").get<std::uint64_t>();
        m.origin = at::parse(fields.at("origin").get<std::string>());
        m.exact = fields.at("exact").get<bool>();
        for (const auto& w : fields.at("witnesses"))
            m.witnesses.push_back({w.at(0).get<std::uint64_t>(), w.at(1).get<std::string>()});
        return m;
    } catch (const nlohmann::json::exception&) {
        return {};
    }
}

result<void> write_mark(const host& h, const object_spec& mirror, const std::string& group, const mark& m) {
    auto witnesses = nlohmann::json::array();
    for (const witness& w : m.witnesses) witnesses.push_back({w.sequence, w.digest});
    const nlohmann::ordered_json fields = {{"local", m.local},
                                           {"next_sequence", m.next_sequence},
                                           {"stream_created", m.stream_created},
                                           {"stream_sequence", m.stream_sequence},
                                           {"origin", m.origin.text()},
                                           {"exact", m.exact},
                                           {"witnesses", witnesses}};
    const auto put = h.state().put_text(key_of(mirror, group), fields.dump());
    if (!put) return put.error();
    return {};
}

}  // namespace samepage::bridge
