/* Subscribers: one reader's place in a channel. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_subscriber(void* handle) { samepage_subscriber_close(handle); }
static samepage_status next_sequence(void* handle, uint64_t* into) {
    return samepage_subscriber_next_sequence(handle, into);
}

static const kind subscriber_kind = {close_subscriber, NULL, NULL, NULL, NULL};

/* subscribe(channel, fromOldest, sequence, registered, timeout) */
static napi_value subscribe(napi_env env, napi_callback_info info) {
    TAKE(env, info, 5);
    bool from_oldest = false;
    bool is_registered = false;
    samepage_subscribe_options options = {.struct_size = sizeof options, .timeout_ns = SAMEPAGE_PATIENCE};
    samepage_subscriber* handle = NULL;
    if (!take_flag(env, given[1], &from_oldest) || !take_number(env, given[2], &options.sequence) ||
        !take_flag(env, given[3], &is_registered) || !take_timeout(env, given[4], &options.timeout_ns))
        return NULL;
    if (options.timeout_ns == 0) options.timeout_ns = 1;
    options.start = from_oldest ? samepage_oldest : samepage_newest;
    options.registered = is_registered;
    const samepage_status status = samepage_channel_subscribe(handle_of(env, given[0]), &options, &handle);
    return status == samepage_ok ? hold(env, handle, &subscriber_kind) : throw_status(env, status);
}

typedef struct receive_call {
    samepage_subscriber* subscriber;
    int64_t timeout_ns;
    uint64_t sequence;
    uint64_t missed;
} receive_call;

static samepage_status receive(void* call, void* into, size_t into_bytes, size_t* size_bytes) {
    receive_call* const mine = call;
    return samepage_subscriber_receive(mine->subscriber, into, into_bytes, mine->timeout_ns, size_bytes,
                                       &mine->sequence, &mine->missed);
}

/* receive(handle, timeout): a Buffer; undefined: there is none, and timeout is 0. numbers: sequence, missed. */
static napi_value subscriber_receive(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    receive_call call = {.subscriber = handle_of(env, given[0])};
    if (!take_timeout(env, given[1], &call.timeout_ns)) return NULL;
    samepage_status status = samepage_ok;
    const napi_value message = read_bytes(env, receive, &call, &status);
    if (status == samepage_e_timed_out && call.timeout_ns == 0) return NULL;
    if (status != samepage_ok) return throw_status(env, status);
    double* const numbers = instance_of(env)->numbers;
    numbers[number_version] = (double)call.sequence;
    numbers[number_missed] = (double)call.missed;
    return message;
}

/* nextSequence(handle) */
static napi_value subscriber_next_sequence(napi_env env, napi_callback_info info) {
    return ask_number(env, info, next_sequence);
}

static const function functions[] = {
    {"subscribe", subscribe}, {"receive", subscriber_receive}, {"nextSequence", subscriber_next_sequence}};

bool add_subscriber(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
