/* Queues: jobs, each handled by exactly one worker. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "addon.h"

static void close_queue(void* handle) { samepage_queue_close(handle); }
static samepage_status descriptor(void* handle, intptr_t* into) { return samepage_queue_descriptor(handle, into); }
static samepage_status arm(void* handle) { return samepage_queue_arm(handle); }
static samepage_status check_name(void* handle) { return samepage_queue_check_name(handle); }
static samepage_status created(void* handle, int32_t* into) { return samepage_queue_created(handle, into); }
static samepage_status capacity(void* handle, uint64_t* into) { return samepage_queue_capacity(handle, into); }

static const kind queue_kind = {close_queue, descriptor, arm, check_name, created};

/* queueOpen(how, place, timeout, readOnly, strategy, capacityBytes) */
static napi_value queue_open(napi_env env, napi_callback_info info) {
    TAKE(env, info, OPENING_ARGUMENTS + 1);
    opening_call call;
    samepage_queue_options options = {.struct_size = sizeof options};
    samepage_queue* handle = NULL;
    if (!take_number(env, given[OPENING_ARGUMENTS], &options.capacity_bytes) || !take_opening(env, given, &call))
        return NULL;
    options.strategy = call.strategy;
    options.timeout_ns = call.timeout_ns;
    const samepage_status status = OPEN(queue, call, &options, &handle);
    return opened(env, &call, status, handle, &queue_kind);
}

/* queuePush(handle, job, timeout): its id */
static napi_value queue_push(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    bytes_in job;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    uint64_t id = 0;
    if (!take_timeout(env, given[2], &timeout_ns) || !take_bytes(env, given[1], "job", &job)) return NULL;
    const samepage_status status =
        samepage_queue_push(handle_of(env, given[0]), job.data, job.size_bytes, timeout_ns, &id);
    drop_bytes(&job);
    return status == samepage_ok ? give_number(env, id) : throw_status(env, status);
}

static samepage_status attempt_push(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_queue_push(handle, call->bytes, call->size_bytes, timeout_ns, &call->number);
}

static const act pushing = {attempt_push, give_wait_number, NULL, true};

/* queuePushWaiting(handle, job, timeout, callback): a ticket; the callback gets the id */
static napi_value queue_push_waiting(napi_env env, napi_callback_info info) {
    TAKE(env, info, 4);
    wait* const call = wait_new(env, &pushing);
    if (call == NULL || !wait_take_bytes(env, call, given[1], "job")) return NULL;
    return wait_begin(env, call, given[0], given[2], given[3]);
}

static samepage_status attempt_call(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_queue_call(handle, call->bytes, call->size_bytes, timeout_ns, call->reply, call->reply_bytes_max,
                               &call->reply_bytes);
}

static napi_value reply_of(napi_env env, wait* call) { return give_bytes(env, call->reply, call->reply_bytes); }

/* A call that times out is withdrawn: it can't be cut in slices. */
static const act calling = {attempt_call, reply_of, NULL, false};

/* queueCall(handle, job, replyBytesMax, timeout, callback): a ticket; the callback gets the reply */
static napi_value queue_call(napi_env env, napi_callback_info info) {
    TAKE(env, info, 5);
    uint64_t reply_bytes_max = SMALL_BYTES;
    if (!take_number(env, given[2], &reply_bytes_max)) return NULL;
    wait* const call = wait_new(env, &calling);
    if (call == NULL || !wait_take_bytes(env, call, given[1], "job")) return NULL;
    call->reply_bytes_max = (size_t)reply_bytes_max;
    call->reply = reply_bytes_max < SIZE_MAX ? malloc(call->reply_bytes_max + 1) : NULL;
    if (call->reply == NULL) {
        wait_free(call);
        return throw_memory(env);
    }
    return wait_begin(env, call, given[0], given[3], given[4]);
}

/* queueCapacity(handle) */
static napi_value queue_capacity(napi_env env, napi_callback_info info) { return ask_number(env, info, capacity); }

/* queueInfo(handle) */
static napi_value queue_info(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    samepage_queue_info seen = {.struct_size = sizeof seen};
    const samepage_status status = samepage_queue_info_get(handle_of(env, given[0]), &seen);
    if (status != samepage_ok) return throw_status(env, status);
    const named_number numbers[] = {{"capacityBytes", seen.capacity_bytes},
                                    {"usedBytes", seen.used_bytes},
                                    {"jobsReady", seen.jobs_ready},
                                    {"jobsTaken", seen.jobs_taken},
                                    {"repliesReady", seen.replies_ready},
                                    {"nextId", seen.next_id},
                                    {"oldestTaken", seen.oldest_taken},
                                    {"oldestProcess", seen.oldest_process},
                                    {"oldestDeliveries", seen.oldest_deliveries},
                                    {"takersWaiting", seen.takers_waiting},
                                    {"pushersWaiting", seen.pushers_waiting}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

static const function functions[] = {
    {"queueOpen", queue_open}, {"queuePush", queue_push},         {"queuePushWaiting", queue_push_waiting},
    {"queueCall", queue_call}, {"queueCapacity", queue_capacity}, {"queueInfo", queue_info},
};

bool add_queue(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
