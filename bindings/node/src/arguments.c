/* Arguments that JavaScript gives, and results that it gets. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

/* ---- Arguments ---- */

static bool take_string(napi_env env, napi_value from, bytes_in* into) {
    size_t size_bytes = 0;
    if (napi_get_value_string_utf8(env, from, into->small, sizeof into->small, &size_bytes) != napi_ok) return false;
    into->data = into->small;
    into->size_bytes = size_bytes;
    /* A text that was cut lacks at most the 4 bytes of a character, and has a zero. */
    if (size_bytes + 5 <= sizeof into->small) return true;
    if (napi_get_value_string_utf8(env, from, NULL, 0, &size_bytes) != napi_ok) return false;
    into->owned = malloc(size_bytes + 1);
    if (into->owned == NULL) {
        throw_memory(env);
        return false;
    }
    into->data = into->owned;
    return napi_get_value_string_utf8(env, from, into->owned, size_bytes + 1, &into->size_bytes) == napi_ok;
}

static size_t element_bytes(napi_typedarray_type type) {
    switch (type) {
        case napi_int16_array:
        case napi_uint16_array: return 2;
        case napi_int32_array:
        case napi_uint32_array:
        case napi_float32_array: return 4;
        case napi_float64_array:
        case napi_bigint64_array:
        case napi_biguint64_array: return 8;
        default: return 1;
    }
}

/* false: it has no buffer. */
static bool take_buffer(napi_env env, napi_value from, bytes_in* into) {
    bool is_it = false;
    void* data = NULL;
    size_t size = 0;
    if (napi_is_typedarray(env, from, &is_it) == napi_ok && is_it) {
        napi_typedarray_type type = napi_uint8_array;
        if (napi_get_typedarray_info(env, from, &type, &size, &data, NULL, NULL) != napi_ok) return false;
        size *= element_bytes(type);
    } else if (napi_is_dataview(env, from, &is_it) == napi_ok && is_it) {
        if (napi_get_dataview_info(env, from, &size, &data, NULL, NULL) != napi_ok) return false;
    } else if (napi_is_arraybuffer(env, from, &is_it) == napi_ok && is_it) {
        if (napi_get_arraybuffer_info(env, from, &data, &size) != napi_ok) return false;
    } else {
        return false;
    }
    into->data = data;
    into->size_bytes = size;
    return true;
}

bool take_bytes(napi_env env, napi_value from, const char* what, bytes_in* into) {
    napi_valuetype type = napi_undefined;
    into->owned = NULL;
    napi_typeof(env, from, &type);
    if (type == napi_string) return take_string(env, from, into);
    if (type == napi_object && take_buffer(env, from, into)) return true;
    char text[128];
    snprintf(text, sizeof text, "%s must be a string, a Buffer, a TypedArray, a DataView or an ArrayBuffer", what);
    throw_type(env, text);
    return false;
}

void drop_bytes(bytes_in* mine) { free(mine->owned); }

bool take_text(napi_env env, napi_value from, const char* what, bytes_in* into) {
    napi_valuetype type = napi_undefined;
    char text[64];
    into->owned = NULL;
    napi_typeof(env, from, &type);
    if (type == napi_string && !take_string(env, from, into)) return false;
    if (type == napi_string && strlen(into->data) == into->size_bytes) return true;
    drop_bytes(into);
    snprintf(text, sizeof text, "%s must be a string without a zero in it", what);
    throw_type(env, text);
    return false;
}

bool take_timeout(napi_env env, napi_value from, int64_t* timeout_ns) {
    napi_valuetype type = napi_undefined;
    double milliseconds = 0;
    napi_typeof(env, from, &type);
    if (type == napi_undefined) return true;
    if (napi_get_value_double(env, from, &milliseconds) != napi_ok || isnan(milliseconds) || milliseconds < 0) {
        throw_type(env, "timeout must be milliseconds: a number from 0 to Infinity");
        return false;
    }
    /* Longer than a century is for ever. */
    *timeout_ns = milliseconds > 3e12 ? SAMEPAGE_FOREVER : (int64_t)ceil(milliseconds * 1e6);
    return true;
}

bool take_number(napi_env env, napi_value from, uint64_t* number) {
    napi_valuetype type = napi_undefined;
    double value = 0;
    napi_typeof(env, from, &type);
    if (type == napi_undefined) return true;
    if (napi_get_value_double(env, from, &value) == napi_ok && value >= 0 && value <= 9007199254740992.0 &&
        value == floor(value)) {
        *number = (uint64_t)value;
        return true;
    }
    throw_type(env, "a size, version or sequence must be a whole number from 0 to 2**53");
    return false;
}

bool take_flag(napi_env env, napi_value from, bool* flag) {
    napi_value as_flag = NULL;
    return napi_coerce_to_bool(env, from, &as_flag) == napi_ok && napi_get_value_bool(env, as_flag, flag) == napi_ok;
}

bool take_opening(napi_env env, const napi_value* given, opening_call* into) {
    int32_t how = -1;
    bool is_read_only = false;
    if (napi_get_value_int32(env, given[0], &how) != napi_ok || how < opening_create || how > opening_open) {
        throw_type(env, "how to open it must be 0, 1 or 2");
        return false;
    }
    into->how = (enum opening)how;
    into->timeout_ns = SAMEPAGE_PATIENCE;
    if (!take_timeout(env, given[2], &into->timeout_ns) || !take_flag(env, given[3], &is_read_only) ||
        napi_get_value_uint32(env, given[4], &into->strategy) != napi_ok)
        return false;
    /* 0 in the options is the default; what doesn't wait is as short as can be. */
    if (into->timeout_ns == 0) into->timeout_ns = 1;
    into->access = is_read_only ? samepage_read_only : samepage_read_write;
    return take_text(env, given[1], "place", &into->place);
}

napi_value opened(napi_env env, opening_call* call, samepage_status status, void* handle, const kind* of) {
    drop_bytes(&call->place);
    return status == samepage_ok ? hold(env, handle, of) : throw_status(env, status);
}

/* ---- Results ---- */

napi_value give_number(napi_env env, uint64_t number) {
    napi_value value = NULL;
    napi_create_double(env, (double)number, &value);
    return value;
}

napi_value give_bytes(napi_env env, const void* data, size_t size_bytes) {
    napi_value value = NULL;
    napi_create_buffer_copy(env, size_bytes, data, NULL, &value);
    return value;
}

napi_value give_text(napi_env env, const char* text) {
    napi_value value = NULL;
    napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
    return value;
}

napi_value give_flag(napi_env env, bool flag) {
    napi_value value = NULL;
    napi_get_boolean(env, flag, &value);
    return value;
}

napi_value give_numbers(napi_env env, const named_number* numbers, size_t count) {
    napi_value object = NULL;
    if (napi_create_object(env, &object) != napi_ok) return NULL;
    for (size_t i = 0; i < count; i++)
        napi_set_named_property(env, object, numbers[i].name, give_number(env, numbers[i].number));
    return object;
}

napi_value ask_number(napi_env env, napi_callback_info info, question ask) {
    TAKE(env, info, 1);
    uint64_t number = 0;
    const samepage_status status = ask(handle_of(env, given[0]), &number);
    return status == samepage_ok ? give_number(env, number) : throw_status(env, status);
}

/* What is small is read in the stack. What is larger may grow while it is read again. */
napi_value read_bytes(napi_env env, reader read, void* call, samepage_status* status) {
    char small[SMALL_BYTES];
    size_t size_bytes = 0;
    *status = read(call, small, sizeof small, &size_bytes);
    if (*status == samepage_ok) return give_bytes(env, small, size_bytes);
    while (*status == samepage_e_too_large) {
        char* const large = malloc(size_bytes);
        const size_t room_bytes = size_bytes;
        if (large == NULL) return throw_memory(env);
        *status = read(call, large, room_bytes, &size_bytes);
        const napi_value value = *status == samepage_ok ? give_bytes(env, large, size_bytes) : NULL;
        free(large);
        if (value != NULL) return value;
    }
    return NULL;
}

bool add_functions(napi_env env, napi_value exports, const function* functions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        napi_value value = NULL;
        if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &value) !=
                napi_ok ||
            napi_set_named_property(env, exports, functions[i].name, value) != napi_ok)
            return false;
    }
    return true;
}
