/* Locked keys of tables: kept from other handles' writers for several steps. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_held(void* handle) { samepage_held_close(handle); }

static const kind held_kind = {close_held, NULL, NULL, NULL, NULL};

/* [the lock's handle, whether an owner died] */
static napi_value give_held(napi_env env, void* made, int32_t owner_died) {
    napi_value both = NULL;
    const napi_value handle = hold(env, made, &held_kind);
    if (handle == NULL || napi_create_array_with_length(env, 2, &both) != napi_ok) return NULL;
    napi_set_element(env, both, 0, handle);
    napi_set_element(env, both, 1, give_flag(env, owner_died != 0));
    return both;
}

static bool is_undefined(napi_env env, napi_value value) {
    napi_valuetype type = napi_undefined;
    napi_typeof(env, value, &type);
    return type == napi_undefined;
}

static samepage_status attempt(void* handle, wait* call, int64_t timeout_ns) {
    samepage_held* made = NULL;
    const samepage_status status =
        call->bytes == NULL
            ? samepage_table_lock_all(handle, timeout_ns, &made, &call->owner_died)
            : samepage_table_lock(handle, call->bytes, call->size_bytes, timeout_ns, &made, &call->owner_died);
    call->made = made;
    return status;
}

static napi_value result(napi_env env, wait* call) { return give_held(env, call->made, call->owner_died); }

static void undo(void* handle, wait* call) {
    (void)handle;
    samepage_held_close(call->made);
}

static const act locking = {attempt, result, undo, true};

/* tableLock(handle, key, timeout, callback): a ticket; the callback gets what give_held gives. No key is all. */
static napi_value table_lock(napi_env env, napi_callback_info info) {
    TAKE(env, info, 4);
    wait* const call = wait_new(env, &locking);
    if (call == NULL) return NULL;
    if (!is_undefined(env, given[1]) && !wait_take_bytes(env, call, given[1], "key")) return NULL;
    return wait_begin(env, call, given[0], given[2], given[3]);
}

/* tableTryLock(handle, key): undefined: somebody else has locked it */
static napi_value table_try_lock(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bytes_in key = {.owned = NULL};
    samepage_held* made = NULL;
    int32_t owner_died = 0;
    samepage_status status = samepage_ok;
    if (is_undefined(env, given[1])) {
        status = samepage_table_lock_all(handle_of(env, given[0]), SAMEPAGE_NO_WAIT, &made, &owner_died);
    } else {
        if (!take_bytes(env, given[1], "key", &key)) return NULL;
        status = samepage_table_lock(handle_of(env, given[0]), key.data, key.size_bytes, SAMEPAGE_NO_WAIT, &made,
                                     &owner_died);
        drop_bytes(&key);
    }
    if (status == samepage_e_timed_out) return NULL;
    return status == samepage_ok ? give_held(env, made, owner_died) : throw_status(env, status);
}

/* recordRepaired(handle) */
static napi_value record_repaired(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const samepage_status status = samepage_held_mark_repaired(handle_of(env, given[0]));
    return status == samepage_ok ? NULL : throw_status(env, status);
}

static const function functions[] = {
    {"tableLock", table_lock}, {"tableTryLock", table_try_lock}, {"recordRepaired", record_repaired}};

bool add_record_lock(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
