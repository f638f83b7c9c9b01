// The C functions of a table's history: keeping it, reading it along, and the descriptor that tells of changes.
// SPDX-License-Identifier: MIT
#include "capi/table.hpp"

namespace samepage::capi {

struct kept_feed {
    shared_table table;
    table_bytes::feed feed;  // ends before the table does
};

}  // namespace samepage::capi

struct samepage_feed : samepage::capi::slot<samepage::capi::kept_feed> {};

namespace capi = samepage::capi;
using capi::kept_feed;
using capi::shared_table;
using samepage::result;

namespace {

constexpr const char* reading_along = "read a table's changes";
constexpr const char* listening = "listen to a table";

}  // namespace

samepage_status samepage_table_keep_history(samepage_table* table, uint64_t size_bytes, int64_t timeout_ns,
                                            uint64_t* history_bytes) {
    return capi::with(table, "keep a table's history", [&](const shared_table& object) {
        return capi::give(object->keep_history(size_bytes, capi::duration_of(timeout_ns)), history_bytes);
    });
}

samepage_status samepage_table_subscribe(samepage_table* table, const void* prefix, size_t prefix_bytes, int32_t start,
                                         samepage_feed** feed) {
    if (feed != nullptr) *feed = nullptr;
    return capi::with(table, reading_along, [&](const shared_table& object) {
        return capi::open(reading_along, feed, [&]() -> result<kept_feed> {
            const auto wanted = capi::bytes_of(prefix, prefix_bytes);
            const auto from = capi::enum_of<samepage_start>(static_cast<std::uint32_t>(start), 2);
            auto begun = object->subscribe({.prefix = {reinterpret_cast<const char*>(wanted.data()), wanted.size()},
                                            .from_oldest = from == samepage_oldest});
            if (!begun) return begun.error();
            return kept_feed{object, std::move(*begun)};
        });
    });
}

samepage_status samepage_feed_next(samepage_feed* feed, int64_t timeout_ns, const void** key, size_t* key_bytes,
                                   uint64_t* version, int32_t* erased, uint64_t* missed) {
    return capi::with(feed, reading_along, [&](kept_feed& mine) -> samepage_status {
        const auto seen = mine.feed.next(capi::duration_of(timeout_ns));
        if (!seen) return capi::fail(seen.error());
        capi::set(key, seen->key.data());
        capi::set(key_bytes, seen->key.size());
        capi::set(version, seen->version);
        capi::set(erased, seen->erased);
        capi::set(missed, seen->missed);
        return samepage_ok;
    });
}

void samepage_feed_close(samepage_feed* feed) { capi::pool_of<samepage_feed>.close(feed); }

samepage_status samepage_table_descriptor(samepage_table* table, intptr_t* descriptor) {
    return capi::with(table, listening,
                      [&](const shared_table& object) { return capi::give(object->descriptor(), descriptor); });
}

samepage_status samepage_table_arm(samepage_table* table) {
    return capi::with(table, listening, [](const shared_table& object) { return capi::give(object->arm()); });
}
