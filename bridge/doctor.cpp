// Examining servers from the outside to the inside: who can't be reached isn't asked for permissions.
// SPDX-License-Identifier: MIT
#include "doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "connection.hpp"
#include "failure.hpp"
#include "greeting.hpp"
#include "names.hpp"
#include "permissions.hpp"
#include "units.hpp"

namespace samepage::bridge {

namespace {

using level = finding::level;
using nats_account = std::unique_ptr<jsAccountInfo, destroyer<jsAccountInfo_Destroy>>;
using nats_acknowledgement = std::unique_ptr<jsPubAck, destroyer<jsPubAck_Destroy>>;

constexpr std::int64_t patience_ms = 3'000;
constexpr const char* oldest_tried = "2.9.10";
constexpr const char* oldest_maintained = "2.11.15";
constexpr const char* newest_maintained = "2.12.6";
constexpr std::int64_t usual_payload_bytes = 1 << 20;
constexpr std::int64_t probe_bytes = 1 << 20;

class examination {
   public:
    explicit examination(const doctor_options& options) : options_(options) {}

    std::vector<finding> all() {
        bool any = false;
        for (const std::string& url : options_.server.urls) any = look_at_server(url) || any;
        if (!any) return std::move(found_);
        std::optional<connection> server;
        try {
            server.emplace(options_.server, "samepage-bridge doctor");
            server->wait_until_up(patience_ms);
        } catch (const cli::failure& f) {
            add(level::bad, "login", f.what(),
                "ask the servers' operator for credentials (--creds FILE), or for TLS "
                "files (--tls-ca, --tls-cert, --tls-key)");
            return std::move(found_);
        }
        add(level::good, "login", "the server takes this user");
        look_at_payload(*server);
        if (!look_at_permissions(*server)) return std::move(found_);  // the rest would wait for answers that don't come
        if (look_at_account(*server)) try_storage(*server);
        return std::move(found_);
    }

   private:
    void add(level l, std::string subject, std::string text, std::string fix = {}) {
        found_.push_back({l, std::move(subject), std::move(text), std::move(fix)});
    }

    // Whether it can be talked to.
    bool look_at_server(const std::string& url) {
        const std::string shown = without_password(url);
        greeting g;
        try {
            g = greeting_of(url, patience_ms);
        } catch (const cli::failure& f) {
            add(level::bad, shown, f.what(),
                "start nats-server there, or correct --server; look at firewalls between here and there");
            return false;
        }
        is_cluster_ = is_cluster_ || !g.cluster.empty();
        add(level::good, shown,
            fmt::format("nats-server {}{} answered after {:.1f} ms", g.version,
                        g.cluster.empty() ? "" : " of the cluster " + g.cluster, g.answered_ms));
        if (is_before(g.version, oldest_tried))
            add(level::bad, shown,
                fmt::format("version {} is older than {}, the oldest that the bridge was tried with", g.version,
                            oldest_tried),
                "install a newer nats-server");
        else if (is_before(g.version, oldest_maintained) ||
                 (g.version.starts_with("2.12.") && is_before(g.version, newest_maintained)))
            add(level::note, shown, fmt::format("version {} lacks corrections", g.version),
                fmt::format("run {}, {} or later", oldest_maintained, newest_maintained));
        if (!g.has_jetstream)
            add(level::note, shown, "this server has no JetStream of its own",
                "others of its cluster need it: jetstream { store_dir: … } in their configuration");
        if (!g.wants_tls && (url.starts_with("tls://") || !options_.server.tls_ca.empty()))
            add(level::bad, shown, "TLS is wanted, and this server has none",
                "have tls { … } in the server's configuration, or leave tls:// and --tls-ca away");
        else if (!g.wants_tls && !is_loopback(url))
            add(level::note, shown, "what goes there isn't encrypted",
                "have tls { … } in the server's configuration, and name its authority by --tls-ca");
        return true;
    }

    void look_at_payload(const connection& server) {
        const auto most = static_cast<std::int64_t>(server.max_payload_bytes());
        const std::string text = fmt::format("the largest message has {}", size_of(most));
        if (most >= usual_payload_bytes) return add(level::good, "max_payload", text);
        add(level::note, "max_payload", text + ", and larger values go in pieces of it",
            "max_payload: 1MB in the servers' configuration is usual");
    }

    // Whether all that run needs is permitted.
    bool look_at_permissions(const connection& server) {
        try {
            const std::vector<permission> all = permissions_for(options_.server.group, options_.objects);
            const std::vector<permission> denied = denied_of(server, all);
            for (const permission& p : denied)
                add(level::bad, "permission",
                    fmt::format("the server denies {} {} ({}), and run would see only silence",
                                p.publishes ? "publishing to" : "subscribing to", p.subject, p.what_for),
                    fmt::format("in this user's permissions allow {}: \"{}\"", p.publishes ? "publish" : "subscribe",
                                p.subject));
            if (denied.empty()) add(level::good, "permissions", fmt::format("all {} are given", all.size()));
            return denied.empty();
        } catch (const cli::failure& f) {
            add(level::bad, "permissions", f.what(),
                "look at the server's log, and whether its disk is full (store_dir): then make room, and start it "
                "again");
            return false;
        }
    }

    // Whether JetStream is there for this account.
    bool look_at_account(const connection& server) {
        jsAccountInfo* got = nullptr;
        jsErrCode code{};
        const natsStatus status = js_GetAccountInfo(&got, server.jetstream(), nullptr, &code);
        const nats_account account(got);
        if (status != NATS_OK) {
            const outcome o = outcome_of(status, code);
            add(level::bad, "JetStream", server.sentence(o, "asking for it"),
                "jetstream { store_dir: … } in the servers' configuration, jetstream: enabled in the account's");
            return false;
        }
        add(level::good, "JetStream",
            fmt::format("{} streams, {} stored", account->Streams, size_of(static_cast<std::int64_t>(account->Store))));
        const jsAccountLimits& most = account->TiersLen > 0 ? account->Tiers[0]->Limits : account->Limits;
        if (const std::int64_t missing = streams_missing(server); most.MaxStreams >= 0)
            limit(account->Streams + missing <= most.MaxStreams, "streams",
                  fmt::format("{} of {} are there, and {} more are to come from here", account->Streams,
                              most.MaxStreams, missing),
                  "raise the account's max_streams");
        if (most.MaxConsumers >= 0)
            limit(account->Consumers < most.MaxConsumers, "consumers",
                  fmt::format("{} of {} consumers are there; each mirror of each object is one", account->Consumers,
                              most.MaxConsumers),
                  "raise the account's max_consumers");
        if (most.MaxStore >= 0) {
            const auto used = static_cast<std::int64_t>(account->Store);
            limit(used < most.MaxStore / 10 * 9, "account's storage",
                  fmt::format("{} of {} are used", size_of(used), size_of(most.MaxStore)),
                  "raise the account's max_disk, or remove streams that nobody needs");
        }
        if (options_.replicas > 1 && !is_cluster_)
            add(level::bad, "replicas", fmt::format("{} are wanted of a server that is alone", options_.replicas),
                "make a cluster of 3 servers, or leave --replicas away");
        if (options_.replicas == 1 && is_cluster_)
            add(level::note, "replicas", "each object is on one server of the cluster only", "run with --replicas 3");
        return true;
    }

    // Of objects that have their origin here, those that have none yet.
    std::int64_t streams_missing(const connection& server) const {
        return std::count_if(options_.objects.begin(), options_.objects.end(), [&](const object_spec& spec) {
            if (spec.direction != direction::origin) return false;
            jsStreamInfo* got = nullptr;
            const std::string stream = stream_names(spec, options_.server.group).stream;
            const natsStatus status = js_GetStreamInfo(&got, server.jetstream(), stream.c_str(), nullptr, nullptr);
            const nats_stream_info info(got);
            return status == NATS_NOT_FOUND;
        });
    }

    void limit(bool is_good, const char* subject, std::string text, std::string fix) {
        if (is_good) return add(level::good, subject, std::move(text));
        add(level::bad, subject, std::move(text), std::move(fix));
    }

    // A stream of its own, for a moment: only so full disks and missing replicas show.
    void try_storage(const connection& server) {
        const std::string name = fmt::format("SP_{}_doctor_{}", options_.server.group, ::getpid());
        const std::string create = "$JS.API.STREAM.CREATE." + name, remove = "$JS.API.STREAM.DELETE." + name;
        if (!denied_of(server, {{true, create, create, {}}, {true, remove, remove, {}}}).empty())
            return add(level::note, "storage", "it isn't tried: this user may make streams of objects only",
                       "run doctor as a user who may make and remove any, if storage is in doubt");
        const std::string subject = fmt::format("sp.{}.doctor.{}", options_.server.group, ::getpid());
        const char* subjects[] = {subject.c_str()};
        jsStreamConfig config;
        jsStreamConfig_Init(&config);
        config.Name = name.c_str();
        config.Subjects = subjects;
        config.SubjectsLen = 1;
        config.MaxBytes = probe_bytes;
        config.Replicas = static_cast<std::int64_t>(options_.replicas);
        jsErrCode code{};
        if (const natsStatus status = js_AddStream(nullptr, server.jetstream(), &config, nullptr, &code);
            status != NATS_OK) {
            return add(level::bad, "storage",
                       server.sentence(outcome_of(status, code), "making a stream of 1 MiB to try"),
                       "free space at the servers, raise max_file_store, or start the servers of the cluster that "
                       "are missing");
        }
        store_once(server, subject);
        js_DeleteStream(server.jetstream(), name.c_str(), nullptr, nullptr);
    }

    void store_once(const connection& server, const std::string& subject) {
        const std::string value(65536, 's');
        const auto begun = std::chrono::steady_clock::now();
        jsPubAck* got = nullptr;
        jsErrCode code{};
        const natsStatus status = js_Publish(&got, server.jetstream(), subject.c_str(), value.data(),
                                             static_cast<int>(value.size()), nullptr, &code);
        const nats_acknowledgement acknowledgement(got);
        const double took_ms =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
        if (status == NATS_OK)
            return add(level::good, "storage", fmt::format("a message of 64 KiB was stored after {:.1f} ms", took_ms));
        add(level::bad, "storage", server.sentence(outcome_of(status, code), "storing 64 KiB"),
            "free space where the servers store (store_dir)");
    }

    static std::string size_of(std::int64_t bytes) { return cli::size_text(static_cast<std::uint64_t>(bytes)); }

    const doctor_options& options_;
    std::vector<finding> found_;
    bool is_cluster_ = false;
};

const char* word_of(level l) { return l == level::good ? "good" : l == level::note ? "note" : "bad"; }

}  // namespace

std::vector<finding> examine(const doctor_options& options) {
    options.server.check();
    return examination(options).all();
}

int doctor(const doctor_options& options, bool json) {
    const std::vector<finding> all = examine(options);
    std::size_t width = 0;
    for (const finding& f : all) width = std::max(width, f.subject.size());
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const finding& f : all) {
        if (json) {
            rows.push_back({{"level", word_of(f.severity)}, {"subject", f.subject}, {"text", f.text}, {"fix", f.fix}});
        } else {
            fmt::print("{:<4}  {:<{}}  {}{}{}\n", word_of(f.severity), f.subject, width, f.text,
                       f.fix.empty() ? "" : "; ", f.fix);
        }
    }
    if (json) fmt::print("{}\n", rows.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    const bool is_bad = std::any_of(all.begin(), all.end(), [](const finding& f) { return f.severity == level::bad; });
    return is_bad ? cli::status_error : cli::status_ok;
}

}  // namespace samepage::bridge
