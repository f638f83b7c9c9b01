/* Waits that no descriptor tells the end of: a thread for each, cut in slices where it can be cut. */
/* SPDX-License-Identifier: MIT */
/*
 * The environment's thread begins a wait and lists it; the thread attempts, hands it in at the reception, and is gone;
 * the event loop then calls back and frees it. Who cancels it takes the callback away: what the act reaches
 * nevertheless is undone. When the environment ends, the threads of sliced acts are awaited, as they come soon; others
 * find the reception closed and free what they have themselves.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reception.h"

/* Less than the usual 8 MiB, as there may be many. */
#define STACK_BYTES ((size_t)1048576)

wait* wait_new(napi_env env, const act* does) {
    wait* const mine = calloc(1, sizeof *mine);
    if (mine == NULL) {
        throw_memory(env);
        return NULL;
    }
    mine->does = does;
    mine->timeout_ns = SAMEPAGE_FOREVER;
    atomic_init(&mine->is_cancelled, false);
    return mine;
}

void wait_free(wait* mine) {
    failure_drop(&mine->failed);
    free(mine->bytes);
    free(mine->reply);
    free(mine);
}

bool wait_take_bytes(napi_env env, wait* mine, napi_value from, const char* what) {
    bytes_in taken;
    bool is_kept = take_bytes(env, from, what, &taken);
    if (is_kept) {
        mine->bytes = malloc(taken.size_bytes + 1);
        mine->size_bytes = taken.size_bytes;
        if (mine->bytes != NULL) memcpy(mine->bytes, taken.data != NULL ? taken.data : "", taken.size_bytes);
        drop_bytes(&taken);
        is_kept = mine->bytes != NULL;
        if (!is_kept) throw_memory(env);
    }
    if (!is_kept) wait_free(mine);
    return is_kept;
}

napi_value give_wait_number(napi_env env, wait* mine) { return give_number(env, mine->number); }

/* ---- The thread ---- */

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static samepage_status attempt(wait* mine) {
    void* const handle = mine->handle->handle;
    if (!mine->does->is_sliced) return mine->does->attempt(handle, mine, mine->timeout_ns);
    const bool is_endless = mine->timeout_ns < 0 || mine->timeout_ns > INT64_MAX - now_ns();
    const int64_t end_ns = is_endless ? INT64_MAX : now_ns() + mine->timeout_ns;
    for (;;) {
        const int64_t left_ns = end_ns - now_ns();
        const bool is_last = left_ns <= SLICE_NS;
        const int64_t slice_ns = !is_last ? SLICE_NS : left_ns > 0 ? left_ns : 0;
        const samepage_status status = mine->does->attempt(handle, mine, slice_ns);
        const bool is_late = status == samepage_e_timed_out;
        if (!is_late || is_last || atomic_load(&mine->is_cancelled)) return status;
    }
}

/* It isn't wanted any more. */
static void waste(wait* mine) {
    if (mine->failed.status == samepage_ok && mine->does->undo != NULL) mine->does->undo(mine->handle->handle, mine);
    shared_drop(mine->handle);
    wait_free(mine);
}

static void* run(void* data) {
    wait* const mine = data;
    reception* const events = mine->events;
    const samepage_status status = attempt(mine);
    if (status != samepage_ok) mine->failed = failure_of(status);
    pthread_mutex_lock(&events->mutex);
    const bool is_too_late = events->is_closed;
    if (mine->does->is_sliced) events->sliced_running--;
    if (!is_too_late) {
        mine->done_next = events->done;
        events->done = mine;
        uv_async_send(&events->async);
    }
    pthread_cond_signal(&events->came);
    pthread_mutex_unlock(&events->mutex);
    if (is_too_late) waste(mine);
    reception_drop(events);
    return NULL;
}

static bool start_thread(wait* mine) {
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    const int failed = pthread_create(&thread, &attributes, run, mine);
    pthread_attr_destroy(&attributes);
    return failed == 0;
}

/* ---- The environment's thread ---- */

static void count_waiting(reception* events, int more) {
    events->waiting += (unsigned)more;
    if (events->waiting > 0)
        uv_ref((uv_handle_t*)&events->async);
    else
        uv_unref((uv_handle_t*)&events->async);
}

static void list(instance* self, wait* mine) {
    mine->next = self->waits;
    if (mine->next != NULL) mine->next->previous = mine;
    self->waits = mine;
}

static void unlist(instance* self, wait* mine) {
    if (mine->previous != NULL)
        mine->previous->next = mine->next;
    else
        self->waits = mine->next;
    if (mine->next != NULL) mine->next->previous = mine->previous;
}

/* It doesn't keep the process alive any more. */
static void cancel(napi_env env, wait* mine) {
    atomic_store(&mine->is_cancelled, true);
    if (mine->callback == NULL) return;
    napi_delete_reference(env, mine->callback);
    mine->callback = NULL;
    count_waiting(mine->events, -1);
}

napi_value wait_begin(napi_env env, wait* mine, napi_value handle, napi_value timeout, napi_value callback) {
    instance* const self = instance_of(env);
    shared* const on = open_handle(env, handle);
    if (on == NULL || self->events == NULL || !take_timeout(env, timeout, &mine->timeout_ns) ||
        napi_create_reference(env, callback, 1, &mine->callback) != napi_ok) {
        wait_free(mine);
        return NULL;
    }
    mine->handle = on;
    mine->events = self->events;
    mine->ticket = ++self->tickets;
    atomic_fetch_add(&mine->handle->users, 1);
    atomic_fetch_add(&mine->events->users, 1);
    count_waiting(mine->events, 1);
    list(self, mine);
    if (mine->does->is_sliced) {
        pthread_mutex_lock(&mine->events->mutex);
        mine->events->sliced_running++;
        pthread_mutex_unlock(&mine->events->mutex);
    }
    const napi_value ticket = give_number(env, mine->ticket);
    if (start_thread(mine)) return ticket;

    pthread_mutex_lock(&mine->events->mutex);
    if (mine->does->is_sliced) mine->events->sliced_running--;
    pthread_mutex_unlock(&mine->events->mutex);
    unlist(self, mine);
    cancel(env, mine);
    reception_drop(mine->events);
    shared_drop(mine->handle);
    wait_free(mine);
    napi_throw_error(env, "ERR_SAMEPAGE_THREAD", "no thread could be started to wait in");
    return NULL;
}

static void finish(instance* self, wait* mine) {
    const napi_env env = self->env;
    unlist(self, mine);
    if (mine->callback == NULL) {
        waste(mine);
        return;
    }
    napi_handle_scope scope = NULL;
    napi_open_handle_scope(env, &scope);
    napi_value arguments[2];
    napi_get_undefined(env, &arguments[0]);
    arguments[1] = arguments[0];
    if (mine->failed.status != samepage_ok)
        arguments[0] = failure_error(env, &mine->failed);
    else if (mine->does->result != NULL)
        arguments[1] = mine->does->result(env, mine);
    const napi_ref callback = mine->callback;
    mine->callback = NULL;
    count_waiting(mine->events, -1);
    shared_drop(mine->handle);
    wait_free(mine);
    call_back(env, callback, 2, arguments);
    napi_delete_reference(env, callback);
    napi_close_handle_scope(env, scope);
}

static wait* take_done(reception* events) {
    pthread_mutex_lock(&events->mutex);
    wait* const done = events->done;
    events->done = NULL;
    pthread_mutex_unlock(&events->mutex);
    return done;
}

/* Newest first: who waits for the same thing doesn't mind, and has no order to rely on. */
void waits_finish(instance* self) {
    for (wait* mine = take_done(self->events); mine != NULL;) {
        wait* const next = mine->done_next;
        finish(self, mine);
        mine = next;
    }
}

void waits_end(instance* self) {
    reception* const events = self->events;
    for (wait* mine = self->waits; mine != NULL; mine = mine->next) cancel(self->env, mine);
    self->waits = NULL;
    pthread_mutex_lock(&events->mutex);
    while (events->sliced_running > 0) pthread_cond_wait(&events->came, &events->mutex);
    events->is_closed = true;
    pthread_mutex_unlock(&events->mutex);
    for (wait* mine = take_done(events); mine != NULL;) {
        wait* const next = mine->done_next;
        waste(mine);
        mine = next;
    }
}

/* cancel(ticket): isn't called back any more. */
static napi_value cancel_it(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    uint64_t ticket = 0;
    if (!take_number(env, given[0], &ticket)) return NULL;
    wait* mine = instance_of(env)->waits;
    while (mine != NULL && mine->ticket != ticket) mine = mine->next;
    if (mine != NULL) cancel(env, mine);
    return NULL;
}

static const function functions[] = {{"cancel", cancel_it}};

bool add_waits(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
