// Trying what a user may do. A client isn't told of a denied request otherwise than by its silence, but the server
// says so beside, and before it answers the ping that follows.
// SPDX-License-Identifier: MIT
#include "permissions.hpp"

#include <fmt/format.h>

#include "failure.hpp"

namespace samepage::bridge {

namespace {

constexpr std::int64_t patience_ms = 5'000;

void need(natsStatus status, const char* what) {
    if (status == NATS_OK) return;
    throw cli::failure(cli::status_timed_out, "timed_out", fmt::format("{}: {}", what, natsStatus_GetText(status)));
}

std::string data_of(const std::string& group, const object_spec& spec) {
    return spec.kind == kind::channel ? fmt::format("sp.{}.channel.{}", group, spec.name)
                                      : fmt::format("$KV.{}.>", stream_of(group, spec).substr(3));
}

// Whether the server has said by now that it denies this subject.
bool was_denied(natsConnection* connection, const std::string& subject) {
    need(natsConnection_FlushTimeout(connection, patience_ms), "the server doesn't answer a ping");
    const char* said = nullptr;
    if (natsConnection_GetLastError(connection, &said) != NATS_NOT_PERMITTED || said == nullptr) return false;
    return std::string_view(said).find('"' + subject + '"') != std::string_view::npos;
}

bool is_publishing_denied(natsConnection* connection, const std::string& subject) {
    natsMsg* made = nullptr;
    need(natsMsg_Create(&made, subject.c_str(), nullptr, "{}", 2), "a message");
    const nats_message message(made);
    need(natsMsgHeader_Set(made, "Nats-Expected-Stream", "there is none"), "a header");
    need(natsConnection_PublishMsg(connection, made), "publishing");
    return was_denied(connection, subject);
}

bool is_subscribing_denied(natsConnection* connection, const std::string& subject) {
    natsSubscription* made = nullptr;
    need(natsConnection_SubscribeSync(&made, connection, subject.c_str()), "subscribing");
    const nats_subscription subscription(made);
    return was_denied(connection, subject);
}

}  // namespace

std::string stream_of(const std::string& group, const object_spec& spec) {
    const std::string_view kind = samepage::name_of(spec.kind);
    return spec.kind == samepage::kind::channel ? fmt::format("SP_{}_{}_{}", group, kind, spec.name)
                                                : fmt::format("KV_sp-{}-{}-{}", group, kind, spec.name);
}

std::vector<permission> permissions_for(const std::string& group, const std::vector<object_spec>& objects) {
    std::vector<permission> all;
    const auto publish = [&](const std::string& subject, std::string what_for) {
        // What a '>' or '*' stands for is tried by a word that nothing is called.
        std::string probe = subject;
        if (probe.ends_with('>') || probe.ends_with('*')) probe.replace(probe.size() - 1, 1, "samepage-doctor");
        all.push_back({true, subject, std::move(probe), std::move(what_for)});
    };
    all.push_back({false, "_INBOX.>", "_INBOX.samepage-doctor", "to hear answers, and what is mirrored"});
    publish("$JS.API.INFO", "to read the account's limits");
    for (const object_spec& spec : objects) {
        const std::string stream = stream_of(group, spec), what = spec.text();
        publish("$JS.API.STREAM.INFO." + stream, "to look at " + what);
        publish("$JS.API.STREAM.MSG.GET." + stream, "to read back what there is of " + what);
        if (spec.direction == direction::origin) {
            publish("$JS.API.STREAM.CREATE." + stream, "to make the stream of " + what);
            publish(data_of(group, spec), "to send the changes of " + what);
        } else {
            publish("$JS.API.CONSUMER.CREATE." + stream, "to follow " + what);
            publish("$JS.API.CONSUMER.DELETE." + stream + ".*", "to end following " + what);
            publish("$JS.FC." + stream + ".>", "to slow down the server where " + what + " comes too fast");
        }
    }
    return all;
}

std::vector<permission> denied_of(const connection& server, const std::vector<permission>& all) {
    std::vector<permission> denied;
    for (const permission& p : all) {
        const bool is_denied =
            p.publishes ? is_publishing_denied(server.get(), p.probe) : is_subscribing_denied(server.get(), p.probe);
        if (is_denied) denied.push_back(p);
    }
    return denied;
}

}  // namespace samepage::bridge
