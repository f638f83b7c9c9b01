/* Tables: records under keys. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

static void close_table(void* handle) { samepage_table_close(handle); }
static samepage_status check_name(void* handle) { return samepage_table_check_name(handle); }
static samepage_status created(void* handle, int32_t* into) { return samepage_table_created(handle, into); }
static samepage_status size(void* handle, uint64_t* into) { return samepage_table_size(handle, into); }
static samepage_status changes(void* handle, uint64_t* into) { return samepage_table_changes(handle, into); }

static samepage_status descriptor(void* handle, intptr_t* into) { return samepage_table_descriptor(handle, into); }
static samepage_status arm(void* handle) { return samepage_table_arm(handle); }

static const kind table_kind = {close_table, descriptor, arm, check_name, created};

/* tableOpen(how, place, timeout, readOnly, strategy, asItIs, soleWriter) */
static napi_value table_open(napi_env env, napi_callback_info info) {
    TAKE(env, info, OPENING_ARGUMENTS + 2);
    opening_call call;
    samepage_table* handle = NULL;
    bool as_it_is = false, is_sole = false;
    if (!take_flag(env, given[OPENING_ARGUMENTS], &as_it_is) ||
        !take_flag(env, given[OPENING_ARGUMENTS + 1], &is_sole) || !take_opening(env, given, &call))
        return NULL;
    const samepage_table_options options = {.struct_size = sizeof options,
                                            .access = call.access,
                                            .strategy = call.strategy,
                                            .as_it_is = as_it_is,
                                            .timeout_ns = call.timeout_ns,
                                            .sole_writer = is_sole};
    const samepage_status status = OPEN(table, call, &options, &handle);
    return opened(env, &call, status, handle, &table_kind);
}

typedef struct get_call {
    samepage_table* table;
    bytes_in key;
    uint64_t version;
} get_call;

static samepage_status get(void* call, void* into, size_t into_bytes, size_t* size_bytes) {
    get_call* const mine = call;
    return samepage_table_get(mine->table, mine->key.data, mine->key.size_bytes, into, into_bytes, size_bytes,
                              &mine->version);
}

/* tableGet(handle, key): a Buffer; undefined: there is no such record. numbers: version. */
static napi_value table_get(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    get_call call = {.table = handle_of(env, given[0])};
    samepage_status status = samepage_ok;
    if (!take_bytes(env, given[1], "key", &call.key)) return NULL;
    const napi_value value = read_bytes(env, get, &call, &status);
    drop_bytes(&call.key);
    if (status == samepage_e_no_key) return NULL;
    if (status != samepage_ok) return throw_status(env, status);
    instance_of(env)->numbers[number_version] = (double)call.version;
    return value;
}

/* What getMany and putMany are given: (handle, keys, keyBytes, values, valueBytes, versions, ...). */
typedef struct many {
    bytes_in keys;
    bytes_in values;
    bytes_in versions;
    uint64_t key_bytes;
    uint64_t value_bytes;
    size_t count;
} many;

/* Texts are copies, which nobody would see filled. */
static bool is_copy(const bytes_in* bytes) { return bytes->owned != NULL || bytes->data == bytes->small; }

static void drop_many(many* mine) {
    drop_bytes(&mine->keys);
    drop_bytes(&mine->values);
    drop_bytes(&mine->versions);
}

static bool take_many_bytes(napi_env env, const napi_value* given, bool fills_values, many* into) {
    if (!take_bytes(env, given[1], "keys", &into->keys) || !take_bytes(env, given[3], "values", &into->values) ||
        !take_bytes(env, given[5], "versions", &into->versions))
        return false;
    if (is_copy(&into->versions) || (fills_values && is_copy(&into->values))) {
        throw_type(env, "what is filled must be a Buffer, a TypedArray, a DataView or an ArrayBuffer");
        return false;
    }
    into->count = into->versions.size_bytes / sizeof(uint64_t);
    if (into->key_bytes == 0 || into->keys.size_bytes / into->key_bytes != into->count ||
        into->keys.size_bytes % into->key_bytes != 0 ||
        (into->count != 0 && into->values.size_bytes / into->count != into->value_bytes) ||
        into->values.size_bytes != into->count * into->value_bytes) {
        napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "the lengths of keys and values don't fit each other");
        return false;
    }
    return true;
}

/* false with an exception; else drop_many ends it. */
static bool take_many(napi_env env, const napi_value* given, bool fills_values, many* into) {
    into->keys.owned = into->values.owned = into->versions.owned = NULL;
    into->key_bytes = into->value_bytes = 0;
    if (!take_number(env, given[2], &into->key_bytes) || !take_number(env, given[4], &into->value_bytes)) return false;
    if (take_many_bytes(env, given, fills_values, into)) return true;
    drop_many(into);
    return false;
}

/* tableGetMany(handle, keys, keyBytes, values, valueBytes, versions): fills values and versions; how many there were */
static napi_value table_get_many(napi_env env, napi_callback_info info) {
    TAKE(env, info, 6);
    many call;
    size_t found = 0;
    samepage_status status = samepage_ok;
    if (!take_many(env, given, true, &call)) return NULL;
    if (call.count != 0)
        status = samepage_table_get_many(handle_of(env, given[0]), call.keys.data, (size_t)call.key_bytes, call.count,
                                         (void*)(uintptr_t)call.values.data, (size_t)call.value_bytes,
                                         (uint64_t*)(uintptr_t)call.versions.data, &found);
    drop_many(&call);
    return status == samepage_ok ? give_number(env, found) : throw_status(env, status);
}

/* tablePutMany(handle, keys, keyBytes, values, valueBytes, versions, timeout, expires in): fills versions; how many */
static napi_value table_put_many(napi_env env, napi_callback_info info) {
    TAKE(env, info, 8);
    many call;
    int64_t timeout_ns = SAMEPAGE_PATIENCE, expires_in_ns = SAMEPAGE_FOREVER;
    size_t put = 0;
    samepage_status status = samepage_ok;
    if (!take_timeout(env, given[6], &timeout_ns) || !take_timeout(env, given[7], &expires_in_ns) ||
        !take_many(env, given, false, &call))
        return NULL;
    if (call.count != 0)
        status = samepage_table_put_many(handle_of(env, given[0]), call.keys.data, (size_t)call.key_bytes, call.count,
                                         call.values.data, (size_t)call.value_bytes, expires_in_ns, timeout_ns,
                                         (uint64_t*)(uintptr_t)call.versions.data, &put);
    drop_many(&call);
    return status == samepage_ok ? give_number(env, put) : throw_status(env, status);
}

/* Between so many, a thread looks whether it is wanted any more. */
#define PUTS_AT_ONCE ((size_t)4096)

/* What a thread puts: versions, keys and values stand behind it. */
typedef struct putting {
    size_t count, put, key_bytes, value_bytes;
    int64_t expires_in_ns;
} putting;

/* The timeout is for each record that has to wait. */
static samepage_status attempt_put_many(void* handle, wait* call, int64_t timeout_ns) {
    putting* const mine = (putting*)call->bytes;
    uint64_t* const versions = (uint64_t*)(mine + 1);
    const char* const keys = (const char*)(versions + mine->count);
    const char* const values = keys + mine->count * mine->key_bytes;
    samepage_status status = samepage_ok;
    int64_t end_ns = 0;
    while (mine->put < mine->count && !atomic_load(&call->is_cancelled)) {
        if (status == samepage_ok)
            end_ns = timeout_ns < 0 || timeout_ns > INT64_MAX - now_ns() ? INT64_MAX : now_ns() + timeout_ns;
        const int64_t left_ns = end_ns - now_ns();
        const size_t left = mine->count - mine->put;
        size_t more = 0;
        status = samepage_table_put_many(handle, keys + mine->put * mine->key_bytes, mine->key_bytes,
                                         left < PUTS_AT_ONCE ? left : PUTS_AT_ONCE,
                                         values + mine->put * mine->value_bytes, mine->value_bytes, mine->expires_in_ns,
                                         left_ns > SLICE_NS ? SLICE_NS
                                         : left_ns > 0      ? left_ns
                                                            : 0,
                                         versions + mine->put, &more);
        if (status == samepage_ok) mine->put += more;
        if (status != samepage_ok && (status != samepage_e_timed_out || now_ns() >= end_ns)) break;
    }
    return mine->put == 0 ? status : samepage_ok;
}

static napi_value give_versions(napi_env env, wait* call) {
    const putting* const mine = (const putting*)call->bytes;
    void* data = NULL;
    napi_value buffer = NULL, versions = NULL;
    if (napi_create_arraybuffer(env, mine->put * sizeof(uint64_t), &data, &buffer) != napi_ok) return NULL;
    if (mine->put != 0) memcpy(data, mine + 1, mine->put * sizeof(uint64_t));
    napi_create_typedarray(env, napi_biguint64_array, mine->put, buffer, 0, &versions);
    return versions;
}

static const act putting_many = {attempt_put_many, give_versions, NULL, false};

/* tablePutManyWaiting(handle, keys, keyBytes, values, valueBytes, versions, timeout, expires in, callback): a ticket;
 * the callback gets the versions. Those given say how many there are, and stay as they are. */
static napi_value table_put_many_waiting(napi_env env, napi_callback_info info) {
    TAKE(env, info, 9);
    many call;
    int64_t expires_in_ns = SAMEPAGE_FOREVER;
    if (!take_timeout(env, given[7], &expires_in_ns) || !take_many(env, given, false, &call)) return NULL;
    wait* const mine = wait_new(env, &putting_many);
    const size_t bytes = call.keys.size_bytes + call.values.size_bytes + call.versions.size_bytes;
    putting* const what = mine == NULL ? NULL : malloc(sizeof *what + bytes);
    if (what != NULL) {
        *what = (putting){call.count, 0, (size_t)call.key_bytes, (size_t)call.value_bytes, expires_in_ns};
        char* const keys = (char*)(what + 1) + call.versions.size_bytes;
        if (call.count != 0) memcpy(keys, call.keys.data, call.keys.size_bytes);
        if (call.values.size_bytes != 0) memcpy(keys + call.keys.size_bytes, call.values.data, call.values.size_bytes);
    }
    drop_many(&call);
    if (what == NULL) {
        if (mine != NULL) wait_free(mine);
        return mine != NULL ? throw_memory(env) : NULL;
    }
    mine->bytes = (char*)what;
    return wait_begin(env, mine, given[0], given[6], given[8]);
}

/* tableVersion(handle, key): 0: there is no such record */
static napi_value table_version(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bytes_in key;
    uint64_t version = 0;
    if (!take_bytes(env, given[1], "key", &key)) return NULL;
    const samepage_status status = samepage_table_version(handle_of(env, given[0]), key.data, key.size_bytes, &version);
    drop_bytes(&key);
    return status == samepage_ok ? give_number(env, version) : throw_status(env, status);
}

/* tableExpires(handle, key): milliseconds since 1970; Infinity: never; undefined: there is no such record */
static napi_value table_expires(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bytes_in key;
    uint64_t unix_ns = 0;
    napi_value value = NULL;
    if (!take_bytes(env, given[1], "key", &key)) return NULL;
    const samepage_status status = samepage_table_expires(handle_of(env, given[0]), key.data, key.size_bytes, &unix_ns);
    drop_bytes(&key);
    if (status == samepage_e_no_key) return NULL;
    if (status != samepage_ok) return throw_status(env, status);
    napi_create_double(env, unix_ns == 0 ? INFINITY : (double)unix_ns / 1e6, &value);
    return value;
}

/* What the three that write a value are given: (handle, key, value, timeout, expected, expires in). */
typedef struct put_call {
    samepage_table* table;
    bytes_in key;
    bytes_in value;
    int64_t timeout_ns;
    int64_t expires_in_ns;
    uint64_t expected;
    uint64_t version;
} put_call;

typedef samepage_status (*putter)(put_call* call);

/* The version; undefined: conflict. */
static napi_value put_by(napi_env env, napi_callback_info info, putter put) {
    TAKE(env, info, 6);
    put_call call;
    call.timeout_ns = SAMEPAGE_PATIENCE;
    call.expires_in_ns = SAMEPAGE_FOREVER;
    call.expected = 0;
    call.version = 0;
    if (!take_timeout(env, given[3], &call.timeout_ns) || !take_number(env, given[4], &call.expected) ||
        !take_timeout(env, given[5], &call.expires_in_ns) || !take_bytes(env, given[1], "key", &call.key))
        return NULL;
    if (!take_bytes(env, given[2], "value", &call.value)) {
        drop_bytes(&call.key);
        return NULL;
    }
    call.table = handle_of(env, given[0]);
    const samepage_status status = put(&call);
    drop_bytes(&call.key);
    drop_bytes(&call.value);
    if (status == samepage_e_conflict) return NULL;
    return status == samepage_ok ? give_number(env, call.version) : throw_status(env, status);
}

static samepage_status put(put_call* c) {
    return samepage_table_put_expiring(c->table, c->key.data, c->key.size_bytes, c->value.data, c->value.size_bytes,
                                       c->expires_in_ns, c->timeout_ns, &c->version);
}
static samepage_status insert(put_call* c) {
    return samepage_table_insert_expiring(c->table, c->key.data, c->key.size_bytes, c->value.data, c->value.size_bytes,
                                          c->expires_in_ns, c->timeout_ns, &c->version);
}
static samepage_status exchange(put_call* c) {
    return samepage_table_compare_exchange_expiring(c->table, c->key.data, c->key.size_bytes, c->expected,
                                                    c->value.data, c->value.size_bytes, c->expires_in_ns, c->timeout_ns,
                                                    &c->version);
}

static napi_value table_put(napi_env env, napi_callback_info info) { return put_by(env, info, put); }
static napi_value table_insert(napi_env env, napi_callback_info info) { return put_by(env, info, insert); }
static napi_value table_exchange(napi_env env, napi_callback_info info) { return put_by(env, info, exchange); }

/* tableErase(handle, key, timeout): whether there was one */
static napi_value table_erase(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    bytes_in key;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    int32_t erased = 0;
    if (!take_timeout(env, given[2], &timeout_ns) || !take_bytes(env, given[1], "key", &key)) return NULL;
    const samepage_status status =
        samepage_table_erase(handle_of(env, given[0]), key.data, key.size_bytes, timeout_ns, &erased);
    drop_bytes(&key);
    return status == samepage_ok ? give_flag(env, erased != 0) : throw_status(env, status);
}

/* tableAdd(handle, key, more, timeout, expires in): the sum; more and sum are BigInts of 64 bits */
static napi_value table_add(napi_env env, napi_callback_info info) {
    TAKE(env, info, 5);
    bytes_in key;
    int64_t timeout_ns = SAMEPAGE_PATIENCE, expires_in_ns = SAMEPAGE_FOREVER;
    int64_t more = 0;
    bool is_whole = false;
    uint64_t sum = 0;
    napi_value value = NULL;
    if (napi_get_value_bigint_int64(env, given[2], &more, &is_whole) != napi_ok)
        return throw_type(env, "more must be a BigInt");
    if (!take_timeout(env, given[3], &timeout_ns) || !take_timeout(env, given[4], &expires_in_ns) ||
        !take_bytes(env, given[1], "key", &key))
        return NULL;
    const samepage_status status = samepage_table_add_expiring(handle_of(env, given[0]), key.data, key.size_bytes,
                                                               (uint64_t)more, expires_in_ns, timeout_ns, &sum);
    drop_bytes(&key);
    if (status != samepage_ok) return throw_status(env, status);
    napi_create_bigint_uint64(env, sum, &value);
    return value;
}

static samepage_status attempt_wait(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_table_wait(handle, call->bytes, call->size_bytes, call->number, timeout_ns, &call->number);
}

static const act waiting = {attempt_wait, give_wait_number, NULL, true};

/* tableWait(handle, key, seen, timeout, callback): a ticket; the callback gets the version */
static napi_value table_wait(napi_env env, napi_callback_info info) {
    TAKE(env, info, 5);
    uint64_t seen = 0;
    if (!take_number(env, given[2], &seen)) return NULL;
    wait* const call = wait_new(env, &waiting);
    if (call == NULL || !wait_take_bytes(env, call, given[1], "key")) return NULL;
    call->number = seen;
    return wait_begin(env, call, given[0], given[3], given[4]);
}

/* tableWaitAny(handle, seen, timeout): the number of changes; undefined: it is the same, and timeout is 0 */
static napi_value table_wait_any(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    uint64_t seen = 0;
    uint64_t now = 0;
    int64_t timeout_ns = 0;
    if (!take_number(env, given[1], &seen) || !take_timeout(env, given[2], &timeout_ns)) return NULL;
    const samepage_status status = samepage_table_wait_any(handle_of(env, given[0]), seen, timeout_ns, &now);
    if (status == samepage_e_timed_out && timeout_ns == 0) return NULL;
    return status == samepage_ok ? give_number(env, now) : throw_status(env, status);
}

static samepage_status attempt_verify(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_table_verify(handle, timeout_ns, &call->number, NULL);
}

static const act verifying = {attempt_verify, give_wait_number, NULL, false};

/* tableVerify(handle, timeout, callback): a ticket; the callback gets how many records were looked at */
static napi_value table_verify(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    wait* const call = wait_new(env, &verifying);
    return call == NULL ? NULL : wait_begin(env, call, given[0], given[1], given[2]);
}

static samepage_status attempt_checkpoint(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_table_checkpoint(handle, timeout_ns, (samepage_table_checkpoint_info*)call->bytes);
}

static napi_value give_checkpoint(napi_env env, wait* call) {
    const samepage_table_checkpoint_info* const made = (const samepage_table_checkpoint_info*)call->bytes;
    const named_number numbers[] = {
        {"records", made->records}, {"sizeBytes", made->size_bytes}, {"stallNs", (uint64_t)made->stall_ns}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

static const act making_checkpoint = {attempt_checkpoint, give_checkpoint, NULL, false};

/* tableCheckpoint(handle, timeout, callback): a ticket; the callback gets an object */
static napi_value table_checkpoint(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    wait* const call = wait_new(env, &making_checkpoint);
    if (call == NULL) return NULL;
    samepage_table_checkpoint_info* const made = calloc(1, sizeof *made);
    if (made == NULL) {
        wait_free(call);
        return throw_memory(env);
    }
    made->struct_size = sizeof *made;
    call->bytes = (char*)made;
    return wait_begin(env, call, given[0], given[1], given[2]);
}

static samepage_status attempt_compact(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_table_compact(handle, timeout_ns, (samepage_table_compaction_info*)call->bytes);
}

static napi_value give_compaction(napi_env env, wait* call) {
    const samepage_table_compaction_info* const done = (const samepage_table_compaction_info*)call->bytes;
    const named_number numbers[] = {{"recordsMoved", done->records_moved},
                                    {"givenBytes", done->given_bytes},
                                    {"pendingBytes", done->pending_bytes},
                                    {"sizeBytes", done->size_bytes}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

static const act compacting = {attempt_compact, give_compaction, NULL, false};

/* tableCompact(handle, timeout, callback): a ticket; the callback gets an object */
static napi_value table_compact(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    wait* const call = wait_new(env, &compacting);
    if (call == NULL) return NULL;
    samepage_table_compaction_info* const done = calloc(1, sizeof *done);
    if (done == NULL) {
        wait_free(call);
        return throw_memory(env);
    }
    done->struct_size = sizeof *done;
    call->bytes = (char*)done;
    return wait_begin(env, call, given[0], given[1], given[2]);
}

/* tableWentBack(handle) */
static napi_value table_went_back(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    int32_t went_back = 0;
    const samepage_status status = samepage_table_went_back(handle_of(env, given[0]), &went_back);
    return status == samepage_ok ? give_flag(env, went_back != 0) : throw_status(env, status);
}

/* tableSize(handle), tableChanges(handle) */
static napi_value table_size(napi_env env, napi_callback_info info) { return ask_number(env, info, size); }
static napi_value table_changes(napi_env env, napi_callback_info info) { return ask_number(env, info, changes); }

/* tableInfo(handle) */
static napi_value table_info(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    samepage_table_info seen = {.struct_size = sizeof seen};
    const samepage_status status = samepage_table_info_get(handle_of(env, given[0]), &seen);
    if (status != samepage_ok) return throw_status(env, status);
    const named_number numbers[] = {{"records", seen.records},
                                    {"sizeBytes", seen.size_bytes},
                                    {"buckets", seen.buckets},
                                    {"loadPercent", seen.load_percent},
                                    {"deathsRecovered", seen.deaths_recovered},
                                    {"deathsPending", seen.deaths_pending},
                                    {"writersActive", seen.writers_active},
                                    {"checkpointUnixMs", seen.checkpoint_unix_ns / 1000000},
                                    {"returnedUnixMs", seen.returned_unix_ns / 1000000},
                                    {"returnedToUnixMs", seen.returned_to_unix_ns / 1000000},
                                    {"isClean", seen.is_clean},
                                    {"soleWriterProcess", seen.sole_writer_process},
                                    {"historyBytes", seen.history_bytes},
                                    {"historyChanges", seen.history_changes}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

static const function functions[] = {
    {"tableOpen", table_open},
    {"tableGet", table_get},
    {"tableGetMany", table_get_many},
    {"tablePutMany", table_put_many},
    {"tablePutManyWaiting", table_put_many_waiting},
    {"tableVersion", table_version},
    {"tablePut", table_put},
    {"tableInsert", table_insert},
    {"tableExchange", table_exchange},
    {"tableErase", table_erase},
    {"tableAdd", table_add},
    {"tableWait", table_wait},
    {"tableWaitAny", table_wait_any},
    {"tableSize", table_size},
    {"tableChanges", table_changes},
    {"tableExpires", table_expires},
    {"tableInfo", table_info},
    {"tableVerify", table_verify},
    {"tableCheckpoint", table_checkpoint},
    {"tableCompact", table_compact},
    {"tableWentBack", table_went_back},
};

bool add_table(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
