/* Locks: mutual exclusion that survives its owner's death. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_lock(void* handle) { samepage_lock_close(handle); }
static samepage_status check_name(void* handle) { return samepage_lock_check_name(handle); }
static samepage_status created(void* handle, int32_t* into) { return samepage_lock_created(handle, into); }

static const kind lock_kind = {close_lock, NULL, NULL, check_name, created};

/* lockOpen(how, place, timeout, readOnly, strategy) */
static napi_value lock_open(napi_env env, napi_callback_info info) {
    TAKE(env, info, OPENING_ARGUMENTS);
    opening_call call;
    samepage_lock* handle = NULL;
    if (!take_opening(env, given, &call)) return NULL;
    const samepage_lock_options options = {
        .struct_size = sizeof options, .strategy = call.strategy, .timeout_ns = call.timeout_ns};
    const samepage_status status = OPEN(lock, call, &options, &handle);
    return opened(env, &call, status, handle, &lock_kind);
}

static samepage_status attempt(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_lock_acquire(handle, timeout_ns, &call->owner_died);
}

static napi_value owner_died(napi_env env, wait* call) { return give_flag(env, call->owner_died != 0); }

static void undo(void* handle, wait* call) {
    (void)call;
    samepage_lock_release(handle);
}

static const act acquire = {attempt, owner_died, undo, true};

/* lockAcquire(handle, timeout, callback): a ticket; the callback gets whether an owner died */
static napi_value lock_acquire(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    wait* const call = wait_new(env, &acquire);
    return call == NULL ? NULL : wait_begin(env, call, given[0], given[1], given[2]);
}

/* lockTry(handle): whether an owner died; undefined: somebody else owns it */
static napi_value lock_try(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    int32_t died = 0;
    const samepage_status status = samepage_lock_try_acquire(handle_of(env, given[0]), &died);
    if (status == samepage_e_timed_out) return NULL;
    return status == samepage_ok ? give_flag(env, died != 0) : throw_status(env, status);
}

/* lockRelease(handle), lockRepaired(handle) */
static napi_value lock_release(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const samepage_status status = samepage_lock_release(handle_of(env, given[0]));
    return status == samepage_ok ? NULL : throw_status(env, status);
}
static napi_value lock_repaired(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const samepage_status status = samepage_lock_mark_repaired(handle_of(env, given[0]));
    return status == samepage_ok ? NULL : throw_status(env, status);
}

/* lockInfo(handle) */
static napi_value lock_info(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    samepage_lock_info seen = {.struct_size = sizeof seen};
    const samepage_status status = samepage_lock_info_get(handle_of(env, given[0]), &seen);
    if (status != samepage_ok) return throw_status(env, status);
    const named_number numbers[] = {{"owned", seen.owned},
                                    {"ownerProcess", seen.owner_process},
                                    {"awaited", seen.awaited},
                                    {"ownerDied", seen.owner_died}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

static const function functions[] = {
    {"lockOpen", lock_open},       {"lockAcquire", lock_acquire},   {"lockTry", lock_try},
    {"lockRelease", lock_release}, {"lockRepaired", lock_repaired}, {"lockInfo", lock_info},
};

bool add_lock(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
