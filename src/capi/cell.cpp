// The C functions of cells.
// SPDX-License-Identifier: MIT
#include "samepage/cell.hpp"

#include "capi/call.hpp"

struct samepage_cell : samepage::capi::slot<samepage::cell_bytes> {};

namespace capi = samepage::capi;
using samepage::cell_bytes;

namespace {

constexpr const char* creating = "create a cell";
constexpr const char* asking = "ask a cell";
constexpr const char* storing = "store in a cell";
constexpr const char* loading = "load a cell";
constexpr const char* waiting = "wait for a cell";
constexpr const char* listening = "listen to a cell";

samepage::cell_options options_of(const samepage_cell_options* given) {
    const auto o = capi::options_of(given);
    samepage::cell_options options;
    options.access = capi::access_of(o.access);
    options.strategy = capi::strategy_of(o.strategy);
    if (o.capacity_bytes != 0) options.capacity_bytes = o.capacity_bytes;
    options.sole_writer = capi::sole_writer_of(o.sole_writer);
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    return options;
}

}  // namespace

samepage_status samepage_cell_create(const char* place, const samepage_cell_options* options, samepage_cell** into) {
    return capi::open(creating, into, [&] { return cell_bytes::create(capi::text_of(place), options_of(options)); });
}

samepage_status samepage_cell_create_new(const char* place, const samepage_cell_options* options,
                                         samepage_cell** into) {
    return capi::open(creating, into,
                      [&] { return cell_bytes::create_new(capi::text_of(place), options_of(options)); });
}

samepage_status samepage_cell_open(const char* place, const samepage_cell_options* options, samepage_cell** into) {
    return capi::open("open a cell", into, [&] { return cell_bytes::open(capi::text_of(place), options_of(options)); });
}

void samepage_cell_close(samepage_cell* cell) { capi::pool_of<samepage_cell>.close(cell); }

samepage_status samepage_cell_created(samepage_cell* cell, int32_t* created) {
    return capi::tell(cell, asking, created, [](const cell_bytes& object) { return object.created(); });
}

samepage_status samepage_cell_access(samepage_cell* cell, int32_t* access) {
    return capi::tell(cell, asking, access, [](const cell_bytes& object) { return capi::number_of(object.access()); });
}

samepage_status samepage_cell_capacity(samepage_cell* cell, uint64_t* capacity_bytes) {
    return capi::tell(cell, asking, capacity_bytes, [](const cell_bytes& object) { return object.capacity_bytes(); });
}

samepage_status samepage_cell_check_name(samepage_cell* cell) {
    return capi::with(cell, asking, [](const cell_bytes& object) { return capi::give(object.check_name()); });
}

samepage_status samepage_cell_info_get(samepage_cell* cell, samepage_cell_info* info) {
    return capi::with(cell, asking, [&](const cell_bytes& object) {
        const auto seen = object.info();
        if (!seen) return capi::fail(seen.error());
        samepage_cell_info all{};
        all.writer_active = seen->writer_active;
        all.version = seen->version;
        all.size_bytes = seen->size_bytes;
        all.capacity_bytes = seen->capacity_bytes;
        all.writer_process = seen->writer_process;
        all.waiters = seen->waiters;
        all.sleeps = seen->sleeps;
        all.sole_writer_process = seen->sole_writer_process;
        return capi::give_info(all, info);
    });
}

samepage_status samepage_cell_store(samepage_cell* cell, const void* value, size_t value_bytes, int64_t timeout_ns,
                                    uint64_t* version) {
    return capi::with(cell, storing, [&](const cell_bytes& object) {
        return capi::give(object.store(capi::bytes_of(value, value_bytes), capi::duration_of(timeout_ns)), version);
    });
}

samepage_status samepage_cell_load(samepage_cell* cell, void* into, size_t into_bytes, size_t* size_bytes,
                                   uint64_t* version) {
    return capi::with(cell, loading, [&](const cell_bytes& object) {
        const auto seen = object.load(capi::room_of(into, into_bytes));
        if (!seen) return capi::fail_with_size(seen.error(), size_bytes);
        capi::set(size_bytes, seen->size_bytes);
        capi::set(version, seen->version);
        return static_cast<samepage_status>(samepage_ok);
    });
}

samepage_status samepage_cell_version(samepage_cell* cell, uint64_t* version) {
    return capi::tell(cell, asking, version, [](const cell_bytes& object) { return object.version(); });
}

samepage_status samepage_cell_wait(samepage_cell* cell, uint64_t seen, int64_t timeout_ns, uint64_t* version) {
    return capi::with(cell, waiting, [&](const cell_bytes& object) {
        return capi::give(object.wait(seen, capi::duration_of(timeout_ns)), version);
    });
}

samepage_status samepage_cell_compare_exchange(samepage_cell* cell, uint64_t expected, const void* value,
                                               size_t value_bytes, int64_t timeout_ns, uint64_t* version) {
    return capi::with(cell, storing, [&](const cell_bytes& object) {
        return capi::give(
            object.compare_exchange(expected, capi::bytes_of(value, value_bytes), capi::duration_of(timeout_ns)),
            version);
    });
}

samepage_status samepage_cell_descriptor(samepage_cell* cell, intptr_t* descriptor) {
    return capi::with(cell, listening,
                      [&](const cell_bytes& object) { return capi::give(object.descriptor(), descriptor); });
}

samepage_status samepage_cell_arm(samepage_cell* cell, uint64_t* version) {
    return capi::with(cell, listening, [&](const cell_bytes& object) { return capi::give(object.arm(), version); });
}
