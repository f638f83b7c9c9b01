// The C functions of tables and of scans over them.
// SPDX-License-Identifier: MIT
#include "capi/table.hpp"

#include <string>
#include <vector>

namespace samepage::capi {

// A cursor keeps the table it came from.
struct kept_cursor {
    shared_table table;
    table_bytes::cursor cursor;  // ends before the table does
};

struct kept_held {
    shared_table table;
    table_bytes::held held;  // ends before the table does
};

}  // namespace samepage::capi

struct samepage_scan : samepage::capi::slot<samepage::capi::kept_cursor> {};
struct samepage_held : samepage::capi::slot<samepage::capi::kept_held> {};

namespace capi = samepage::capi;
using capi::kept_cursor;
using capi::kept_held;
using capi::shared_table;
using samepage::result;
using samepage::table_bytes;

namespace {

constexpr const char* creating = "create a table";
constexpr const char* asking = "ask a table";
constexpr const char* getting = "get from a table";
constexpr const char* putting = "put into a table";
constexpr const char* erasing = "erase from a table";
constexpr const char* scanning = "read a table";
constexpr const char* waiting = "wait for a table";
constexpr const char* locking = "lock a record";
constexpr const char* verifying = "verify a table";
constexpr const char* checkpointing = "make a checkpoint";
constexpr const char* compacting = "compact a table";

samepage::table_options options_of(const samepage_table_options* given) {
    const auto o = capi::options_of(given);
    samepage::table_options options;
    options.access = capi::access_of(o.access);
    options.strategy = capi::strategy_of(o.strategy);
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    options.as_it_is = capi::flag_of(o.as_it_is, "as_it_is is neither 0 nor 1");
    options.sole_writer = capi::sole_writer_of(o.sole_writer);
    return options;
}

result<shared_table> shared(result<table_bytes> opened) {
    if (!opened) return opened.error();
    return std::make_shared<table_bytes>(std::move(*opened));
}

// `lock` gives the table's result.
template <class Lock>
samepage_status lock_in(samepage_table* table, samepage_held** held, std::int32_t* owner_died, Lock&& lock) {
    if (held != nullptr) *held = nullptr;
    return capi::with(table, locking, [&](const shared_table& object) {
        return capi::open(locking, held, [&]() -> result<kept_held> {
            auto got = lock(*object);
            if (!got) return got.error();
            capi::set(owner_died, got->owner_died());
            return kept_held{object, std::move(*got)};
        });
    });
}

samepage::put_options how(std::int64_t expires_in_ns, std::int64_t timeout_ns) {
    return {capi::duration_of(expires_in_ns), capi::duration_of(timeout_ns)};
}

// Of get_many and put_many.
void check_many(std::size_t key_bytes, std::size_t value_bytes, std::size_t count, const std::uint64_t* versions) {
    const std::size_t largest = std::max({key_bytes, value_bytes, sizeof(std::uint64_t)});
    if (count > SIZE_MAX / largest) throw capi::refusal{"so many records have more bytes than there are addresses"};
    if (versions == nullptr && count != 0) throw capi::refusal{"the array of versions is NULL"};
}

std::string joined(const std::vector<std::string>& sentences) {
    std::string all;
    for (const std::string& sentence : sentences) all += (all.empty() ? "" : "; ") + sentence;
    return all;
}

}  // namespace

samepage_status samepage_table_create(const char* place, const samepage_table_options* options, samepage_table** into) {
    return capi::open(creating, into,
                      [&] { return shared(table_bytes::create(capi::text_of(place), options_of(options))); });
}

samepage_status samepage_table_create_new(const char* place, const samepage_table_options* options,
                                          samepage_table** into) {
    return capi::open(creating, into,
                      [&] { return shared(table_bytes::create_new(capi::text_of(place), options_of(options))); });
}

samepage_status samepage_table_open(const char* place, const samepage_table_options* options, samepage_table** into) {
    return capi::open("open a table", into,
                      [&] { return shared(table_bytes::open(capi::text_of(place), options_of(options))); });
}

void samepage_table_close(samepage_table* table) { capi::pool_of<samepage_table>.close(table); }

samepage_status samepage_table_created(samepage_table* table, int32_t* created) {
    return capi::tell(table, asking, created, [](const shared_table& object) { return object->created(); });
}

samepage_status samepage_table_access(samepage_table* table, int32_t* access) {
    return capi::tell(table, asking, access,
                      [](const shared_table& object) { return capi::number_of(object->access()); });
}

samepage_status samepage_table_check_name(samepage_table* table) {
    return capi::with(table, asking, [](const shared_table& object) { return capi::give(object->check_name()); });
}

samepage_status samepage_table_info_get(samepage_table* table, samepage_table_info* info) {
    return capi::with(table, asking, [&](const shared_table& object) {
        const auto seen = object->info();
        if (!seen) return capi::fail(seen.error());
        samepage_table_info all{};
        all.writers_active = seen->writers_active;
        all.records = seen->records;
        all.size_bytes = seen->size_bytes;
        all.buckets = seen->buckets;
        all.deaths_recovered = seen->deaths_recovered;
        all.deaths_pending = seen->deaths_pending;
        all.load_percent = static_cast<std::uint32_t>(seen->load * 100 + 0.5);
        all.checkpoint_unix_ns = seen->checkpoint_unix_ns;
        all.returned_unix_ns = seen->returned_unix_ns;
        all.returned_to_unix_ns = seen->returned_to_unix_ns;
        all.is_clean = seen->is_clean ? 1 : 0;
        all.sole_writer_process = seen->sole_writer_process;
        all.history_bytes = seen->history_bytes;
        all.history_changes = seen->history_changes;
        return capi::give_info(all, info);
    });
}

samepage_status samepage_table_size(samepage_table* table, uint64_t* records) {
    return capi::tell(table, asking, records, [](const shared_table& object) { return object->size(); });
}

samepage_status samepage_table_changes(samepage_table* table, uint64_t* changes) {
    return capi::tell(table, asking, changes, [](const shared_table& object) { return object->changes(); });
}

samepage_status samepage_table_get(samepage_table* table, const void* key, size_t key_bytes, void* into,
                                   size_t into_bytes, size_t* size_bytes, uint64_t* version) {
    return capi::with(table, getting, [&](const shared_table& object) -> samepage_status {
        const auto seen = object->get(capi::bytes_of(key, key_bytes), capi::room_of(into, into_bytes));
        if (!seen) return capi::fail_with_size(seen.error(), size_bytes);
        capi::set(size_bytes, seen->size_bytes);
        capi::set(version, seen->version);
        return samepage_ok;
    });
}

samepage_status samepage_table_get_many(samepage_table* table, const void* keys, size_t key_bytes, size_t count,
                                        void* values, size_t value_bytes, uint64_t* versions, size_t* found) {
    return capi::with(table, getting, [&](const shared_table& object) {
        check_many(key_bytes, value_bytes, count, versions);
        return capi::give(
            object->get_many(capi::bytes_of(keys, key_bytes * count), key_bytes,
                             capi::room_of(values, value_bytes * count), value_bytes, std::span(versions, count)),
            found);
    });
}

samepage_status samepage_table_version(samepage_table* table, const void* key, size_t key_bytes, uint64_t* version) {
    return capi::with(table, getting, [&](const shared_table& object) {
        return capi::give(object->version(capi::bytes_of(key, key_bytes)), version);
    });
}

samepage_status samepage_table_put(samepage_table* table, const void* key, size_t key_bytes, const void* value,
                                   size_t value_bytes, int64_t timeout_ns, uint64_t* version) {
    return samepage_table_put_expiring(table, key, key_bytes, value, value_bytes, SAMEPAGE_FOREVER, timeout_ns,
                                       version);
}

samepage_status samepage_table_put_expiring(samepage_table* table, const void* key, size_t key_bytes, const void* value,
                                            size_t value_bytes, int64_t expires_in_ns, int64_t timeout_ns,
                                            uint64_t* version) {
    return capi::with(table, putting, [&](const shared_table& object) {
        return capi::give(object->put(capi::bytes_of(key, key_bytes), capi::bytes_of(value, value_bytes),
                                      how(expires_in_ns, timeout_ns)),
                          version);
    });
}

samepage_status samepage_table_put_many(samepage_table* table, const void* keys, size_t key_bytes, size_t count,
                                        const void* values, size_t value_bytes, int64_t expires_in_ns,
                                        int64_t timeout_ns, uint64_t* versions, size_t* put) {
    return capi::with(table, putting, [&](const shared_table& object) {
        check_many(key_bytes, value_bytes, count, versions);
        return capi::give(object->put_many(capi::bytes_of(keys, key_bytes * count), key_bytes,
                                           capi::bytes_of(values, value_bytes * count), value_bytes,
                                           std::span(versions, count), how(expires_in_ns, timeout_ns)),
                          put);
    });
}

samepage_status samepage_table_insert(samepage_table* table, const void* key, size_t key_bytes, const void* value,
                                      size_t value_bytes, int64_t timeout_ns, uint64_t* version) {
    return samepage_table_insert_expiring(table, key, key_bytes, value, value_bytes, SAMEPAGE_FOREVER, timeout_ns,
                                          version);
}

samepage_status samepage_table_insert_expiring(samepage_table* table, const void* key, size_t key_bytes,
                                               const void* value, size_t value_bytes, int64_t expires_in_ns,
                                               int64_t timeout_ns, uint64_t* version) {
    return capi::with(table, putting, [&](const shared_table& object) {
        return capi::give(object->insert(capi::bytes_of(key, key_bytes), capi::bytes_of(value, value_bytes),
                                         how(expires_in_ns, timeout_ns)),
                          version);
    });
}

samepage_status samepage_table_compare_exchange(samepage_table* table, const void* key, size_t key_bytes,
                                                uint64_t expected, const void* value, size_t value_bytes,
                                                int64_t timeout_ns, uint64_t* version) {
    return samepage_table_compare_exchange_expiring(table, key, key_bytes, expected, value, value_bytes,
                                                    SAMEPAGE_FOREVER, timeout_ns, version);
}

samepage_status samepage_table_compare_exchange_expiring(samepage_table* table, const void* key, size_t key_bytes,
                                                         uint64_t expected, const void* value, size_t value_bytes,
                                                         int64_t expires_in_ns, int64_t timeout_ns, uint64_t* version) {
    return capi::with(table, putting, [&](const shared_table& object) {
        return capi::give(object->compare_exchange(capi::bytes_of(key, key_bytes), expected,
                                                   capi::bytes_of(value, value_bytes), how(expires_in_ns, timeout_ns)),
                          version);
    });
}

samepage_status samepage_table_expires(samepage_table* table, const void* key, size_t key_bytes, uint64_t* unix_ns) {
    return capi::with(table, getting, [&](const shared_table& object) {
        return capi::give(object->expires_unix_ns(capi::bytes_of(key, key_bytes)), unix_ns);
    });
}

samepage_status samepage_table_erase(samepage_table* table, const void* key, size_t key_bytes, int64_t timeout_ns,
                                     int32_t* erased) {
    return capi::with(table, erasing, [&](const shared_table& object) {
        return capi::give(object->erase(capi::bytes_of(key, key_bytes), capi::duration_of(timeout_ns)), erased);
    });
}

samepage_status samepage_table_add(samepage_table* table, const void* key, size_t key_bytes, uint64_t more,
                                   int64_t timeout_ns, uint64_t* sum) {
    return samepage_table_add_expiring(table, key, key_bytes, more, SAMEPAGE_FOREVER, timeout_ns, sum);
}

samepage_status samepage_table_add_expiring(samepage_table* table, const void* key, size_t key_bytes, uint64_t more,
                                            int64_t expires_in_ns, int64_t timeout_ns, uint64_t* sum) {
    return capi::with(table, putting, [&](const shared_table& object) {
        return capi::give(object->add(capi::bytes_of(key, key_bytes), more, how(expires_in_ns, timeout_ns)), sum);
    });
}

samepage_status samepage_table_wait(samepage_table* table, const void* key, size_t key_bytes, uint64_t seen,
                                    int64_t timeout_ns, uint64_t* version) {
    return capi::with(table, waiting, [&](const shared_table& object) {
        return capi::give(object->wait(capi::bytes_of(key, key_bytes), seen, capi::duration_of(timeout_ns)), version);
    });
}

samepage_status samepage_table_wait_any(samepage_table* table, uint64_t seen, int64_t timeout_ns, uint64_t* changes) {
    return capi::with(table, waiting, [&](const shared_table& object) {
        return capi::give(object->wait_any(seen, capi::duration_of(timeout_ns)), changes);
    });
}

samepage_status samepage_table_scan(samepage_table* table, const void* prefix, size_t prefix_bytes,
                                    samepage_scan** scan) {
    if (scan != nullptr) *scan = nullptr;
    return capi::with(table, scanning, [&](const shared_table& object) {
        return capi::open(scanning, scan, [&]() -> result<kept_cursor> {
            const auto wanted = capi::bytes_of(prefix, prefix_bytes);
            auto begun = object->scan({reinterpret_cast<const char*>(wanted.data()), wanted.size()});
            if (!begun) return begun.error();
            return kept_cursor{object, std::move(*begun)};
        });
    });
}

samepage_status samepage_scan_next(samepage_scan* scan, const void** key, size_t* key_bytes, const void** value,
                                   size_t* value_bytes, uint64_t* version) {
    return capi::with(scan, scanning, [&](kept_cursor& mine) -> samepage_status {
        const auto seen = mine.cursor.next();
        if (!seen) return capi::fail(seen.error());
        capi::set(key, seen->key.data());
        capi::set(key_bytes, seen->key.size());
        capi::set(value, seen->value.data());
        capi::set(value_bytes, seen->value.size());
        capi::set(version, seen->version);
        return samepage_ok;
    });
}

void samepage_scan_close(samepage_scan* scan) { capi::pool_of<samepage_scan>.close(scan); }

samepage_status samepage_table_lock(samepage_table* table, const void* key, size_t key_bytes, int64_t timeout_ns,
                                    samepage_held** held, int32_t* owner_died) {
    return lock_in(table, held, owner_died, [&](const table_bytes& object) {
        return object.lock(capi::bytes_of(key, key_bytes), capi::duration_of(timeout_ns));
    });
}

samepage_status samepage_table_lock_all(samepage_table* table, int64_t timeout_ns, samepage_held** held,
                                        int32_t* owner_died) {
    return lock_in(table, held, owner_died,
                   [&](const table_bytes& object) { return object.lock_all(capi::duration_of(timeout_ns)); });
}

samepage_status samepage_held_mark_repaired(samepage_held* held) {
    return capi::with(held, locking, [](kept_held& mine) {
        if (!mine.held.owns()) return capi::fail(samepage::error(samepage::errc::not_owner, locking));
        mine.held.mark_repaired();
        return static_cast<samepage_status>(samepage_ok);
    });
}

samepage_status samepage_held_release(samepage_held* held) {
    return capi::with(held, locking, [](kept_held& mine) { return capi::give(mine.held.release()); });
}

void samepage_held_close(samepage_held* held) { capi::pool_of<samepage_held>.close(held); }

samepage_status samepage_table_verify(samepage_table* table, int64_t timeout_ns, uint64_t* records,
                                      uint64_t* free_bytes) {
    return capi::with(table, verifying, [&](const shared_table& object) -> samepage_status {
        const auto seen = object->verify(capi::duration_of(timeout_ns));
        if (!seen) return capi::fail(seen.error());
        capi::set(records, seen->records);
        capi::set(free_bytes, seen->free_bytes);
        if (!seen->wrong.empty())
            return capi::fail(samepage::error(samepage::errc::corrupt, verifying, joined(seen->wrong)));
        if (!seen->unjudged.empty())
            return capi::fail(samepage::error(samepage::errc::busy, verifying, joined(seen->unjudged)));
        return samepage_ok;
    });
}

samepage_status samepage_table_checkpoint(samepage_table* table, int64_t timeout_ns,
                                          samepage_table_checkpoint_info* made) {
    return capi::with(table, checkpointing, [&](const shared_table& object) -> samepage_status {
        samepage_table_checkpoint_info all{};
        // Refused before anything is done.
        if (made != nullptr) capi::give_info(all, made);
        const auto done = object->checkpoint(capi::duration_of(timeout_ns));
        if (!done) return capi::fail(done.error());
        if (made == nullptr) return samepage_ok;
        all.records = done->records;
        all.size_bytes = done->size_bytes;
        all.stall_ns = done->stall.count();
        return capi::give_info(all, made);
    });
}

samepage_status samepage_table_compact(samepage_table* table, int64_t timeout_ns,
                                       samepage_table_compaction_info* done) {
    return capi::with(table, compacting, [&](const shared_table& object) -> samepage_status {
        samepage_table_compaction_info all{};
        // Refused before anything is done.
        if (done != nullptr) capi::give_info(all, done);
        const auto seen = object->compact(capi::duration_of(timeout_ns));
        if (!seen) return capi::fail(seen.error());
        if (done == nullptr) return samepage_ok;
        all.records_moved = seen->records_moved;
        all.given_bytes = seen->given_bytes;
        all.pending_bytes = seen->pending_bytes;
        all.size_bytes = seen->size_bytes;
        return capi::give_info(all, done);
    });
}

samepage_status samepage_table_went_back(samepage_table* table, int32_t* went_back) {
    return capi::tell(table, asking, went_back, [](const shared_table& object) { return object->went_back(); });
}
