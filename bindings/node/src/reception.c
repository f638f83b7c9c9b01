/* The event loop's side of the addon: made with the environment, closed before it ends. */
/* SPDX-License-Identifier: MIT */
#include "reception.h"

#include <stdlib.h>

void reception_drop(reception* mine) {
    /* acq_rel: what each user did comes before the end. */
    if (atomic_fetch_sub_explicit(&mine->users, 1, memory_order_acq_rel) != 1) return;
    pthread_cond_destroy(&mine->came);
    pthread_mutex_destroy(&mine->mutex);
    free(mine);
}

void reception_opened(reception* mine) {
    mine->loop_handles++;
    atomic_fetch_add(&mine->users, 1);
}

void reception_closed(reception* mine) {
    /* The environment waits for the last of them. */
    if (--mine->loop_handles == 0 && mine->is_ending) napi_remove_async_cleanup_hook(mine->hook);
    reception_drop(mine);
}

static void async_closed(uv_handle_t* async) { reception_closed(async->data); }

static void rung(uv_async_t* async) {
    reception* const mine = async->data;
    if (mine->of != NULL) waits_finish(mine->of);
}

/* The environment ends: the thread's, or the process's. */
static void end(napi_async_cleanup_hook_handle hook, void* data) {
    (void)hook;
    reception* const mine = data;
    instance* const self = mine->of;
    mine->is_ending = true;
    bells_end(self);
    waits_end(self);
    mine->of = NULL;
    self->events = NULL;
    uv_close((uv_handle_t*)&mine->async, async_closed);
    reception_drop(mine);
}

bool reception_begin(instance* self) {
    uv_loop_t* loop = NULL;
    reception* const mine = calloc(1, sizeof *mine);
    if (mine == NULL || napi_get_uv_event_loop(self->env, &loop) != napi_ok ||
        uv_async_init(loop, &mine->async, rung) != 0) {
        free(mine);
        throw_memory(self->env);
        return false;
    }
    atomic_init(&mine->users, 1);
    mine->async.data = mine;
    mine->of = self;
    pthread_mutex_init(&mine->mutex, NULL);
    pthread_cond_init(&mine->came, NULL);
    reception_opened(mine);
    /* Only waits keep the process alive. */
    uv_unref((uv_handle_t*)&mine->async);
    self->events = mine;
    return napi_add_async_cleanup_hook(self->env, end, mine, &mine->hook) == napi_ok;
}

void call_back(napi_env env, napi_ref callback, size_t count, const napi_value* arguments) {
    napi_value called = NULL;
    napi_value receiver = NULL;
    napi_value thrown = NULL;
    bool is_pending = false;
    napi_get_reference_value(env, callback, &called);
    napi_get_global(env, &receiver);
    napi_make_callback(env, NULL, receiver, called, count, arguments, NULL);
    if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending &&
        napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
        napi_fatal_exception(env, thrown);
}
