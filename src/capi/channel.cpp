// The C functions of channels and their loans.
// SPDX-License-Identifier: MIT
#include "samepage/channel.hpp"

#include <array>

#include "capi/channel.hpp"

namespace capi = samepage::capi;
using samepage::channel_bytes;

namespace {

constexpr const char* creating = "create a channel";
constexpr const char* asking = "ask a channel";
constexpr const char* sending = "send to a channel";
constexpr const char* borrowing = "borrow from a channel";
constexpr const char* publishing = "publish a loan";
constexpr const char* subscribing = "subscribe to a channel";
constexpr const char* listening = "listen to a channel";

samepage::channel_options options_of(const samepage_channel_options* given) {
    const auto o = capi::options_of(given);
    if (o.loans < -1) throw capi::refusal{"there are 1 to 64 loans, or -1 for none"};
    samepage::channel_options options;
    options.access = capi::access_of(o.access);
    options.strategy = capi::strategy_of(o.strategy);
    if (o.capacity_bytes != 0) options.capacity_bytes = o.capacity_bytes;
    options.sole_writer = capi::sole_writer_of(o.sole_writer);
    if (o.loans != 0) options.loans = o.loans < 0 ? 0 : static_cast<std::uint32_t>(o.loans);
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    return options;
}

samepage::subscribe_options options_of(const samepage_subscribe_options* given) {
    const auto o = capi::options_of(given);
    samepage::subscribe_options options;
    options.start = capi::enum_of<samepage::start>(o.start, 2);
    options.sequence = o.sequence;
    options.registered = o.registered != 0;
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    return options;
}

}  // namespace

samepage_status samepage_channel_create(const char* place, const samepage_channel_options* options,
                                        samepage_channel** into) {
    return capi::open(creating, into, [&] { return channel_bytes::create(capi::text_of(place), options_of(options)); });
}

samepage_status samepage_channel_create_new(const char* place, const samepage_channel_options* options,
                                            samepage_channel** into) {
    return capi::open(creating, into,
                      [&] { return channel_bytes::create_new(capi::text_of(place), options_of(options)); });
}

samepage_status samepage_channel_open(const char* place, const samepage_channel_options* options,
                                      samepage_channel** into) {
    return capi::open("open a channel", into,
                      [&] { return channel_bytes::open(capi::text_of(place), options_of(options)); });
}

void samepage_channel_close(samepage_channel* channel) { capi::pool_of<samepage_channel>.close(channel); }

samepage_status samepage_channel_created(samepage_channel* channel, int32_t* created) {
    return capi::tell(channel, asking, created, [](const channel_bytes& object) { return object.created(); });
}

samepage_status samepage_channel_access(samepage_channel* channel, int32_t* access) {
    return capi::tell(channel, asking, access,
                      [](const channel_bytes& object) { return capi::number_of(object.access()); });
}

samepage_status samepage_channel_capacity(samepage_channel* channel, uint64_t* capacity_bytes) {
    return capi::tell(channel, asking, capacity_bytes,
                      [](const channel_bytes& object) { return object.capacity_bytes(); });
}

samepage_status samepage_channel_check_name(samepage_channel* channel) {
    return capi::with(channel, asking, [](const channel_bytes& object) { return capi::give(object.check_name()); });
}

samepage_status samepage_channel_info_get(samepage_channel* channel, samepage_channel_info* info) {
    return capi::with(channel, asking, [&](const channel_bytes& object) {
        const auto seen = object.info();
        if (!seen) return capi::fail(seen.error());
        samepage_channel_info all{};
        all.loans = seen->loans;
        all.next_sequence = seen->next_sequence;
        all.oldest_sequence = seen->oldest_sequence;
        all.capacity_bytes = seen->capacity_bytes;
        all.ring_bytes = seen->ring_bytes;
        all.loans_out = seen->loans_out;
        all.registered = static_cast<std::uint32_t>(seen->registered.size());
        all.waiters = seen->waiters;
        all.sender_process = seen->sender_process;
        all.sleeps = seen->sleeps;
        all.sole_writer_process = seen->sole_writer_process;
        return capi::give_info(all, info);
    });
}

samepage_status samepage_channel_registered(samepage_channel* channel, samepage_registered* into, size_t element_bytes,
                                            size_t count_max, size_t* count) {
    return capi::with(channel, asking, [&](const channel_bytes& object) -> samepage_status {
        capi::check_elements(into, element_bytes, count_max);
        const auto seen = object.info();
        if (!seen) return capi::fail(seen.error());
        const std::size_t given = std::min(count_max, seen->registered.size());
        capi::give_elements(into, element_bytes, given, [&](std::size_t i) {
            const auto& one = seen->registered[i];
            return samepage_registered{one.process, one.live, one.lag_messages, one.lag_bytes};
        });
        capi::set(count, given);
        return samepage_ok;
    });
}

samepage_status samepage_channel_send(samepage_channel* channel, const void* message, size_t message_bytes,
                                      int64_t timeout_ns, uint64_t* sequence) {
    return capi::with(channel, sending, [&](const channel_bytes& object) {
        return capi::give(object.send(capi::bytes_of(message, message_bytes), capi::duration_of(timeout_ns)), sequence);
    });
}

samepage_status samepage_channel_send_many(samepage_channel* channel, const void* const* messages,
                                           const size_t* messages_bytes, size_t count, int64_t timeout_ns,
                                           size_t* sent) {
    return capi::with(channel, sending, [&](const channel_bytes& object) {
        if ((messages == nullptr || messages_bytes == nullptr) && count != 0)
            throw capi::refusal{"the list of messages is NULL"};
        std::vector<std::span<const std::byte>> all(count);
        for (std::size_t i = 0; i < count; ++i) all[i] = capi::bytes_of(messages[i], messages_bytes[i]);
        return capi::give(object.send_many(all, capi::duration_of(timeout_ns)), sent);
    });
}

samepage_status samepage_channel_descriptor(samepage_channel* channel, intptr_t* descriptor) {
    return capi::with(channel, listening,
                      [&](const channel_bytes& object) { return capi::give(object.descriptor(), descriptor); });
}

samepage_status samepage_channel_arm(samepage_channel* channel) {
    return capi::with(channel, listening, [](const channel_bytes& object) { return capi::give(object.arm()); });
}

samepage_status samepage_channel_borrow(samepage_channel* channel, size_t size_bytes, int64_t timeout_ns,
                                        samepage_loan** loan) {
    if (loan != nullptr) *loan = nullptr;
    return capi::with(channel, borrowing, [&](const channel_bytes& object) {
        return capi::open(borrowing, loan, [&] { return object.borrow(size_bytes, capi::duration_of(timeout_ns)); });
    });
}

void* samepage_loan_data(samepage_loan* loan) {
    const channel_bytes::loan* const object = capi::object_of(loan);
    return object == nullptr ? nullptr : object->bytes().data();
}

samepage_status samepage_loan_publish(samepage_loan* loan, size_t size_bytes, int64_t timeout_ns, uint64_t* sequence) {
    return capi::with(loan, publishing, [&](channel_bytes::loan& object) {
        return capi::give(object.publish(size_bytes, capi::duration_of(timeout_ns)), sequence);
    });
}

void samepage_loan_close(samepage_loan* loan) { capi::pool_of<samepage_loan>.close(loan); }

samepage_status samepage_channel_subscribe(samepage_channel* channel, const samepage_subscribe_options* options,
                                           samepage_subscriber** subscriber) {
    if (subscriber != nullptr) *subscriber = nullptr;
    return capi::with(channel, subscribing, [&](const channel_bytes& object) {
        return capi::open(subscribing, subscriber, [&] { return object.subscribe(options_of(options)); });
    });
}
