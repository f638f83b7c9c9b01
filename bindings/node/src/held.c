/* Handles of the C API as JavaScript has them, and what all of them can do. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "addon.h"

void shared_drop(shared* mine) {
    /* acq_rel: what each user did comes before the close. */
    if (atomic_fetch_sub_explicit(&mine->users, 1, memory_order_acq_rel) != 1) return;
    mine->of->close(mine->handle);
    free(mine);
}

static void let_go(held* mine) {
    /* The bell before the handle, whose descriptor it has. */
    bell_close(mine->rings);
    mine->rings = NULL;
    if (mine->handle != NULL) shared_drop(mine->handle);
    mine->handle = NULL;
}

/* Collected, or the environment ends. */
static void held_finalize(napi_env env, void* data, void* hint) {
    (void)env;
    (void)hint;
    let_go(data);
    free(data);
}

napi_value hold(napi_env env, void* handle, const kind* of) {
    held* const mine = calloc(1, sizeof *mine);
    shared* const ours = calloc(1, sizeof *ours);
    napi_value external = NULL;
    if (mine == NULL || ours == NULL) {
        free(mine);
        free(ours);
        of->close(handle);
        return throw_memory(env);
    }
    *ours = (shared){.handle = handle, .of = of};
    atomic_init(&ours->users, 1);
    mine->handle = ours;
    if (napi_create_external(env, mine, held_finalize, NULL, &external) != napi_ok) {
        held_finalize(env, mine, NULL);
        return NULL;
    }
    return external;
}

held* held_of(napi_env env, napi_value value) {
    void* data = NULL;
    if (napi_get_value_external(env, value, &data) != napi_ok) {
        throw_type(env, "a samepage handle is wanted");
        return NULL;
    }
    return data;
}

void* handle_of(napi_env env, napi_value value) {
    const held* const mine = held_of(env, value);
    return mine == NULL || mine->handle == NULL ? NULL : mine->handle->handle;
}

/* For what isn't asked of the C API, which says it itself. */
shared* open_handle(napi_env env, napi_value value) {
    const held* const mine = held_of(env, value);
    if (mine != NULL && mine->handle == NULL) {
        const failure closed = {.status = samepage_e_closed};
        napi_throw(env, failure_error(env, &closed));
    }
    return mine == NULL ? NULL : mine->handle;
}

napi_value throw_other_class(napi_env env) {
    return throw_type(env, "this method is of another class than the object that it was called on");
}

/* close(handle) */
static napi_value close_it(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    held* const mine = held_of(env, given[0]);
    if (mine != NULL) let_go(mine);
    return NULL;
}

/* checkName(handle) */
static napi_value check_name(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const shared* const ours = open_handle(env, given[0]);
    if (ours == NULL) return NULL;
    if (ours->of->check_name == NULL) return throw_other_class(env);
    const samepage_status status = ours->of->check_name(ours->handle);
    return status == samepage_ok ? NULL : throw_status(env, status);
}

/* created(handle) */
static napi_value created(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const shared* const ours = open_handle(env, given[0]);
    int32_t is_created = 0;
    if (ours == NULL) return NULL;
    if (ours->of->created == NULL) return throw_other_class(env);
    const samepage_status status = ours->of->created(ours->handle, &is_created);
    return status == samepage_ok ? give_flag(env, is_created != 0) : throw_status(env, status);
}

static const function functions[] = {{"close", close_it}, {"checkName", check_name}, {"created", created}};

bool add_handles(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
