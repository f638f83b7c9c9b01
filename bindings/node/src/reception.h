/* Where threads hand in what they have done, and what of the event loop must be closed before its environment ends. */
/* SPDX-License-Identifier: MIT */
/*
 * A reception belongs to the environment, to each running thread, and to the event loop, which has handles of libuv in
 * it; whoever drops it last frees it. The mutex guards what stands under it.
 */
#ifndef SAMEPAGE_NODE_RECEPTION_H
#define SAMEPAGE_NODE_RECEPTION_H

#include <pthread.h>
#include <uv.h>

#include "addon.h"

struct reception {
    atomic_uint users;
    uv_async_t async; /* rings when something is done */

    /* The environment's thread alone. */
    instance* of; /* NULL once the environment ends */
    napi_async_cleanup_hook_handle hook;
    unsigned loop_handles; /* open ones */
    bool is_ending;
    unsigned waiting; /* waits that keep the process alive */

    pthread_mutex_t mutex;
    pthread_cond_t came;
    wait* done;              /* newest first */
    unsigned sliced_running; /* threads that come soon when they are cancelled */
    bool is_closed;          /* nothing is taken in any more */
};

#endif
