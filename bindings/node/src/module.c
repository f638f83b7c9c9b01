/* The addon: one instance for each environment, the main thread's and each worker's. */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "addon.h"

instance* instance_of(napi_env env) {
    void* data = NULL;
    napi_get_instance_data(env, &data);
    return data;
}

static void instance_finalize(napi_env env, void* data, void* hint) {
    (void)env;
    (void)hint;
    free(data);
}

static bool add_numbers(instance* self, napi_value exports) {
    napi_value buffer = NULL;
    napi_value array = NULL;
    void* data = NULL;
    if (napi_create_arraybuffer(self->env, number_count * sizeof(double), &data, &buffer) != napi_ok ||
        napi_create_typedarray(self->env, napi_float64_array, number_count, buffer, 0, &array) != napi_ok ||
        napi_create_reference(self->env, buffer, 1, &self->numbers_buffer) != napi_ok)
        return false;
    self->numbers = data;
    return napi_set_named_property(self->env, exports, "numbers", array) == napi_ok &&
           napi_set_named_property(self->env, exports, "version", give_text(self->env, samepage_version_text())) ==
               napi_ok;
}

static bool instance_begin(napi_env env, napi_value exports) {
    instance* const self = calloc(1, sizeof *self);
    if (self == NULL || napi_set_instance_data(env, self, instance_finalize, NULL) != napi_ok) {
        free(self);
        throw_memory(env);
        return false;
    }
    self->env = env;
    return reception_begin(self) && add_numbers(self, exports);
}

/* After an error an exception is pending, and require() throws it. */
NAPI_MODULE_INIT() {
    if (!instance_begin(env, exports) || !add_errors(env, exports) || !add_handles(env, exports) ||
        !add_bells(env, exports) || !add_waits(env, exports) || !add_region(env, exports) || !add_cell(env, exports) ||
        !add_lock(env, exports) || !add_channel(env, exports) || !add_subscriber(env, exports) ||
        !add_queue(env, exports) || !add_job(env, exports) || !add_table(env, exports) || !add_scan(env, exports) ||
        !add_feed(env, exports) || !add_catalog(env, exports) || !add_ndarray(env, exports) ||
        !add_record_lock(env, exports))
        return NULL;
    return exports;
}
