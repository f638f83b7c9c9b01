// Publishing with an expected sequence, and reading the acknowledgements.
// SPDX-License-Identifier: MIT
#include "publisher.hpp"

#include <nlohmann/json.hpp>
#include <optional>

namespace samepage::bridge {

namespace {

constexpr auto answer_timeout = std::chrono::seconds(4);

// The usual answer is {"stream":"…","seq":12}; it is read without making a document of it.
std::optional<std::uint64_t> sequence_in(std::string_view answer) {
    constexpr std::string_view key = "\"seq\":";
    const std::size_t found = answer.find(key);
    if (found == std::string_view::npos || answer.find("\"error\"") != std::string_view::npos) return {};
    std::uint64_t sequence = 0;
    for (std::size_t i = found + key.size(); i < answer.size(); ++i) {
        if (answer[i] == ' ' && sequence == 0) continue;
        if (answer[i] < '0' || answer[i] > '9') break;
        sequence = sequence * 10 + static_cast<std::uint64_t>(answer[i] - '0');
    }
    return sequence;
}

outcome error_in(std::string_view answer) {
    const auto document = nlohmann::json::parse(answer, nullptr, false);
    const auto error = document.is_object() ? document.find("error") : document.end();
    if (document.is_discarded() || error == document.end() || !error->is_object())
        return {NATS_PROTOCOL_ERROR, 0, "the server's answer isn't JetStream's"};
    return {NATS_ERR, error->value("err_code", 0), error->value("description", "")};
}

}  // namespace

outcome publisher::put_fence(const std::string& subject) {
    for (std::size_t i = 0; i < messages_max && wait_for_room(); ++i) publish(subject, {}, {}, 0);
    drain();
    return failure_;
}

outcome publisher::start(std::uint64_t last) {
    under_way_.clear();
    bytes_ = 0;
    next_expected_ = acknowledged_ = last;
    epoch_ = server_.epoch();
    // Late answers to earlier messages go to the earlier inbox.
    natsInbox* inbox = nullptr;
    failure_ = outcome_of(natsInbox_Create(&inbox));
    if (!failure_) return failure_;
    inbox_ = inbox;
    natsInbox_Destroy(inbox);
    natsSubscription* made = nullptr;
    failure_ = outcome_of(natsConnection_SubscribeSync(&made, server_.get(), inbox_.c_str()));
    answers_.reset(made);
    return failure_;
}

bool publisher::fail(outcome o) {
    if (failure_) failure_ = std::move(o);
    return false;
}

bool publisher::publish(const std::string& subject, std::span<const std::byte> bytes,
                        const std::vector<header>& headers, std::uint64_t messages) {
    if (!ok()) return false;
    if (under_way_.size() >= messages_max) return fail({NATS_ILLEGAL_STATE, 0, "more is under way than a fence holds"});
    natsMsg* made = nullptr;
    natsStatus status = natsMsg_Create(&made, subject.c_str(), inbox_.c_str(),
                                       reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()));
    const nats_message message(made);
    const auto set = [&](const char* name, const std::string& value) {
        if (status == NATS_OK) status = natsMsgHeader_Set(made, name, value.c_str());
    };
    set("Nats-Expected-Last-Sequence", std::to_string(next_expected_));
    for (const header& h : headers) set(h.name, h.value);
    if (status == NATS_OK) status = natsConnection_PublishMsg(server_.get(), made);
    if (status != NATS_OK) return fail(outcome_of(status));
    ++next_expected_;
    under_way_.push_back({bytes.size(), messages, std::chrono::steady_clock::now()});
    bytes_ += bytes.size();
    return true;
}

bool publisher::take(natsMsg* answer) {
    const std::string_view text(natsMsg_GetData(answer), static_cast<std::size_t>(natsMsg_GetDataLength(answer)));
    const auto sequence = sequence_in(text);
    if (!sequence) return fail(error_in(text));
    if (under_way_.empty() || *sequence != acknowledged_ + 1)
        return fail({NATS_MISMATCH, 0, "the server acknowledged another message than the next"});
    acknowledged_ = *sequence;
    carried_bytes_ += under_way_.front().size_bytes;
    carried_messages_ += under_way_.front().messages;
    bytes_ -= under_way_.front().size_bytes;
    under_way_.pop_front();
    return true;
}

bool publisher::collect(std::int64_t timeout_ms) {
    if (ok() && (server_.epoch() != epoch_ || !server_.is_up()))
        return fail({NATS_CONNECTION_DISCONNECTED, 0, "the connection broke"});
    while (ok() && !under_way_.empty()) {
        natsMsg* answer = nullptr;
        const natsStatus status = natsSubscription_NextMsg(&answer, answers_.get(), timeout_ms);
        const nats_message owned(answer);
        if (status == NATS_TIMEOUT) {
            if (std::chrono::steady_clock::now() - under_way_.front().when > answer_timeout)
                return fail({NATS_TIMEOUT, 0, "no acknowledgement came"});
            return true;
        }
        if (status != NATS_OK) return fail(outcome_of(status));
        if (!take(answer)) return false;
        timeout_ms = 0;
    }
    return ok();
}

bool publisher::wait_for_room() {
    while (!has_room()) {
        if (!collect(100)) return false;
    }
    return ok();
}

bool publisher::drain() {
    while (!under_way_.empty()) {
        if (!collect(100)) return false;
    }
    return ok();
}

}  // namespace samepage::bridge
