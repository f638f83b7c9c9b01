/* Arrays of numbers that say their own type and shape. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static void close_ndarray(void* handle) { samepage_ndarray_close(handle); }
static samepage_status check_name(void* handle) { return samepage_ndarray_check_name(handle); }
static samepage_status created(void* handle, int32_t* into) { return samepage_ndarray_created(handle, into); }
static samepage_status size(void* handle, uint64_t* into) { return samepage_ndarray_size(handle, into); }
static samepage_status version(void* handle, uint64_t* into) { return samepage_ndarray_version(handle, into); }

static const kind ndarray_kind = {close_ndarray, NULL, NULL, check_name, created};

/* The dimensions of a JavaScript array; false with an exception. */
static bool take_shape(napi_env env, napi_value from, uint64_t* shape, uint32_t* dimensions) {
    bool is_array = false;
    if (napi_is_array(env, from, &is_array) != napi_ok || !is_array ||
        napi_get_array_length(env, from, dimensions) != napi_ok || *dimensions > SAMEPAGE_NDARRAY_DIMENSIONS_MAX) {
        throw_type(env, "shape must be an array of at most 32 numbers");
        return false;
    }
    for (uint32_t i = 0; i < *dimensions; i++) {
        napi_value one = NULL;
        shape[i] = 0;
        if (napi_get_element(env, from, i, &one) != napi_ok || !take_number(env, one, &shape[i])) return false;
    }
    return true;
}

/* ndarrayOpen(how, place, timeout, readOnly, strategy, dtype, shape) */
static napi_value ndarray_open(napi_env env, napi_callback_info info) {
    TAKE(env, info, OPENING_ARGUMENTS + 2);
    opening_call call;
    bytes_in dtype = {.data = NULL};
    uint64_t shape[SAMEPAGE_NDARRAY_DIMENSIONS_MAX];
    uint32_t dimensions = 0;
    samepage_ndarray* handle = NULL;
    samepage_status status = samepage_ok;
    if (!take_opening(env, given, &call)) return NULL;
    if (call.how != opening_open && (!take_shape(env, given[OPENING_ARGUMENTS + 1], shape, &dimensions) ||
                                     !take_text(env, given[OPENING_ARGUMENTS], "dtype", &dtype))) {
        drop_bytes(&call.place);
        return NULL;
    }
    const samepage_ndarray_options options = {
        .struct_size = sizeof options, .access = call.access, .timeout_ns = call.timeout_ns};
    if (call.how == opening_open)
        status = samepage_ndarray_open(call.place.data, &options, &handle);
    else if (call.how == opening_create_new)
        status = samepage_ndarray_create_new(call.place.data, dtype.data, shape, dimensions, &options, &handle);
    else
        status = samepage_ndarray_create(call.place.data, dtype.data, shape, dimensions, &options, &handle);
    drop_bytes(&dtype);
    return opened(env, &call, status, handle, &ndarray_kind);
}

/* ndarrayDtype(handle): undefined when it is closed */
static napi_value ndarray_dtype(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const char* const dtype = samepage_ndarray_dtype(handle_of(env, given[0]));
    return dtype == NULL ? NULL : give_text(env, dtype);
}

/* ndarrayShape(handle, shape, strides): fills both arrays */
static napi_value ndarray_shape(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    uint64_t shape[SAMEPAGE_NDARRAY_DIMENSIONS_MAX];
    uint64_t strides[SAMEPAGE_NDARRAY_DIMENSIONS_MAX];
    size_t dimensions = 0;
    const samepage_status status =
        samepage_ndarray_shape(handle_of(env, given[0]), shape, strides, SAMEPAGE_NDARRAY_DIMENSIONS_MAX, &dimensions);
    if (status != samepage_ok) return throw_status(env, status);
    for (uint32_t i = 0; i < dimensions; i++) {
        napi_set_element(env, given[1], i, give_number(env, shape[i]));
        napi_set_element(env, given[2], i, give_number(env, strides[i]));
    }
    return NULL;
}

/* ndarrayBegin(handle, timeout): whether it was torn */
static napi_value ndarray_begin(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    int32_t was_torn = 0;
    if (!take_timeout(env, given[1], &timeout_ns)) return NULL;
    const samepage_status status = samepage_ndarray_begin_writing(handle_of(env, given[0]), timeout_ns, &was_torn);
    return status == samepage_ok ? give_flag(env, was_torn != 0) : throw_status(env, status);
}

/* ndarrayEnd(handle, whole): the version */
static napi_value ndarray_end(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bool is_whole = false;
    uint64_t now = 0;
    if (!take_flag(env, given[1], &is_whole)) return NULL;
    const samepage_status status = samepage_ndarray_end_writing(handle_of(env, given[0]), is_whole, &now);
    return status == samepage_ok ? give_number(env, now) : throw_status(env, status);
}

/* ndarrayCopy(handle, into, timeout): fills the ArrayBuffer; the version */
static napi_value ndarray_copy(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    void* into = NULL;
    size_t into_bytes = 0;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    uint64_t seen = 0;
    if (!take_timeout(env, given[2], &timeout_ns)) return NULL;
    if (napi_get_arraybuffer_info(env, given[1], &into, &into_bytes) != napi_ok)
        return throw_type(env, "into must be an ArrayBuffer");
    const samepage_status status =
        samepage_ndarray_copy(handle_of(env, given[0]), into, into_bytes, timeout_ns, NULL, &seen);
    return status == samepage_ok ? give_number(env, seen) : throw_status(env, status);
}

/* ndarraySize(handle), ndarrayVersion(handle) */
static napi_value ndarray_size(napi_env env, napi_callback_info info) { return ask_number(env, info, size); }
static napi_value ndarray_version(napi_env env, napi_callback_info info) { return ask_number(env, info, version); }

static const function functions[] = {
    {"ndarrayOpen", ndarray_open},   {"ndarrayDtype", ndarray_dtype},     {"ndarrayShape", ndarray_shape},
    {"ndarrayBegin", ndarray_begin}, {"ndarrayEnd", ndarray_end},         {"ndarrayCopy", ndarray_copy},
    {"ndarraySize", ndarray_size},   {"ndarrayVersion", ndarray_version},
};

bool add_ndarray(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
