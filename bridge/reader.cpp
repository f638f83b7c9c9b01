// A push consumer with heartbeats and flow control.
// SPDX-License-Identifier: MIT
#include "reader.hpp"

#include <array>
#include <charconv>

namespace samepage::bridge {

namespace {

constexpr std::int64_t heartbeat_ns = 1'000'000'000;
constexpr auto silence_max = std::chrono::milliseconds(3'500);
constexpr std::int64_t forgotten_after_ns = 10'000'000'000;  // by the server, when its reader has gone

// The numbers in the subject that an acknowledgement would go to:
// $JS.ACK.[DOMAIN.ACCOUNT.]STREAM.CONSUMER.DELIVERED.STREAM_SEQUENCE.CONSUMER_SEQUENCE.TIME.PENDING[.TOKEN]
struct positions {
    std::uint64_t stream = 0, consumer = 0, pending = 0;
};

bool read_positions(const char* reply, positions& into) {
    if (reply == nullptr) return false;
    std::array<std::string_view, 16> words;
    std::size_t count = 0;
    std::string_view rest(reply);
    while (count < words.size()) {
        const std::size_t dot = rest.find('.');
        words[count++] = rest.substr(0, dot);
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    if (count != 9 && count < 11) return false;
    const std::size_t first = count == 9 ? 2 : 4;
    const auto number = [&](std::size_t i, std::uint64_t& n) {
        const std::string_view w = words[first + i];
        return std::from_chars(w.data(), w.data() + w.size(), n).ec == std::errc();
    };
    return number(3, into.stream) && number(4, into.consumer) && number(6, into.pending);
}

}  // namespace

std::string_view stream_message::header(const char* name) const {
    const char* value = nullptr;
    return natsMsgHeader_Get(message.get(), name, &value) == NATS_OK ? value : "";
}

outcome reader::open(const std::string& stream, const std::string& filter, std::uint64_t first, bool headers_only) {
    close();
    stream_ = stream;
    epoch_ = server_.epoch();
    natsInbox* inbox = nullptr;
    outcome o = outcome_of(natsInbox_Create(&inbox));
    if (!o) return o;
    const std::string subject = inbox;
    natsInbox_Destroy(inbox);
    natsSubscription* made = nullptr;
    o = outcome_of(natsConnection_SubscribeSync(&made, server_.get(), subject.c_str()));
    subscription_.reset(made);
    if (!o) return o;
    natsSubscription_SetPendingLimits(made, -1, -1);  // flow control bounds it
    jsConsumerConfig config;
    jsConsumerConfig_Init(&config);
    config.DeliverSubject = subject.c_str();
    config.FilterSubject = filter.c_str();
    config.DeliverPolicy = js_DeliverByStartSequence;
    config.OptStartSeq = first;
    config.AckPolicy = js_AckNone;
    config.MaxDeliver = 1;
    config.FlowControl = true;
    config.Heartbeat = heartbeat_ns;
    config.InactiveThreshold = forgotten_after_ns;
    config.HeadersOnly = headers_only;
    config.MemoryStorage = true;
    config.Replicas = 1;
    jsConsumerInfo* info = nullptr;
    jsErrCode code{};
    const natsStatus status = js_AddConsumer(&info, server_.jetstream(), stream.c_str(), &config, nullptr, &code);
    const nats_consumer_info owned(info);
    if (status != NATS_OK) {
        o = outcome_of(status, code);
        subscription_.reset();
        return o;
    }
    consumer_ = info->Name;
    given_ = pending_ = 0;
    // It may have pushed some already.
    there_ = info->NumPending + info->Delivered.Consumer;
    heard_ = std::chrono::steady_clock::now();
    return {};
}

void reader::close() {
    if (!subscription_) return;
    subscription_.reset();
    if (server_.is_up()) js_DeleteConsumer(server_.jetstream(), stream_.c_str(), consumer_.c_str(), nullptr, nullptr);
}

// Heartbeats and requests of flow control are no messages. True when it was one of them.
bool reader::answer_status(natsMsg* message) {
    const char* value = nullptr;
    if (natsMsg_GetDataLength(message) != 0 || natsMsgHeader_Get(message, "Status", &value) != NATS_OK) return false;
    const char* reply = natsMsg_GetReply(message);
    if (reply != nullptr) natsConnection_Publish(server_.get(), reply, nullptr, 0);
    if (natsMsgHeader_Get(message, "Nats-Consumer-Stalled", &reply) == NATS_OK)
        natsConnection_Publish(server_.get(), reply, nullptr, 0);
    return true;
}

reader::got reader::next(stream_message& into, std::int64_t timeout_ms) {
    if (!subscription_ || server_.epoch() != epoch_) return got::broken;
    while (true) {
        natsMsg* message = nullptr;
        const natsStatus status = natsSubscription_NextMsg(&message, subscription_.get(), timeout_ms);
        nats_message owned(message);
        if (status == NATS_TIMEOUT) {
            const bool silent = std::chrono::steady_clock::now() - heard_ > silence_max;
            return silent ? got::broken : got::nothing;
        }
        if (status != NATS_OK) return got::broken;
        heard_ = std::chrono::steady_clock::now();
        if (answer_status(message)) {
            // A heartbeat says what was pushed last: less than that has been lost on the way.
            const char* last = nullptr;
            if (natsMsgHeader_Get(message, "Nats-Last-Consumer", &last) == NATS_OK &&
                std::string_view(last) != std::to_string(given_))
                return got::broken;
            continue;
        }
        positions at;
        if (!read_positions(natsMsg_GetReply(message), at) || at.consumer != given_ + 1) return got::broken;
        ++given_;
        pending_ = at.pending;
        into.message = std::move(owned);
        into.sequence = at.stream;
        return got::message;
    }
}

}  // namespace samepage::bridge
