/* Jobs that were taken from a queue. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_job(void* handle) { samepage_job_close(handle); }

static const kind job_kind = {close_job, NULL, NULL, NULL, NULL};

/* take(queue, timeout): a job's handle; undefined: none is ready, and timeout is 0 */
static napi_value take(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    int64_t timeout_ns = 0;
    samepage_job* job = NULL;
    if (!take_timeout(env, given[1], &timeout_ns)) return NULL;
    const samepage_status status = samepage_queue_take(handle_of(env, given[0]), timeout_ns, &job);
    if (status == samepage_e_empty) return NULL;
    return status == samepage_ok ? hold(env, job, &job_kind) : throw_status(env, status);
}

/* jobData(handle) */
static napi_value job_data(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    samepage_job* const job = handle_of(env, given[0]);
    size_t size_bytes = 0;
    const samepage_status status = samepage_job_size(job, &size_bytes);
    return status == samepage_ok ? give_bytes(env, samepage_job_data(job), size_bytes) : throw_status(env, status);
}

/* jobInfo(handle) */
static napi_value job_info(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    samepage_job* const job = handle_of(env, given[0]);
    uint64_t id = 0;
    uint64_t reply_bytes_max = 0;
    uint32_t deliveries = 0;
    int32_t is_call = 0;
    samepage_status status = samepage_job_id(job, &id);
    if (status == samepage_ok) status = samepage_job_deliveries(job, &deliveries);
    if (status == samepage_ok) status = samepage_job_is_call(job, &is_call, &reply_bytes_max);
    if (status != samepage_ok) return throw_status(env, status);
    const named_number numbers[] = {
        {"id", id}, {"deliveries", deliveries}, {"isCall", is_call != 0}, {"replyBytesMax", reply_bytes_max}};
    return give_numbers(env, numbers, sizeof numbers / sizeof numbers[0]);
}

/* jobAcknowledge(handle), jobGiveBack(handle) */
static napi_value job_acknowledge(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const samepage_status status = samepage_job_acknowledge(handle_of(env, given[0]));
    return status == samepage_ok ? NULL : throw_status(env, status);
}
static napi_value job_give_back(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const samepage_status status = samepage_job_give_back(handle_of(env, given[0]));
    return status == samepage_ok ? NULL : throw_status(env, status);
}

/* jobReply(handle, bytes) */
static napi_value job_reply(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bytes_in reply;
    if (!take_bytes(env, given[1], "reply", &reply)) return NULL;
    const samepage_status status = samepage_job_reply(handle_of(env, given[0]), reply.data, reply.size_bytes);
    drop_bytes(&reply);
    return status == samepage_ok ? NULL : throw_status(env, status);
}

/* jobFail(handle, why) */
static napi_value job_fail(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bytes_in why;
    if (!take_text(env, given[1], "why", &why)) return NULL;
    const samepage_status status = samepage_job_fail(handle_of(env, given[0]), why.data);
    drop_bytes(&why);
    return status == samepage_ok ? NULL : throw_status(env, status);
}

static const function functions[] = {
    {"take", take},          {"jobData", job_data},          {"jobInfo", job_info}, {"jobAcknowledge", job_acknowledge},
    {"jobReply", job_reply}, {"jobGiveBack", job_give_back}, {"jobFail", job_fail},
};

bool add_job(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
