// Making streams and taking them.
// SPDX-License-Identifier: MIT
#include "ownership.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace samepage::bridge {

namespace {

// No message has an id, so servers need remember none.
constexpr std::int64_t ids_kept_ns = 1'000'000'000;

stream_state state_of(const jsStreamInfo& info) {
    const auto keep_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(info.Config->MaxBytes, 0));
    return {info.State.FirstSeq,
            info.State.LastSeq,
            info.State.Msgs,
            info.Created,
            static_cast<std::uint64_t>(info.Config->Replicas),
            keep_bytes};
}

}  // namespace

std::string owner::text() const {
    const nlohmann::ordered_json fields = {{"host", host},
                                           {"name", host_name},
                                           {"incarnation", incarnation},
                                           {"capacity_bytes", capacity_bytes},
                                           {"since_unix_ns", since_unix_ns}};
    return fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<owner> owner::parse(std::string_view text) {
    const auto fields = nlohmann::json::parse(text, nullptr, false);
    if (!fields.is_object()) return {};
    try {
        owner seen;
        seen.host = fields.at("host").get<std::string>();
        seen.host_name = fields.at("name").get<std::string>();
        seen.incarnation = fields.at("incarnation").get<std::string>();
        seen.capacity_bytes = fields.at("capacity_bytes").get<std::uint64_t>();
        seen.since_unix_ns = fields.at("since_unix_ns").get<std::uint64_t>();
        return seen;
    } catch (const nlohmann::json::exception&) {
        return {};
    }
}

outcome look_at_stream(const connection& server, const std::string& stream, stream_state& into) {
    jsStreamInfo* info = nullptr;
    jsErrCode code{};
    const natsStatus status = js_GetStreamInfo(&info, server.jetstream(), stream.c_str(), nullptr, &code);
    const nats_stream_info owned(info);
    if (status != NATS_OK) return outcome_of(status, code);
    into = state_of(*info);
    return {};
}

outcome make_stream(const connection& server, const object_spec& spec, const stream_names& names,
                    const stream_shape& shape, stream_state& into) {
    // Servers without room for another such stream refuse to make one that is there already, too.
    if (outcome o = look_at_stream(server, names.stream, into); o || !o.not_found()) return o;
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = names.stream.c_str();
    config.Description = "samepage bridge";
    const std::array<const char*, 2> subjects = {names.filter.c_str(), names.subjects.c_str()};
    // A bucket's stream takes all of its keys, as other clients of NATS expect.
    const std::string bucket = "$KV." + names.stream.substr(3) + ".>";
    config.Subjects = const_cast<const char**>(subjects.data());
    config.SubjectsLen = static_cast<int>(subjects.size());
    config.Replicas = static_cast<int64_t>(shape.replicas);
    config.AllowDirect = true;
    config.Duplicates = ids_kept_ns;
    std::array<const char*, 2> bucket_subjects = {bucket.c_str(), names.subjects.c_str()};
    if (spec.kind == kind::channel) {
        config.MaxBytes = static_cast<int64_t>(shape.keep_bytes);
        config.Discard = js_DiscardOld;
    } else {
        config.Subjects = bucket_subjects.data();
        config.MaxMsgsPerSubject = 1;
        config.Discard = js_DiscardNew;
        config.AllowRollup = true;
        config.DenyDelete = true;
    }
    jsErrCode code{};
    jsStreamInfo* info = nullptr;
    const natsStatus status = js_AddStream(&info, server.jetstream(), &config, nullptr, &code);
    const nats_stream_info owned(info);
    if (status == NATS_OK) into = state_of(*info);
    if (code == JSStreamNameExistErr) return look_at_stream(server, names.stream, into);
    return outcome_of(status, code);
}

outcome read_owner(const connection& server, const stream_names& names, owner& into) {
    natsMsg* message = nullptr;
    jsErrCode code{};
    const natsStatus status =
        js_GetLastMsg(&message, server.jetstream(), names.stream.c_str(), names.owner.c_str(), nullptr, &code);
    const nats_message owned(message);
    if (status != NATS_OK) return outcome_of(status, code);
    const auto seen =
        owner::parse({natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
    if (!seen)
        return {NATS_PROTOCOL_ERROR, 0,
                "what stands there is no owner record of a bridge; make a host the origin by: samepage bridge takeover "
                "KIND:NAME --server …"};
    into = *seen;
    return {};
}

outcome purge(const connection& server, const stream_names& names, const std::string& subject, std::uint64_t before) {
    jsOptions options;
    jsOptions_Init(&options);
    options.Stream.Purge.Subject = subject.c_str();
    options.Stream.Purge.Sequence = before;
    jsErrCode code{};
    const natsStatus status = js_PurgeStream(server.jetstream(), names.stream.c_str(), &options, &code);
    return outcome_of(status, code);
}

claim take_stream(const connection& server, const stream_names& names, const owner& self, bool from_anyone) {
    claim c;
    stream_state state;
    c.result = look_at_stream(server, names.stream, state);
    if (!c.result) return c;
    owner seen;
    c.result = read_owner(server, names, seen);
    if (!c.result && !c.result.not_found() && !(from_anyone && c.result.foreign())) return c;
    if (c.result && seen.host != self.host && !from_anyone) {
        c.other = seen;
        return c;
    }
    jsPubOptions expected;
    jsPubOptions_Init(&expected);
    // Of an empty stream the sequence can't be expected (0 says nothing); that the subject has none can.
    if (state.last == 0) {
        expected.ExpectNoMessage = true;
    } else {
        expected.ExpectLastSeq = state.last;
    }
    const std::string record = self.text();
    jsPubAck* ack = nullptr;
    jsErrCode code{};
    const natsStatus status = js_Publish(&ack, server.jetstream(), names.owner.c_str(), record.data(),
                                         static_cast<int>(record.size()), &expected, &code);
    c.result = outcome_of(status, code);
    if (status == NATS_OK) c.sequence = ack->Sequence;
    c.last_before = state.last;
    jsPubAck_Destroy(ack);
    return c;
}

}  // namespace samepage::bridge
