// The C functions of subscribers.
// SPDX-License-Identifier: MIT
#include <array>

#include "capi/channel.hpp"

namespace capi = samepage::capi;
using capi::viewing_subscriber;
using samepage::subscriber_bytes;

namespace {

constexpr const char* receiving = "receive from a channel";
constexpr const char* asking = "ask a subscriber";

}  // namespace

void samepage_subscriber_close(samepage_subscriber* subscriber) {
    capi::pool_of<samepage_subscriber>.close(subscriber);
}

samepage_status samepage_subscriber_receive(samepage_subscriber* subscriber, void* into, size_t into_bytes,
                                            int64_t timeout_ns, size_t* size_bytes, uint64_t* sequence,
                                            uint64_t* missed) {
    return capi::with(subscriber, receiving, [&](viewing_subscriber& mine) -> samepage_status {
        const auto seen = mine.next().receive(capi::room_of(into, into_bytes), capi::duration_of(timeout_ns));
        if (!seen) return capi::fail_with_size(seen.error(), size_bytes);
        capi::set(size_bytes, seen->size_bytes);
        capi::set(sequence, seen->sequence);
        capi::set(missed, seen->missed);
        return samepage_ok;
    });
}

samepage_status samepage_subscriber_receive_view(samepage_subscriber* subscriber, int64_t timeout_ns, const void** data,
                                                 size_t* size_bytes, uint64_t* sequence, uint64_t* missed) {
    return capi::with(subscriber, receiving, [&](viewing_subscriber& mine) -> samepage_status {
        auto seen = mine.next().receive_view(capi::duration_of(timeout_ns));
        if (!seen) return capi::fail(seen.error());
        mine.view = std::move(*seen);
        capi::set(data, mine.view->bytes().data());
        capi::set(size_bytes, mine.view->bytes().size());
        capi::set(sequence, mine.view->sequence());
        capi::set(missed, mine.view->missed());
        return samepage_ok;
    });
}

samepage_status samepage_subscriber_view_check(samepage_subscriber* subscriber) {
    constexpr const char* checking = "check a view of a message";
    return capi::with(subscriber, checking, [&](const viewing_subscriber& mine) -> samepage_status {
        if (!mine.view) return capi::fail(samepage::error(samepage::errc::closed, checking, "there is no view"));
        if (mine.view->is_valid()) return samepage_ok;
        return capi::fail(
            samepage::error(samepage::errc::busy, checking, "senders have overwritten it; receive the next"));
    });
}

samepage_status samepage_subscriber_receive_many(samepage_subscriber* subscriber, void* into, size_t into_bytes,
                                                 samepage_part* parts, size_t element_bytes, size_t parts_max,
                                                 int64_t timeout_ns, size_t* count) {
    return capi::with(subscriber, receiving, [&](viewing_subscriber& mine) -> samepage_status {
        capi::check_elements(parts, element_bytes, parts_max);
        const auto room = capi::room_of(into, into_bytes);
        std::vector<subscriber_bytes::part> seen(parts_max);
        const auto received = mine.next().receive_many(room, seen, capi::duration_of(timeout_ns));
        if (!received) return capi::fail(received.error());
        capi::give_elements(parts, element_bytes, *received, [&](std::size_t i) {
            const auto& one = seen[i];
            const auto offset = static_cast<std::uint64_t>(one.bytes.data() - room.data());
            return samepage_part{one.sequence, one.missed, offset, one.bytes.size()};
        });
        capi::set(count, *received);
        return samepage_ok;
    });
}

samepage_status samepage_subscriber_wait(samepage_subscriber* subscriber, int64_t timeout_ns) {
    return capi::with(subscriber, "wait for a message", [&](viewing_subscriber& mine) {
        return capi::give(mine.next().wait(capi::duration_of(timeout_ns)));
    });
}

samepage_status samepage_subscriber_next_sequence(samepage_subscriber* subscriber, uint64_t* sequence) {
    return capi::tell(subscriber, asking, sequence,
                      [](const viewing_subscriber& mine) { return mine.object.next_sequence(); });
}

samepage_status samepage_subscriber_is_registered(samepage_subscriber* subscriber, int32_t* registered) {
    return capi::tell(subscriber, asking, registered,
                      [](const viewing_subscriber& mine) { return mine.object.is_registered(); });
}
