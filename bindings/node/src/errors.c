/* Errors: what is known of a failure, and how JavaScript gets to know it. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

static char* copy_of(const char* text) {
    const size_t size_bytes = strlen(text) + 1;
    char* const copy = malloc(size_bytes);
    if (copy != NULL) memcpy(copy, text, size_bytes);
    return copy;
}

failure failure_of(samepage_status status) {
    failure seen = {.status = status};
    if (status == samepage_error_status()) {
        seen.system_code = samepage_error_system_code();
        seen.message = copy_of(samepage_error_message());
        seen.operation = copy_of(samepage_error_operation());
        seen.detail = copy_of(samepage_error_detail());
    }
    return seen;
}

void failure_drop(failure* mine) {
    free(mine->message);
    free(mine->operation);
    free(mine->detail);
    *mine = (failure){.status = samepage_ok};
}

static napi_value text_or(napi_env env, const char* text, const char* otherwise) {
    return give_text(env, text != NULL ? text : otherwise);
}

napi_value failure_error(napi_env env, const failure* from) {
    const instance* const self = instance_of(env);
    napi_value maker = NULL;
    napi_value error = NULL;
    napi_value undefined = NULL;
    napi_get_undefined(env, &undefined);
    if (self->error_maker == NULL || napi_get_reference_value(env, self->error_maker, &maker) != napi_ok) return NULL;
    napi_value number = NULL;
    napi_value system_code = NULL;
    napi_create_int32(env, from->status, &number);
    napi_create_int32(env, from->system_code, &system_code);
    const napi_value arguments[] = {number,
                                    give_text(env, samepage_status_name(from->status)),
                                    text_or(env, from->message, samepage_status_text(from->status)),
                                    text_or(env, from->operation, ""),
                                    text_or(env, from->detail, ""),
                                    system_code};
    if (napi_call_function(env, undefined, maker, 6, arguments, &error) != napi_ok) return NULL;
    return error;
}

napi_value throw_status(napi_env env, samepage_status status) {
    failure seen = failure_of(status);
    const napi_value error = failure_error(env, &seen);
    failure_drop(&seen);
    if (error != NULL) napi_throw(env, error);
    return NULL;
}

napi_value throw_type(napi_env env, const char* text) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", text);
    return NULL;
}

napi_value throw_memory(napi_env env) {
    napi_throw_error(env, "ERR_MEMORY_ALLOCATION_FAILED", "out of memory");
    return NULL;
}

/* setErrorMaker(function of number, name, message, operation, detail, systemCode) */
static napi_value set_error_maker(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    napi_create_reference(env, given[0], 1, &instance_of(env)->error_maker);
    return NULL;
}

/* lastError(status): of this thread's last call, which gave that. */
static napi_value last_error(napi_env env, napi_callback_info info) {
    (void)info;
    failure seen = failure_of(samepage_error_status());
    const napi_value error = failure_error(env, &seen);
    failure_drop(&seen);
    return error;
}

static const function functions[] = {{"setErrorMaker", set_error_maker}, {"lastError", last_error}};

bool add_errors(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
