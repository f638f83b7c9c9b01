/* What there is, and who holds it. */
/* SPDX-License-Identifier: MIT */
#include "addon.h"

static napi_value holders_of(napi_env env, samepage_catalog* catalog, size_t index, uint32_t count) {
    napi_value all = NULL;
    napi_create_array(env, &all);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t process = 0;
        const char* command = "";
        napi_value one = NULL;
        if (samepage_catalog_holder(catalog, index, i, &process, &command) != samepage_ok) continue;
        napi_create_object(env, &one);
        napi_set_named_property(env, one, "process", give_number(env, process));
        napi_set_named_property(env, one, "command", give_text(env, command));
        napi_set_element(env, all, i, one);
    }
    return all;
}

/* An array of objects. Closes the catalog. */
static napi_value entries_of(napi_env env, samepage_catalog* catalog) {
    napi_value all = NULL;
    size_t count = 0;
    napi_create_array(env, &all);
    samepage_catalog_count(catalog, &count);
    for (uint32_t i = 0; i < count; i++) {
        samepage_catalog_entry entry = {.struct_size = sizeof entry};
        napi_value one = NULL;
        napi_value number = NULL;
        if (samepage_catalog_entry_get(catalog, i, &entry) != samepage_ok) continue;
        napi_create_object(env, &one);
        napi_create_int32(env, entry.kind, &number);
        napi_set_named_property(env, one, "place", give_text(env, entry.place));
        napi_set_named_property(env, one, "kind", number);
        napi_set_named_property(env, one, "sizeBytes", give_number(env, entry.size_bytes));
        napi_set_named_property(env, one, "location", give_text(env, entry.location));
        napi_set_named_property(env, one, "holders", holders_of(env, catalog, i, entry.holders));
        napi_set_named_property(env, one, "holdersComplete", give_flag(env, entry.holders_complete != 0));
        napi_set_element(env, all, i, one);
    }
    samepage_catalog_close(catalog);
    return all;
}

/* list(global, withHolders) */
static napi_value list(napi_env env, napi_callback_info info) {
    TAKE(env, info, 2);
    bool is_global = false;
    bool with_holders = false;
    samepage_catalog* catalog = NULL;
    if (!take_flag(env, given[0], &is_global) || !take_flag(env, given[1], &with_holders)) return NULL;
    const samepage_status status = samepage_list(is_global ? samepage_global : samepage_local, with_holders, &catalog);
    return status == samepage_ok ? entries_of(env, catalog) : throw_status(env, status);
}

/* lookUp(place): an array of one */
static napi_value look_up(napi_env env, napi_callback_info info) {
    TAKE(env, info, 1);
    bytes_in place;
    samepage_catalog* catalog = NULL;
    if (!take_text(env, given[0], "place", &place)) return NULL;
    const samepage_status status = samepage_look_up(place.data, &catalog);
    drop_bytes(&place);
    return status == samepage_ok ? entries_of(env, catalog) : throw_status(env, status);
}

static const function functions[] = {{"list", list}, {"lookUp", look_up}};

bool add_catalog(napi_env env, napi_value exports) { return ADD(env, exports, functions); }
