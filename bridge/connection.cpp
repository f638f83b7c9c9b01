// Connecting, staying connected, and saying what is wrong.
// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include "failure.hpp"

namespace samepage::bridge {

namespace {

constexpr std::int64_t request_ms = 3'000;    // for an answer of JetStream's
constexpr std::int64_t connect_ms = 2'000;    // for one server
constexpr std::int64_t write_ms = 4'000;      // for a link to take what is sent
constexpr std::int64_t ping_ms = 2'000;       // a link that is cut shows after two of them
constexpr std::int64_t delay_max_ms = 2'000;  // between two rounds of tries

using options_handle = std::unique_ptr<natsOptions, destroyer<natsOptions_Destroy>>;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + without_password(word);
    return text;
}

// What libnats says of the last failure on this thread, without the place in its source: "(js.c:535): ".
std::string last_words() {
    natsStatus status = NATS_OK;
    const char* text = nats_GetLastError(&status);
    const std::string words = text == nullptr ? "" : text;
    const std::size_t place = words.starts_with('(') ? words.find("): ") : std::string::npos;
    return place == std::string::npos ? words : words.substr(place + 3);
}

void need(natsStatus status, const std::string& what) {
    if (status == NATS_OK) return;
    const std::string words = last_words();
    throw cli::failure(cli::status_usage, "usage",
                       fmt::format("{}: {}", what, words.empty() ? natsStatus_GetText(status) : words));
}

// libnats tells nothing of a file that it can't read, or that the server refuses the user.
void need_file(const std::string& path) {
    if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
    const int refused = errno;
    const bool is_there = refused != ENOENT && refused != ENOTDIR;
    throw cli::failure(
        is_there ? cli::status_denied : cli::status_not_found, is_there ? "denied" : "not_found",
        fmt::format("{}: {} can't be read: {}", is_there ? "denied" : "not_found", path, std::strerror(refused)));
}

}  // namespace

std::string without_password(const std::string& url) {
    const std::size_t scheme = url.find("://"), user = url.rfind('@');
    if (user == std::string::npos) return url;
    return (scheme == std::string::npos ? "" : url.substr(0, scheme + 3)) + url.substr(user + 1);
}

outcome outcome_of(natsStatus status, jsErrCode code) {
    if (status == NATS_OK) return {};
    return {status, static_cast<int>(code), last_words()};
}

std::atomic<int> connection::count_ = 0;

connection::connection(const server_options& options, const std::string& name, sending how)
    : servers_(joined(options.urls)),
      is_secure_(!options.tls_ca.empty() || std::any_of(options.urls.begin(), options.urls.end(),
                                                        [](const auto& url) { return url.starts_with("tls://"); })) {
    for (const std::string& file : {options.credentials, options.tls_ca, options.tls_certificate, options.tls_key})
        need_file(file);
    natsOptions* made = nullptr;
    need(natsOptions_Create(&made), "libnats");
    const options_handle o(made);
    std::vector<const char*> urls;
    for (const std::string& url : options.urls) urls.push_back(url.c_str());
    need(natsOptions_SetServers(made, urls.data(), static_cast<int>(urls.size())), servers_);
    need(natsOptions_SetName(made, name.c_str()), name);
    if (!options.credentials.empty())
        need(natsOptions_SetUserCredentialsFromFiles(made, options.credentials.c_str(), nullptr), options.credentials);
    // By itself libnats would take tls:// for nats://, and speak to who has no TLS.
    if (is_secure_) need(natsOptions_SetSecure(made, true), "TLS");
    if (!options.tls_ca.empty()) {
        need(natsOptions_LoadCATrustedCertificates(made, options.tls_ca.c_str()), options.tls_ca);
    }
    if (!options.tls_certificate.empty())
        need(natsOptions_LoadCertificatesChain(made, options.tls_certificate.c_str(), options.tls_key.c_str()),
             options.tls_certificate);
    natsOptions_SetTimeout(made, connect_ms);
    natsOptions_SetPingInterval(made, ping_ms);
    natsOptions_SetMaxPingsOut(made, 2);
    // Without it a write into a cut link waits, with libnats' lock, and the pings that would notice wait for that.
    natsOptions_SetWriteDeadline(made, write_ms);
    natsOptions_SetSendAsap(made, how == sending::at_once);
    natsOptions_SetMaxReconnect(made, -1);
    natsOptions_SetCustomReconnectDelay(made, &delay_ms, this);
    natsOptions_SetFailRequestsOnDisconnect(made, true);
    natsOptions_SetRetryOnFailedConnect(made, true, &on_up, this);
    natsOptions_SetReconnectedCB(made, &on_up, this);
    natsOptions_SetDisconnectedCB(made, &on_down, this);
    natsOptions_SetClosedCB(made, &on_closed, this);
    natsOptions_SetErrorHandler(made, &on_error, this);
    set_trouble("no server answers at " + servers_);
    const natsStatus status = natsConnection_Connect(&connection_, made);
    if (status != NATS_NOT_YET_CONNECTED) need(status, servers_);
    if (status == NATS_OK) on_up(connection_, this);
    jsOptions js;
    jsOptions_Init(&js);
    js.Wait = request_ms;
    need(natsConnection_JetStream(&jetstream_, connection_, &js), "JetStream");
    ++count_;
}

connection::~connection() {
    jsCtx_Destroy(jetstream_);
    natsConnection_Close(connection_);
    // One thread of libnats's calls back for all connections, in order: after on_closed() nothing more comes for this.
    {
        std::unique_lock lock(mutex_);
        closing_.wait(lock, [this] { return closed_; });
    }
    natsConnection_Destroy(connection_);
    if (--count_ == 0) nats_CloseAndWait(0);  // its threads have ended before main() has
}

bool connection::is_up() const { return natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED; }

void connection::wait_until_up(std::int64_t timeout_ms) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (!is_up()) {
        if (is_over() || std::chrono::steady_clock::now() > end) {
            const std::string why = trouble();
            const bool denied = why.starts_with("denied");
            throw cli::failure(denied ? cli::status_denied : cli::status_timed_out, denied ? "denied" : "timed_out",
                               denied ? why : "timed_out: " + why);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

bool connection::is_over() const { return natsConnection_IsClosed(connection_); }

std::size_t connection::max_payload_bytes() const {
    return static_cast<std::size_t>(std::max<std::int64_t>(natsConnection_GetMaxPayload(connection_), 0));
}

std::string connection::trouble() const {
    // libnats gives up for ever what one server has refused twice, or what TLS has, and nothing else. It keeps no
    // reason.
    if (is_over())
        return fmt::format(
            "denied: {} refuses this user{}; look at --creds{}", servers_,
            is_secure_ ? ", or has no TLS, or its certificate or this user's isn't one that the other side knows" : "",
            is_secure_ ? ", --tls-ca (who has signed the server's certificate), --tls-cert and --tls-key" : "");
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void connection::set_trouble(std::string text) {
    const std::lock_guard lock(mutex_);
    trouble_ = std::move(text);
}

std::string connection::sentence(const outcome& o, const std::string& what) const {
    const std::string why = trouble();
    if (o.unanswered() && !why.empty()) return fmt::format("{}: {}", what, why);
    if (o.status == NATS_NO_RESPONDERS || o.code == JSNotEnabledErr || o.code == JSNotEnabledForAccountErr)
        return fmt::format(
            "{}: JetStream is off at the server, or for this account; switch it on (jetstream in the "
            "server's configuration)",
            what);
    if (o.full())
        return fmt::format(
            "{}: the servers' storage is full ('{}'): free space there, or raise the limit (max_file_store, the "
            "account's max_disk, the stream's max_bytes)",
            what, o.text);
    if (o.unanswered())
        return fmt::format(
            "{}: no answer from {}: it is away, or it hangs (is its disk full? its log says more); samepage bridge "
            "doctor looks closer",
            what, servers_);
    return fmt::format("{}: {}", what, o.text.empty() ? natsStatus_GetText(o.status) : o.text);
}

// Called by libnats for what belongs to no request.
void connection::on_error(natsConnection* from, natsSubscription*, natsStatus status, void* self) {
    auto& own = *static_cast<connection*>(self);
    const char* said = nullptr;
    if (from != nullptr) natsConnection_GetLastError(from, &said);
    const std::string words = said == nullptr ? "" : said;
    if (status == NATS_NOT_PERMITTED) {
        own.set_trouble(fmt::format("denied: the server says '{}'; ask its operator for that permission", words));
    } else if (status == NATS_CONNECTION_AUTH_FAILED) {
        own.set_trouble(fmt::format("denied: {} refuses this user ('{}'); look at --creds", own.servers_, words));
    }
}

void connection::on_up(natsConnection*, void* self) {
    auto& own = *static_cast<connection*>(self);
    own.set_trouble({});
    own.epoch_.fetch_add(1);
}

void connection::on_down(natsConnection*, void* self) {
    auto& own = *static_cast<connection*>(self);
    own.set_trouble("the connection to " + own.servers_ + " is broken; it is tried again and again");
}

void connection::on_closed(natsConnection*, void* self) {
    auto& own = *static_cast<connection*>(self);
    // Told under the lock: the one who waits destroys what is locked here.
    const std::lock_guard lock(own.mutex_);
    own.closed_ = true;
    own.closing_.notify_all();
}

std::int64_t connection::delay_ms(natsConnection* from, int attempts, void* self) {
    const char* said = nullptr;
    // While it connects, the reason stands only there.
    if (from != nullptr) {
        natsConnection_GetLastError(from, &said);
        const std::string words = said == nullptr ? "" : said;
        if (words.find("uthorization") != std::string::npos || words.find("uthentication") != std::string::npos)
            on_error(from, nullptr, NATS_CONNECTION_AUTH_FAILED, self);
    }
    thread_local std::minstd_rand random(std::random_device{}());
    const std::int64_t most = std::min(delay_max_ms, std::int64_t{50} << std::min(attempts, 10));
    return most / 2 + static_cast<std::int64_t>(random()) % (most / 2 + 1);
}

}  // namespace samepage::bridge
