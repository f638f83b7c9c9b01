/* Cells: one value, always whole; the newest wins. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_cell(void* handle) { samepage_cell_close(handle); }
static samepage_status descriptor(void* handle, intptr_t* into) { return samepage_cell_descriptor(handle, into); }
static samepage_status arm(void* handle) { return samepage_cell_arm(handle, NULL); }
static samepage_status check_name(void* handle) { return samepage_cell_check_name(handle); }
static samepage_status created(void* handle, int32_t* into) { return samepage_cell_created(handle, into); }
static samepage_status version(void* handle, uint64_t* into) { return samepage_cell_version(handle, into); }
static samepage_status capacity(void* handle, uint64_t* into) { return samepage_cell_capacity(handle, into); }

static const kind cell_kind = {close_cell, descriptor, arm, check_name, created};

/* cellOpen(how, place, timeout, readOnly, strategy, capacityBytes, soleWriter) */
static napi_value cell_open(napi_env env, napi_callback_info info) {
    TAKE(env, info, OPENING_ARGUMENTS + 2);
    opening_call call;
    samepage_cell_options options = {.struct_size = sizeof options};
    samepage_cell* handle = NULL;
    bool is_sole = false;
    if (!take_number(env, given[OPENING_ARGUMENTS], &options.capacity_bytes) ||
        !take_flag(env, given[OPENING_ARGUMENTS + 1], &is_sole) || !take_opening(env, given, &call))
        return NULL;
    options.sole_writer = is_sole;
    options.access = call.access;
    options.strategy = call.strategy;
    options.timeout_ns = call.timeout_ns;
    const samepage_status status = OPEN(cell, call, &options, &handle);
    return opened(env, &call, status, handle, &cell_kind);
}

typedef struct load_call {
    samepage_cell* cell;
    uint64_t version;
} load_call;

static samepage_status load(void* call, void* into, size_t into_bytes, size_t* size_bytes) {
    load_call* const mine = call;
    return samepage_cell_load(mine->cell, into, into_bytes, size_bytes, &mine->version);
}

/* cellLoad(handle): a Buffer; undefined: it is empty. numbers: version. */
static napi_value cell_load(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    load_call call = {.cell = handle_of(env, given[0])};
    samepage_status status = samepage_ok;
    const napi_value value = read_bytes(env, load, &call, &status);
    instance_of(env)->numbers[number_version] = (double)call.version;
    return status == samepage_ok || status == samepage_e_empty ? value : throw_status(env, status);
}

/* cellStore(handle, value, timeout): the version */
static napi_value cell_store(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    bytes_in value;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    uint64_t stored = 0;
    if (!take_timeout(env, given[2], &timeout_ns) || !take_bytes(env, given[1], "value", &value)) return NULL;
    const samepage_status status =
        samepage_cell_store(handle_of(env, given[0]), value.data, value.size_bytes, timeout_ns, &stored);
    drop_bytes(&value);
    return status == samepage_ok ? give_number(env, stored) : throw_status(env, status);
}

/* cellExchange(handle, expected, value, timeout): the version; undefined: conflict */
static napi_value cell_exchange(napi_env env, napi_callback_info info) {
    TAKE(env, info, 4);
    bytes_in value;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    uint64_t expected = 0;
    uint64_t stored = 0;
    if (!take_number(env, given[1], &expected) || !take_timeout(env, given[3], &timeout_ns) ||
        !take_bytes(env, given[2], "value", &value))
        return NULL;
    const samepage_status status = samepage_cell_compare_exchange(handle_of(env, given[0]), expected, value.data,
                                                                  value.size_bytes, timeout_ns, &stored);
    drop_bytes(&value);
    if (status == samepage_e_conflict) return NULL;
    return status == samepage_ok ? give_number(env, stored) : throw_status(env, status);
}

/* cellWait(handle, seen, timeout): another version; undefined: it is still that one, and timeout is 0 */
static napi_value cell_wait(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    uint64_t seen = 0;
    uint64_t newer = 0;
    int64_t timeout_ns = 0;
    if (!take_number(env, given[1], &seen) || !take_timeout(env, given[2], &timeout_ns)) return NULL;
    const samepage_status status = samepage_cell_wait(handle_of(env, given[0]), seen, timeout_ns, &newer);
    if (status == samepage_e_timed_out && timeout_ns == 0) return NULL;
    return status == samepage_ok ? give_number(env, newer) : throw_status(env, status);
}

/* cellVersion(handle), cellCapacity(handle) */
static napi_value cell_version(napi_env env, napi_callback_info info) { return ask_number(env, info, version); }
static napi_value cell_capacity(napi_env env, napi_callback_info info) { return ask_number(env, info, capacity); }

/* cellInfo(handle) */
static napi_value cell_info(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    samepage_cell_info seen = {.struct_size = sizeof seen};
    const samepage_status status = samepage_cell_info_get(handle_of(env, given[0]), &seen);
    if (status != samepage_ok) return throw_status(env, status);
    const named_number numbers[] = {{"version", seen.version},
                                    {"sizeBytes", seen.size_bytes},
                                    {"capacityBytes", seen.capacity_bytes},
                                    {"writerActive", seen.writer_active},
                                    {"writerProcess", seen.writer_process},
                                    {"waiters", seen.waiters},
                                    {"sleeps", seen.sleeps},
                                    {"soleWriterProcess", seen.sole_writer_process}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

static const function functions[] = {
    {"cellOpen", cell_open},         {"cellLoad", cell_load},       {"cellStore", cell_store},
    {"cellExchange", cell_exchange}, {"cellVersion", cell_version}, {"cellCapacity", cell_capacity},
    {"cellInfo", cell_info},         {"cellWait", cell_wait},
};

bool add_cell(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
