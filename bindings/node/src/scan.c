/* Scans: all records of a table whose key begins with a prefix. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_scan(void* handle) { samepage_scan_close(handle); }

static const kind scan_kind = {close_scan, NULL, NULL, NULL, NULL};

/* scan(table, prefix) */
static napi_value scan(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bytes_in prefix;
    samepage_scan* handle = NULL;
    if (!take_bytes(env, given[1], "prefix", &prefix)) return NULL;
    const samepage_status status =
        samepage_table_scan(handle_of(env, given[0]), prefix.data, prefix.size_bytes, &handle);
    drop_bytes(&prefix);
    return status == samepage_ok ? hold(env, handle, &scan_kind) : throw_status(env, status);
}

/* scanNext(handle, record): fills the array record with key and value; false: that was all. numbers: version. */
static napi_value scan_next(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    const void* key = NULL;
    const void* value = NULL;
    size_t key_bytes = 0;
    size_t value_bytes = 0;
    uint64_t version = 0;
    const samepage_status status =
        samepage_scan_next(handle_of(env, given[0]), &key, &key_bytes, &value, &value_bytes, &version);
    if (status == samepage_e_no_key) return give_flag(env, false);
    if (status != samepage_ok) return throw_status(env, status);
    instance_of(env)->numbers[number_version] = (double)version;
    napi_set_element(env, given[1], 0, give_bytes(env, key, key_bytes));
    napi_set_element(env, given[1], 1, give_bytes(env, value, value_bytes));
    return give_flag(env, true);
}

static const function functions[] = {{"scan", scan}, {"scanNext", scan_next}};

bool add_scan(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
