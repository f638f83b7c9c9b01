/* Channels: a stream of messages that every subscriber sees. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_channel(void* handle) { samepage_channel_close(handle); }
static samepage_status descriptor(void* handle, intptr_t* into) { return samepage_channel_descriptor(handle, into); }
static samepage_status arm(void* handle) { return samepage_channel_arm(handle); }
static samepage_status check_name(void* handle) { return samepage_channel_check_name(handle); }
static samepage_status created(void* handle, int32_t* into) { return samepage_channel_created(handle, into); }
static samepage_status capacity(void* handle, uint64_t* into) { return samepage_channel_capacity(handle, into); }

static const kind channel_kind = {close_channel, descriptor, arm, check_name, created};

/* channelOpen(how, place, timeout, readOnly, strategy, capacityBytes, loans, soleWriter) */
static napi_value channel_open(napi_env env, napi_callback_info info) {
    TAKE(env, info, OPENING_ARGUMENTS + 3);
    opening_call call;
    samepage_channel_options options = {.struct_size = sizeof options};
    samepage_channel* handle = NULL;
    bool is_sole = false;
    if (!take_number(env, given[OPENING_ARGUMENTS], &options.capacity_bytes) ||
        napi_get_value_int32(env, given[OPENING_ARGUMENTS + 1], &options.loans) != napi_ok ||
        !take_flag(env, given[OPENING_ARGUMENTS + 2], &is_sole) || !take_opening(env, given, &call))
        return NULL;
    options.sole_writer = is_sole;
    options.access = call.access;
    options.strategy = call.strategy;
    options.timeout_ns = call.timeout_ns;
    const samepage_status status = OPEN(channel, call, &options, &handle);
    return opened(env, &call, status, handle, &channel_kind);
}

/* channelSend(handle, message, timeout): the sequence */
static napi_value channel_send(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    bytes_in message;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    uint64_t sequence = 0;
    if (!take_timeout(env, given[2], &timeout_ns) || !take_bytes(env, given[1], "message", &message)) return NULL;
    const samepage_status status =
        samepage_channel_send(handle_of(env, given[0]), message.data, message.size_bytes, timeout_ns, &sequence);
    drop_bytes(&message);
    return status == samepage_ok ? give_number(env, sequence) : throw_status(env, status);
}

static samepage_status attempt(void* handle, wait* call, int64_t timeout_ns) {
    return samepage_channel_send(handle, call->bytes, call->size_bytes, timeout_ns, &call->number);
}

static const act sending = {attempt, give_wait_number, NULL, true};

/* channelSendWaiting(handle, message, timeout, callback): a ticket; the callback gets the sequence */
static napi_value channel_send_waiting(napi_env env, napi_callback_info info) {
    TAKE(env, info, 4);
    wait* const call = wait_new(env, &sending);
    if (call == NULL || !wait_take_bytes(env, call, given[1], "message")) return NULL;
    return wait_begin(env, call, given[0], given[2], given[3]);
}

/* channelCapacity(handle) */
static napi_value channel_capacity(napi_env env, napi_callback_info info) { return ask_number(env, info, capacity); }

/* channelInfo(handle) */
static napi_value channel_info(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    samepage_channel_info seen = {.struct_size = sizeof seen};
    const samepage_status status = samepage_channel_info_get(handle_of(env, given[0]), &seen);
    if (status != samepage_ok) return throw_status(env, status);
    const named_number numbers[] = {{"nextSequence", seen.next_sequence},
                                    {"oldestSequence", seen.oldest_sequence},
                                    {"capacityBytes", seen.capacity_bytes},
                                    {"ringBytes", seen.ring_bytes},
                                    {"loans", seen.loans},
                                    {"loansOut", seen.loans_out},
                                    {"registered", seen.registered},
                                    {"waiters", seen.waiters},
                                    {"senderProcess", seen.sender_process},
                                    {"sleeps", seen.sleeps},
                                    {"soleWriterProcess", seen.sole_writer_process}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

static const function functions[] = {
    {"channelOpen", channel_open},         {"channelSend", channel_send}, {"channelSendWaiting", channel_send_waiting},
    {"channelCapacity", channel_capacity}, {"channelInfo", channel_info},
};

bool add_channel(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
