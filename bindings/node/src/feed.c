/* Feeds: the changes of a table, read along. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_feed(void* handle) { samepage_feed_close(handle); }

static const kind feed_kind = {close_feed, NULL, NULL, NULL, NULL};

/* tableKeepHistory(table, sizeBytes, timeout): how many bytes it has */
static napi_value keep_history(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    uint64_t size_bytes = 0;
    uint64_t history_bytes = 0;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (!take_number(env, given[1], &size_bytes) || !take_timeout(env, given[2], &timeout_ns)) return NULL;
    const samepage_status status =
        samepage_table_keep_history(handle_of(env, given[0]), size_bytes, timeout_ns, &history_bytes);
    return status == samepage_ok ? give_number(env, history_bytes) : throw_status(env, status);
}

/* tableSubscribe(table, prefix, fromOldest) */
static napi_value subscribe(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    bytes_in prefix;
    bool from_oldest = false;
    samepage_feed* handle = NULL;
    if (!take_flag(env, given[2], &from_oldest) || !take_bytes(env, given[1], "prefix", &prefix)) return NULL;
    const samepage_status status = samepage_table_subscribe(handle_of(env, given[0]), prefix.data, prefix.size_bytes,
                                                            from_oldest ? samepage_oldest : samepage_newest, &handle);
    drop_bytes(&prefix);
    return status == samepage_ok ? hold(env, handle, &feed_kind) : throw_status(env, status);
}

/* feedNext(handle, timeout, change): fills the array change with key (undefined: some were missed) and whether it was
 * erased; false: there is none, and timeout is 0. numbers: version, missed. */
static napi_value feed_next(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    int64_t timeout_ns = 0;
    const void* key = NULL;
    size_t key_bytes = 0;
    uint64_t version = 0;
    uint64_t missed = 0;
    int32_t erased = 0;
    if (!take_timeout(env, given[1], &timeout_ns)) return NULL;
    const samepage_status status =
        samepage_feed_next(handle_of(env, given[0]), timeout_ns, &key, &key_bytes, &version, &erased, &missed);
    if (status == samepage_e_timed_out && timeout_ns == 0) return give_flag(env, false);
    if (status != samepage_ok) return throw_status(env, status);
    double* const numbers = instance_of(env)->numbers;
    numbers[number_version] = (double)version;
    numbers[number_missed] = (double)missed;
    napi_value undefined = NULL;
    napi_get_undefined(env, &undefined);
    napi_set_element(env, given[2], 0, key_bytes == 0 ? undefined : give_bytes(env, key, key_bytes));
    napi_set_element(env, given[2], 1, give_flag(env, erased != 0));
    return give_flag(env, true);
}

static const function functions[] = {
    {"tableKeepHistory", keep_history}, {"tableSubscribe", subscribe}, {"feedNext", feed_next}};

bool add_feed(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
