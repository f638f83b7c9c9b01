// The bridge: what it costs beside publishing to NATS JetStream and reading from there by libnats.
// SPDX-License-Identifier: MIT
//
// Operations, all through one nats-server on this machine that stores in files:
//   one message      from its sender to a receiver who waits for it, one at a time
//   stream           one after the other, none lost; the direct publisher has 1024 under way
//   catching up      a new host's table, of records of 64 B, until all are there; libnats only reads them
//   memory           of its own (RssAnon), of the bridges of that table
// Two "hosts" are two folders of files with a bridge each. Sender and receiver are threads of this program, for libnats
// as for samepage. All share this machine's processors.
#include <nats/nats.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "beside.hpp"
#include "bridge_processes.hpp"
#include "harness.hpp"
#include "samepage/channel.hpp"
#include "samepage/table.hpp"

namespace {

using bench::nanoseconds;
using bench::value_or_fail;
using clock = std::chrono::steady_clock;
using direction = bench::goal::direction;

constexpr std::int64_t window = 1024;
constexpr auto patience = std::chrono::seconds(20);

void need(natsStatus status, const char* what) {
    if (status != NATS_OK) bench::stop(std::string(what) + ": " + natsStatus_GetText(status));
}

void stamp(std::vector<std::byte>& message, std::uint64_t number) {
    std::memcpy(message.data(), &number, sizeof number);
    std::memset(message.data() + sizeof number, static_cast<int>(number & 0xff), message.size() - sizeof number);
}

void check(const void* bytes, std::size_t size_bytes, std::size_t wanted_bytes, std::uint64_t number) {
    std::uint64_t got = 0;
    if (size_bytes == wanted_bytes) std::memcpy(&got, bytes, sizeof got);
    if (got != number) bench::stop("message " + std::to_string(number) + " didn't come, but " + std::to_string(got));
}

// One way for messages: send() on one side, receive() on the other. receive() checks that it is the next.
class way {
   public:
    virtual ~way() = default;
    virtual void send() = 0;
    virtual void receive() = 0;
};

class over_libnats final : public way {
   public:
    over_libnats(const std::string& url, std::size_t size_bytes, bool is_prompt) : message_(size_bytes) {
        natsOptions* connected = nullptr;
        need(natsOptions_Create(&connected), "options");
        natsOptions_SetURL(connected, url.c_str());
        // Otherwise libnats waits for more, a millisecond.
        natsOptions_SetSendAsap(connected, is_prompt);
        need(natsConnection_Connect(&out_, connected), "connecting");
        natsOptions_Destroy(connected);
        need(natsConnection_ConnectTo(&in_, url.c_str()), "connecting");
        jsOptions options;
        jsOptions_Init(&options);
        options.PublishAsync.MaxPending = window;
        need(natsConnection_JetStream(&publisher_, out_, &options), "JetStream");
        need(natsConnection_JetStream(&reader_, in_, nullptr), "JetStream");
        const std::string name = std::to_string(size_bytes) + (is_prompt ? "_prompt" : "");
        subject_ = "direct." + name;
        const std::string stream = "DIRECT_" + name;
        const char* subjects[] = {subject_.c_str()};
        jsStreamConfig config;
        jsStreamConfig_Init(&config);
        config.Name = stream.c_str();
        config.Subjects = subjects;
        config.SubjectsLen = 1;
        config.MaxBytes = std::int64_t{256} << 20;
        need(js_AddStream(nullptr, publisher_, &config, nullptr, nullptr), "making a stream");
        jsSubOptions how;
        jsSubOptions_Init(&how);
        how.Ordered = true;
        need(js_SubscribeSync(&subscription_, reader_, subject_.c_str(), nullptr, &how, nullptr), "subscribing");
        natsSubscription_SetPendingLimits(subscription_, -1, -1);
    }
    over_libnats(const over_libnats&) = delete;
    over_libnats& operator=(const over_libnats&) = delete;
    ~over_libnats() override {
        natsSubscription_Destroy(subscription_);
        jsCtx_Destroy(publisher_);
        jsCtx_Destroy(reader_);
        natsConnection_Destroy(out_);
        natsConnection_Destroy(in_);
    }
    void send() override {
        stamp(message_, ++sent_);
        need(js_PublishAsync(publisher_, subject_.c_str(), message_.data(), static_cast<int>(message_.size()), nullptr),
             "publishing");
    }
    void receive() override {
        natsMsg* got = nullptr;
        need(natsSubscription_NextMsg(&got, subscription_, std::chrono::milliseconds(patience).count()), "receiving");
        check(natsMsg_GetData(got), static_cast<std::size_t>(natsMsg_GetDataLength(got)), message_.size(), ++received_);
        natsMsg_Destroy(got);
    }

   private:
    natsConnection *out_ = nullptr, *in_ = nullptr;
    jsCtx *publisher_ = nullptr, *reader_ = nullptr;
    natsSubscription* subscription_ = nullptr;
    std::string subject_;
    std::vector<std::byte> message_;
    std::uint64_t sent_ = 0, received_ = 0;
};

bench::program bridge(const std::string& url, const std::string& folder, const std::string& object) {
    const std::string direction = folder.ends_with("/a") ? "--origin" : "--mirror";
    bench::program started({SAMEPAGE_BENCH_BRIDGE, "run", "--server", url, "--state", folder + "/state", "--host",
                            folder, "--log-level", "error", direction, object});
    started.wait_says("live:");
    return started;
}

class over_bridges final : public way {
   public:
    over_bridges(const std::string& url, const std::string& folder, std::size_t size_bytes) : message_(size_bytes) {
        const std::string name = "channel-" + std::to_string(size_bytes), a = folder + "/a", b = folder + "/b";
        samepage::channel_options options;
        options.capacity_bytes = std::uint64_t{16} << 20;
        out_ = value_or_fail(samepage::channel_bytes::create(a + "/" + name, options));
        origin_ = bridge(url, a, "channel:" + a + "/" + name);
        mirror_ = bridge(url, b, "channel:" + b + "/" + name);
        held_ = value_or_fail(samepage::channel_bytes::open(b + "/" + name));
        in_ = value_or_fail(held_.subscribe());
    }
    void send() override {
        stamp(message_, ++sent_);
        value_or_fail(out_.send(message_));
        // What isn't carried yet must stay in the ring.
        while (sent_ - received_ > in_ring()) std::this_thread::yield();
    }
    void receive() override {
        std::byte buffer[8192];
        const auto got = value_or_fail(in_.receive(buffer, patience));
        check(buffer, got.size_bytes, message_.size(), received_ + 1);
        ++received_;
    }

   private:
    std::uint64_t in_ring() const { return (std::uint64_t{8} << 20) / (message_.size() + 64); }

    samepage::channel_bytes out_, held_;
    samepage::subscriber_bytes in_;
    bench::program origin_, mirror_;
    std::vector<std::byte> message_;
    std::uint64_t sent_ = 0;
    std::atomic<std::uint64_t> received_ = 0;
};

bench::contender one_by_one(std::string name, const std::shared_ptr<way>& over) {
    auto contender = bench::repeated(std::move(name), [over] {
        over->send();
        over->receive();
    });
    contender.latencies = [over](nanoseconds length, bench::histogram& into) {
        const auto begin = clock::now();
        for (auto before = begin; before - begin < length;) {
            over->send();
            over->receive();
            const auto now = clock::now();
            into.add(static_cast<std::uint64_t>(nanoseconds(now - before).count()));
            before = now;
        }
    };
    return contender;
}

bench::contender stream(std::string name, const std::shared_ptr<way>& over) {
    return {std::move(name), [over](nanoseconds length) {
                std::atomic<std::uint64_t> sent = 0;
                std::atomic<bool> all_sent = false;
                const auto begin = clock::now();
                std::thread receiver([&] {
                    for (std::uint64_t received = 0; !all_sent || received < sent;) {
                        if (received == sent) {
                            std::this_thread::yield();
                            continue;
                        }
                        over->receive();
                        ++received;
                    }
                    nats_ReleaseThreadMemory();
                });
                while (clock::now() - begin < 10 * length) {
                    for (int i = 0; i < 16; ++i) over->send();
                    sent += 16;
                }
                all_sent = true;
                receiver.join();
                return static_cast<double>(nanoseconds(clock::now() - begin).count()) / static_cast<double>(sent);
            }};
}

void messages(bench::report& report, const std::string& url, const std::string& folder, std::size_t size_bytes) {
    const std::string size = std::to_string(size_bytes) + " B";
    const std::string one = "bridge: a message of " + size + ", one at a time (shared cores)";
    const std::string many = "bridge: messages of " + size + ", stream (shared cores)";
    if (!report.wants(one) && !report.wants(many)) return;
    const auto direct = std::make_shared<over_libnats>(url, size_bytes, false);
    const auto prompt = std::make_shared<over_libnats>(url, size_bytes, true);
    const auto bridged = std::make_shared<over_bridges>(url, folder, size_bytes);
    report.measure({one,
                    {one_by_one("libnats, JetStream", prompt), one_by_one("samepage bridge", bridged)},
                    {{"samepage bridge", "libnats, JetStream", direction::at_most, 1.3}}});
    report.measure({many,
                    {stream("libnats, JetStream", direct), stream("libnats, each at once", prompt),
                     stream("samepage bridge", bridged)},
                    {{"samepage bridge", "libnats, JetStream", direction::at_most, 1 / 0.8}}});
}

// ---- A table --------------------------------------------------------------------------------------------------------

// All of the bucket, read and let go.
double read_by_libnats(const std::string& url, std::uint64_t records) {
    natsConnection* connection = nullptr;
    jsCtx* js = nullptr;
    natsSubscription* subscription = nullptr;
    const auto begin = clock::now();
    need(natsConnection_ConnectTo(&connection, url.c_str()), "connecting");
    need(natsConnection_JetStream(&js, connection, nullptr), "JetStream");
    jsSubOptions how;
    jsSubOptions_Init(&how);
    how.Ordered = true;
    need(js_SubscribeSync(&subscription, js, "$KV.sp-samepage-table-stock.>", nullptr, &how, nullptr), "subscribing");
    natsSubscription_SetPendingLimits(subscription, -1, -1);
    for (std::uint64_t i = 0; i < records; ++i) {
        natsMsg* got = nullptr;
        need(natsSubscription_NextMsg(&got, subscription, std::chrono::milliseconds(patience).count()), "receiving");
        natsMsg_Destroy(got);
    }
    const double took = static_cast<double>(nanoseconds(clock::now() - begin).count());
    natsSubscription_Destroy(subscription);
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    return took / static_cast<double>(records);
}

void table(bench::report& report, const std::string& url, const std::string& folder, std::uint64_t records) {
    const std::string of = std::to_string(records) + " records of 64 B";
    const std::string catching_up = "bridge: a table of " + of + ", to a new host (shared cores)";
    const std::string memory = "bridge: memory of its own with a table of " + of;
    if (!report.wants(catching_up) && !report.wants(memory)) return;
    const std::string a = folder + "/a/stock";
    auto source = value_or_fail(samepage::table_bytes::create(a));
    std::vector<std::byte> value(64);
    for (std::uint64_t i = 0; i < records; ++i) {
        stamp(value, i);
        value_or_fail(source.put(std::as_bytes(std::span(&i, 1)), value));
    }
    const auto begin = clock::now();
    const bench::program origin = bridge(url, folder + "/a", "table:" + a);
    const double first_ns =
        static_cast<double>(nanoseconds(clock::now() - begin).count()) / static_cast<double>(records);
    double mirror_kib = 0;
    unsigned hosts = 0;
    const auto by_bridge = [&](nanoseconds) {
        const std::string host = folder + "/host" + std::to_string(++hosts);
        ::mkdir(host.c_str(), 0700);
        const auto started = clock::now();
        const bench::program mirror = bridge(url, host, "table:" + host + "/stock");
        const double took = static_cast<double>(nanoseconds(clock::now() - started).count());
        mirror_kib = mirror.memory_kib("RssAnon");
        const auto copy = value_or_fail(samepage::table_bytes::open(host + "/stock"));
        if (value_or_fail(copy.info()).records != records) bench::stop("the new host hasn't all records");
        return took / static_cast<double>(records);
    };
    report.measure({catching_up,
                    {{"libnats, read only", [&](nanoseconds) { return read_by_libnats(url, records); }},
                     {"samepage bridge, mirror", by_bridge},
                     {"samepage bridge, origin", [&](nanoseconds) { return first_ns; }}},
                    {},
                    3,
                    "ns/record"});
    if (mirror_kib == 0) by_bridge({});
    report.measure({memory,
                    {{"origin", [&](nanoseconds) { return origin.memory_kib("RssAnon"); }},
                     {"mirror", [&](nanoseconds) { return mirror_kib; }}},
                    {},
                    1,
                    "KiB"});
}

}  // namespace

int main(int argc, char** argv) {
    const bench::options chosen = bench::parse(argc, argv);
    bench::report report(chosen);
    const bench::own_directory names;
    for (const char* host : {"/a", "/b"}) ::mkdir((names.path() + host).c_str(), 0700);
    // What NATS stores goes where the table's and channels' files are: to the same kind of memory for all.
    const bench::nats_server server(names.path() + "/server");
    messages(report, server.url(), names.path(), 64);
    messages(report, server.url(), names.path(), 1024);
    table(report, server.url(), names.path(), chosen.tiny ? 1000 : 1'000'000);
    return 0;
}
