// Trying what a user may do, by what the servers say beside.
// SPDX-License-Identifier: MIT
//
// A client isn't told of a denied request otherwise than by silence; but the server says so, and before it answers the
// ping that follows.
#include "permissions.hpp"

#include <fmt/format.h>

#include "failure.hpp"
#include "names.hpp"

namespace samepage::bridge {

namespace {

constexpr std::int64_t patience_ms = 5'000;

void need(natsStatus status, const char* what) {
    if (status == NATS_OK) return;
    throw cli::failure(cli::status_timed_out, "timed_out", fmt::format("{}: {}", what, natsStatus_GetText(status)));
}

// Whether the server has said by now that it denies this subject.
bool was_denied(natsConnection* connection, const std::string& subject) {
    need(natsConnection_FlushTimeout(connection, patience_ms), "the server takes connections, but answers no ping");
    const char* said = nullptr;
    if (natsConnection_GetLastError(connection, &said) != NATS_NOT_PERMITTED || said == nullptr) return false;
    return std::string_view(said).find('"' + subject + '"') != std::string_view::npos;
}

bool is_publishing_denied(natsConnection* connection, const std::string& subject) {
    natsMsg* made = nullptr;
    // No JSON: JetStream refuses it. An empty request, or {}, would be one, and of a purge the one to remove all.
    constexpr std::string_view no_request = "samepage-bridge doctor";
    need(natsMsg_Create(&made, subject.c_str(), nullptr, no_request.data(), static_cast<int>(no_request.size())),
         "a message");
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
        const stream_names names(spec, group);
        const std::string what = spec.text();
        publish("$JS.API.STREAM.INFO." + names.stream, "to look at " + what);
        publish("$JS.API.STREAM.MSG.GET." + names.stream, "to read back what there is of " + what);
        publish("$JS.API.CONSUMER.CREATE." + names.stream, "to follow " + what);
        publish("$JS.API.CONSUMER.DELETE." + names.stream + ".*", "to end following " + what);
        publish("$JS.FC." + names.stream + ".>", "to slow down the server where " + what + " comes too fast");
        if (spec.direction == direction::mirror) continue;
        publish("$JS.API.STREAM.CREATE." + names.stream, "to make the stream of " + what);
        publish("$JS.API.STREAM.PURGE." + names.stream, "to remove parts of old values of " + what);
        publish(names.filter, "to send the changes of " + what);
        publish(names.subjects, "to own " + what + ", and to send what is larger than a message of NATS");
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
