// Cutting, fetching and checking large values.
// SPDX-License-Identifier: MIT
#include "large_value.hpp"

#include <algorithm>
#include <charconv>

#include "hash.hpp"
#include "ownership.hpp"

namespace samepage::bridge {

namespace {

constexpr std::size_t part_bytes_max = std::size_t{512} << 10;
constexpr std::size_t headers_bytes = 2048;  // a generous bound for ours but a key's

std::string subject_of_parts(const stream_names& names, const std::string& subject) {
    return names.parts + hash_of(subject).substr(0, 32);
}

std::string subject_of_part(const stream_names& names, const std::string& subject, std::string_view version,
                            std::uint64_t number) {
    return subject_of_parts(names, subject) + "." + std::string(version) + "." + std::to_string(number);
}

std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

bool publish_value(publisher& to, const connection& server, const stream_names& names, const std::string& subject,
                   const at& version, std::span<const std::byte> value, std::vector<header> headers) {
    headers.push_back({at_header, version.text()});
    std::size_t room = server.max_payload_bytes();
    for (const header& h : headers) room -= std::min(room, h.value.size());
    room -= std::min(room, headers_bytes);
    if (value.size() <= room) return to.wait_for_room() && to.publish(subject, value, headers);

    const std::size_t part_bytes = std::max<std::size_t>(std::min(room, part_bytes_max), 1);
    std::uint64_t count = 0;
    for (std::size_t begin = 0; begin < value.size(); begin += part_bytes, ++count) {
        const auto part = value.subspan(begin, std::min(part_bytes, value.size() - begin));
        if (!to.wait_for_room() || !to.publish(subject_of_part(names, subject, version.text(), count), part, {}, 0))
            return false;
    }
    if (!to.drain()) return false;  // who sees what follows finds all of them
    headers.push_back({parts_header, std::to_string(count)});
    headers.push_back({"Sp-Size", std::to_string(value.size())});
    headers.push_back({"Sp-Hash", hash_of(value)});
    return to.wait_for_room() && to.publish(subject, {}, headers);
}

bool is_in_parts(const stream_message& m) { return !m.header(parts_header).empty(); }

outcome fetch_value(const connection& server, const stream_names& names, const stream_message& m,
                    std::vector<std::byte>& into) {
    into.clear();
    const std::uint64_t count = number_in(m.header(parts_header)), size_bytes = number_in(m.header("Sp-Size"));
    const std::string subject(m.subject());
    for (std::uint64_t i = 0; i < count; ++i) {
        natsMsg* part = nullptr;
        jsErrCode code{};
        const natsStatus status =
            js_GetLastMsg(&part, server.jetstream(), names.stream.c_str(),
                          subject_of_part(names, subject, m.header(at_header), i).c_str(), nullptr, &code);
        const nats_message owned(part);
        if (status != NATS_OK) return outcome_of(status, code);
        const auto* bytes = reinterpret_cast<const std::byte*>(natsMsg_GetData(part));
        into.insert(into.end(), bytes, bytes + natsMsg_GetDataLength(part));
        if (into.size() > size_bytes) break;
    }
    if (into.size() != size_bytes || hash_of(into) != m.header("Sp-Hash"))
        return {NATS_PROTOCOL_ERROR, 0, "a value's parts don't have its hash"};
    return {};
}

outcome remove_parts(const connection& server, const stream_names& names, const std::string& subject,
                     std::uint64_t before) {
    return purge(server, names, subject_of_parts(names, subject) + ".>", before);
}

}  // namespace samepage::bridge
