/* What there is to know of a samepage.Table, what survives of it when the power fails, many records at once. */
/* SPDX-License-Identifier: MIT */
#include "table.h"

PyObject* table_verify(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    uint64_t records = 0;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    void* const handle = take_timeout(values[0], &timeout_ns) == 0 ? held_handle((held*)self) : NULL;
    if (handle == NULL) return NULL;
    samepage_status status = samepage_ok;
    held_enter((held*)self);
    Py_BEGIN_ALLOW_THREADS status = samepage_table_verify(handle, timeout_ns, &records, NULL);
    Py_END_ALLOW_THREADS held_leave((held*)self);
    return status == samepage_ok ? number_object(records) : raise_status(status);
}

PyObject* table_checkpoint(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    samepage_table_checkpoint_info made = {.struct_size = sizeof(made)};
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    void* const handle = take_timeout(values[0], &timeout_ns) == 0 ? held_handle((held*)self) : NULL;
    if (handle == NULL) return NULL;
    samepage_status status = samepage_ok;
    held_enter((held*)self);
    Py_BEGIN_ALLOW_THREADS status = samepage_table_checkpoint(handle, timeout_ns, &made);
    Py_END_ALLOW_THREADS held_leave((held*)self);
    if (status != samepage_ok) return raise_status(status);
    return Py_BuildValue("{s:K,s:K,s:d}", "records", (unsigned long long)made.records, "size_bytes",
                         (unsigned long long)made.size_bytes, "stall", (double)made.stall_ns / 1e9);
}

PyObject* table_compact(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    samepage_table_compaction_info done = {.struct_size = sizeof(done)};
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    void* const handle = take_timeout(values[0], &timeout_ns) == 0 ? held_handle((held*)self) : NULL;
    if (handle == NULL) return NULL;
    samepage_status status = samepage_ok;
    held_enter((held*)self);
    Py_BEGIN_ALLOW_THREADS status = samepage_table_compact(handle, timeout_ns, &done);
    Py_END_ALLOW_THREADS held_leave((held*)self);
    if (status != samepage_ok) return raise_status(status);
    return Py_BuildValue("{s:K,s:K,s:K,s:K}", "records_moved", (unsigned long long)done.records_moved, "given_bytes",
                         (unsigned long long)done.given_bytes, "pending_bytes", (unsigned long long)done.pending_bytes,
                         "size_bytes", (unsigned long long)done.size_bytes);
}

PyObject* table_went_back(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t went_back = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_went_back(handle, &went_back);
    return status == samepage_ok ? PyBool_FromLong(went_back) : raise_status(status);
}

PyObject* table_check_name(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_check_name(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

PyObject* table_info(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    samepage_table_info info = {.struct_size = sizeof(info)};
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_info_get(handle, &info);
    if (status != samepage_ok) return raise_status(status);
    return Py_BuildValue(
        "{s:K,s:K,s:K,s:d,s:I,s:I,s:K,s:K,s:K,s:K,s:O,s:K,s:K,s:I}", "records", (unsigned long long)info.records,
        "size_bytes", (unsigned long long)info.size_bytes, "buckets", (unsigned long long)info.buckets, "load",
        info.load_percent / 100.0, "writers_active", info.writers_active, "deaths_pending", info.deaths_pending,
        "deaths_recovered", (unsigned long long)info.deaths_recovered, "checkpoint_unix_ns",
        (unsigned long long)info.checkpoint_unix_ns, "returned_unix_ns", (unsigned long long)info.returned_unix_ns,
        "returned_to_unix_ns", (unsigned long long)info.returned_to_unix_ns, "is_clean",
        info.is_clean ? Py_True : Py_False, "history_bytes", (unsigned long long)info.history_bytes, "history_changes",
        (unsigned long long)info.history_changes, "sole_writer_process", info.sole_writer_process);
}

PyObject* table_created(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t created = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_created(handle, &created);
    return status == samepage_ok ? PyBool_FromLong(created) : raise_status(status);
}

PyObject* table_read_only(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t access = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_access(handle, &access);
    return status == samepage_ok ? PyBool_FromLong(access == samepage_read_only) : raise_status(status);
}

PyObject* table_changes(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint64_t changes = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_changes(handle, &changes);
    return status == samepage_ok ? number_object(changes) : raise_status(status);
}

/* ---- Many at once ---- */

/* How many elements there are along the first axis, and the bytes of each; 0 or -1. */
static int take_elements(PyObject* from, int flags, Py_buffer* view, size_t* count, size_t* element_bytes) {
    if (PyObject_GetBuffer(from, view, flags | PyBUF_ND | PyBUF_C_CONTIGUOUS) != 0) return -1;
    *count = view->ndim == 0 ? 1 : (size_t)view->shape[0];
    *element_bytes = *count == 0 ? 0 : (size_t)view->len / *count;
    return 0;
}

/* keys, values and versions of many records. */
typedef struct many {
    Py_buffer views[3];
    size_t bytes[3]; /* of each element */
    size_t count;
} many;

static void drop_many(many* mine, int taken) {
    while (taken > 0) PyBuffer_Release(&mine->views[--taken]);
}

/* Those of writable[] are to be written. 0, or -1 with an exception. */
static int take_many(PyObject* const* arguments, const int* writable, many* into) {
    size_t counts[3];
    int taken = 0;
    while (taken < 3 && take_elements(arguments[taken], writable[taken] ? PyBUF_WRITABLE : PyBUF_SIMPLE,
                                      &into->views[taken], &counts[taken], &into->bytes[taken]) == 0)
        ++taken;
    if (taken == 3 && counts[1] == counts[0] && counts[2] == counts[0] && (counts[0] == 0 || into->bytes[2] == 8)) {
        into->count = counts[0];
        return 0;
    }
    if (taken == 3)
        PyErr_SetString(PyExc_ValueError, "there must be as many keys, values and versions, these of 8 bytes");
    drop_many(into, taken);
    return -1;
}

PyObject* table_get_many(FAST_ARGUMENTS) {
    static const char* const names[] = {"keys", "values", "versions", NULL};
    static const int writable[] = {0, 1, 1};
    PyObject* arguments[NUMBER_OF_NAMES];
    many mine;
    size_t found = 0;
    samepage_status status = exception_set;
    if (take_arguments(names, 3, 3, given, count, given_names, arguments) != 0) return NULL;
    if (take_many(arguments, writable, &mine) != 0) return NULL;
    void* const handle = held_handle((held*)self);
    if (handle != NULL) status = samepage_ok;
    if (handle != NULL && mine.count != 0) {
        held_enter((held*)self);
        Py_BEGIN_ALLOW_THREADS status =
            samepage_table_get_many(handle, mine.views[0].buf, mine.bytes[0], mine.count, mine.views[1].buf,
                                    mine.bytes[1], mine.views[2].buf, &found);
        Py_END_ALLOW_THREADS held_leave((held*)self);
    }
    drop_many(&mine, 3);
    return status == samepage_ok ? PyLong_FromSize_t(found) : raise_status(status);
}

/* Between so many, signals are handled. */
#define PUTS_AT_ONCE ((size_t)4096)
#define PUT_BYTES_AT_ONCE ((size_t)16 << 20)

/* Puts all of them, with the timeout for each that has to wait. The failure, or exception_set, of the one at *put. */
static samepage_status put_in_slices(held* self, void* handle, const many* mine, int64_t expires_in_ns,
                                     int64_t timeout_ns, size_t* put) {
    const size_t fitting = PUT_BYTES_AT_ONCE / (mine->bytes[0] + mine->bytes[1] + 1);
    const size_t at_once = fitting < 1 ? 1 : fitting < PUTS_AT_ONCE ? fitting : PUTS_AT_ONCE;
    int64_t end_ns = 0;
    int is_waiting = 0;
    while (*put < mine->count) {
        if (!is_waiting) end_ns = timeout_ns < 0 ? INT64_MAX : now_ns() + timeout_ns;
        const int64_t left_ns = end_ns - now_ns();
        const int64_t slice_ns = left_ns > SLICE_NS ? SLICE_NS : left_ns > 0 ? left_ns : 0;
        const size_t left = mine->count - *put;
        samepage_status status = samepage_ok;
        size_t more = 0;
        Py_BEGIN_ALLOW_THREADS status = samepage_table_put_many(
            handle, (const char*)mine->views[0].buf + *put * mine->bytes[0], mine->bytes[0],
            left < at_once ? left : at_once, (const char*)mine->views[1].buf + *put * mine->bytes[1], mine->bytes[1],
            expires_in_ns, slice_ns, (uint64_t*)mine->views[2].buf + *put, &more);
        Py_END_ALLOW_THREADS is_waiting = status == samepage_e_timed_out;
        if (status == samepage_ok) *put += more;
        if (status != samepage_ok && (!is_waiting || now_ns() >= end_ns)) return status;
        if (PyErr_CheckSignals() != 0) return exception_set;
        if (self->is_closed) {
            raise_closed();
            return exception_set;
        }
    }
    return samepage_ok;
}

PyObject* table_put_many(FAST_ARGUMENTS) {
    static const char* const names[] = {"keys", "values", "versions", "timeout", "expires_in", NULL};
    static const int writable[] = {0, 0, 1};
    PyObject* arguments[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_PATIENCE, expires_in_ns = SAMEPAGE_FOREVER;
    many mine;
    size_t put = 0;
    samepage_status status = exception_set;
    if (take_arguments(names, 3, 5, given, count, given_names, arguments) != 0) return NULL;
    if (take_timeout(arguments[3], &timeout_ns) != 0 || take_timeout(arguments[4], &expires_in_ns) != 0) return NULL;
    if (take_many(arguments, writable, &mine) != 0) return NULL;
    void* const handle = held_handle((held*)self);
    if (handle != NULL) status = samepage_ok;
    if (handle != NULL && mine.count != 0) {
        held_enter((held*)self);
        status = put_in_slices((held*)self, handle, &mine, expires_in_ns, timeout_ns, &put);
        held_leave((held*)self);
    }
    drop_many(&mine, 3);
    return status == samepage_ok || (put != 0 && status != exception_set) ? PyLong_FromSize_t(put)
                                                                          : raise_status(status);
}
