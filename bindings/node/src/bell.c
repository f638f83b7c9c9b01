/* Bells: a callback in the event loop whenever the descriptor of a handle is readable. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "reception.h"

struct bell {
    uv_poll_t poll;
    instance* owner;
    held* of;
    napi_ref callback; /* strong while it rings: so a handle for which nobody waits is collected */
    bool is_ringing;
    reception* events;
    bell *next, *previous;
};

static void poll_closed(uv_handle_t* poll) {
    bell* const mine = poll->data;
    reception_closed(mine->events);
    free(mine);
}

/* Polling ends before this returns: then the descriptor may be closed. */
void bell_close(bell* mine) {
    if (mine == NULL) return;
    uv_poll_stop(&mine->poll);
    mine->of->rings = NULL;
    if (mine->previous != NULL)
        mine->previous->next = mine->next;
    else
        mine->owner->bells = mine->next;
    if (mine->next != NULL) mine->next->previous = mine->previous;
    napi_delete_reference(mine->owner->env, mine->callback);
    uv_close((uv_handle_t*)&mine->poll, poll_closed);
}

void bells_end(instance* self) {
    while (self->bells != NULL) bell_close(self->bells);
}

static void rung(uv_poll_t* poll, int status, int events) {
    (void)status;
    (void)events;
    const bell* const mine = poll->data;
    const napi_env env = mine->owner->env;
    napi_handle_scope scope = NULL;
    if (napi_open_handle_scope(env, &scope) != napi_ok) return;
    call_back(env, mine->callback, 0, NULL);
    napi_close_handle_scope(env, scope);
}

static bell* bell_new(napi_env env, held* of, int descriptor, napi_value callback) {
    instance* const self = instance_of(env);
    uv_loop_t* loop = NULL;
    bell* const mine = self->events != NULL ? calloc(1, sizeof *mine) : NULL;
    if (mine == NULL || napi_get_uv_event_loop(env, &loop) != napi_ok ||
        uv_poll_init(loop, &mine->poll, descriptor) != 0) {
        free(mine);
        throw_memory(env);
        return NULL;
    }
    mine->poll.data = mine;
    mine->owner = self;
    mine->of = of;
    mine->events = self->events;
    mine->next = self->bells;
    if (mine->next != NULL) mine->next->previous = mine;
    self->bells = mine;
    of->rings = mine;
    reception_opened(mine->events);
    napi_create_reference(env, callback, 0, &mine->callback);
    return mine;
}

/* listen(handle, callback): whether it has a descriptor here; it doesn't call back yet. */
static napi_value listen_to(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    held* const mine = held_of(env, given[0]);
    if (open_handle(env, given[0]) == NULL) return NULL;
    if (mine->rings != NULL) return give_flag(env, true);
    if (mine->handle->of->descriptor == NULL) return give_flag(env, false);
    intptr_t descriptor = -1;
    const samepage_status status = mine->handle->of->descriptor(mine->handle->handle, &descriptor);
    if (status == samepage_e_not_supported || status == samepage_e_full || status == samepage_e_denied)
        return give_flag(env, false);
    if (status != samepage_ok) return throw_status(env, status);
    return bell_new(env, mine, (int)descriptor, given[1]) != NULL ? give_flag(env, true) : NULL;
}

/* ring(handle, whether): calls back from now on, and keeps the process alive; or doesn't any more. */
static napi_value ring(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    const held* const of = held_of(env, given[0]);
    bool is_wanted = false;
    if (of == NULL || !take_flag(env, given[1], &is_wanted) || of->rings == NULL) return NULL;
    bell* const mine = of->rings;
    if (mine->is_ringing == is_wanted) return NULL;
    mine->is_ringing = is_wanted;
    if (is_wanted) {
        napi_reference_ref(env, mine->callback, NULL);
        uv_poll_start(&mine->poll, UV_READABLE, rung);
    } else {
        uv_poll_stop(&mine->poll);
        napi_reference_unref(env, mine->callback, NULL);
    }
    return NULL;
}

/* arm(handle): what comes after it rings. To be called before one looks. */
static napi_value arm(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const shared* const ours = open_handle(env, given[0]);
    if (ours == NULL) return NULL;
    if (ours->of->arm == NULL) return throw_other_class(env);
    const samepage_status status = ours->of->arm(ours->handle);
    return status == samepage_ok ? NULL : throw_status(env, status);
}

static const function functions[] = {{"listen", listen_to}, {"ring", ring}, {"arm", arm}};

bool add_bells(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
