/* Regions: bytes, which JavaScript sees where they lie. */
/* SPDX-License-Identifier: MIT */
/*
 * An ArrayBuffer is a view of its own, which keeps the bytes and not the name. It is unmapped when the ArrayBuffer is
 * collected, and not when it is detached: what runs in Node's threads meanwhile may still have its address.
 */
#include <stdlib.h>

#include "addon.h"

static void close_region(void* handle) { samepage_region_close(handle); }
static samepage_status check_name(void* handle) { return samepage_region_check_name(handle); }
static samepage_status created(void* handle, int32_t* into) { return samepage_region_created(handle, into); }
static samepage_status size(void* handle, uint64_t* into) { return samepage_region_size(handle, into); }

static const kind region_kind = {close_region, NULL, NULL, check_name, created};

/* regionOpen(how, place, timeout, readOnly, strategy, sizeBytes) */
static napi_value region_open(napi_env env, napi_callback_info info) {
    TAKE(env, info, OPENING_ARGUMENTS + 1);
    opening_call call;
    uint64_t size_bytes = 0;
    samepage_region* handle = NULL;
    samepage_status status = samepage_ok;
    if (!take_number(env, given[OPENING_ARGUMENTS], &size_bytes) || !take_opening(env, given, &call)) return NULL;
    const samepage_region_options options = {
        .struct_size = sizeof options, .access = call.access, .timeout_ns = call.timeout_ns};
    if (call.how == opening_open)
        status = samepage_region_open(call.place.data, &options, &handle);
    else if (call.how == opening_create_new)
        status = samepage_region_create_new(call.place.data, size_bytes, &options, &handle);
    else
        status = samepage_region_create(call.place.data, size_bytes, &options, &handle);
    return opened(env, &call, status, handle, &region_kind);
}

static void close_view(napi_env env, void* view, void* hint) {
    (void)env;
    (void)hint;
    samepage_view_close(view);
}

/* regionMap(handle, offset, sizeBytes): an ArrayBuffer of the bytes themselves; size 0 is up to the end */
static napi_value region_map(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    uint64_t offset_bytes = 0;
    uint64_t wanted_bytes = 0;
    size_t size_bytes = 0;
    samepage_view* view = NULL;
    napi_value buffer = NULL;
    if (!take_number(env, given[1], &offset_bytes) || !take_number(env, given[2], &wanted_bytes)) return NULL;
    samepage_status status = samepage_region_map(handle_of(env, given[0]), offset_bytes, (size_t)wanted_bytes, &view);
    if (status == samepage_ok) status = samepage_view_size(view, &size_bytes);
    if (status != samepage_ok) {
        const napi_value thrown = throw_status(env, status);
        samepage_view_close(view);
        return thrown;
    }
    if (napi_create_external_arraybuffer(env, samepage_view_data(view), size_bytes, NULL, NULL, &buffer) != napi_ok ||
        napi_add_finalizer(env, buffer, view, close_view, NULL, NULL) != napi_ok) {
        samepage_view_close(view);
        return NULL;
    }
    return buffer;
}

/* detach(buffer): it has no bytes any more */
static napi_value detach(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    napi_detach_arraybuffer(env, given[0]);
    return NULL;
}

/* regionRead(handle, offset, sizeBytes): a copy */
static napi_value region_read(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    samepage_region* const region = handle_of(env, given[0]);
    uint64_t offset_bytes = 0;
    uint64_t wanted_bytes = 0;
    uint64_t size_bytes = 0;
    if (!take_number(env, given[1], &offset_bytes) || !take_number(env, given[2], &wanted_bytes)) return NULL;
    const samepage_status status = samepage_region_size(region, &size_bytes);
    if (status != samepage_ok) return throw_status(env, status);
    if (offset_bytes > size_bytes || wanted_bytes > size_bytes - offset_bytes) {
        napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "there are not so many bytes in the region");
        return NULL;
    }
    return give_bytes(env, (const char*)samepage_region_data(region) + offset_bytes, (size_t)wanted_bytes);
}

/* regionWriteText(handle, text, offset) */
static napi_value region_write_text(napi_env env, napi_callback_info info) {
    TAKE(env, info, 3);
    bytes_in text;
    uint64_t offset_bytes = 0;
    if (!take_number(env, given[2], &offset_bytes) || !take_text(env, given[1], "text", &text)) return NULL;
    const samepage_status status = samepage_region_write_text(handle_of(env, given[0]), text.data, offset_bytes);
    drop_bytes(&text);
    return status == samepage_ok ? NULL : throw_status(env, status);
}

/* regionReadText(handle, offset): up to the first zero, or the end */
static napi_value region_read_text(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    samepage_region* const region = handle_of(env, given[0]);
    uint64_t offset_bytes = 0;
    uint64_t region_bytes = 0;
    size_t size_bytes = 0;
    napi_value text = NULL;
    if (!take_number(env, given[1], &offset_bytes)) return NULL;
    samepage_status status = samepage_region_size(region, &region_bytes);
    if (status != samepage_ok) return throw_status(env, status);
    const size_t room_bytes = offset_bytes < region_bytes ? (size_t)(region_bytes - offset_bytes) + 1 : 1;
    char* const room = malloc(room_bytes);
    if (room == NULL) return throw_memory(env);
    status = samepage_region_read_text(region, room, room_bytes, offset_bytes, &size_bytes);
    if (status == samepage_ok) napi_create_string_utf8(env, room, size_bytes, &text);
    free(room);
    return status == samepage_ok ? text : throw_status(env, status);
}

/* regionFlush(handle) */
static napi_value region_flush(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    const samepage_status status = samepage_region_flush(handle_of(env, given[0]));
    return status == samepage_ok ? NULL : throw_status(env, status);
}

/* regionSize(handle) */
static napi_value region_size(napi_env env, napi_callback_info info) { return ask_number(env, info, size); }

static const function functions[] = {
    {"regionOpen", region_open},
    {"regionMap", region_map},
    {"detach", detach},
    {"regionRead", region_read},
    {"regionFlush", region_flush},
    {"regionSize", region_size},
    {"regionWriteText", region_write_text},
    {"regionReadText", region_read_text},
};

bool add_region(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
