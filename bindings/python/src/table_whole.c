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
        "{s:K,s:K,s:K,s:d,s:I,s:I,s:K,s:K,s:K,s:K,s:O,s:K,s:K}", "records", (unsigned long long)info.records,
        "size_bytes", (unsigned long long)info.size_bytes, "buckets", (unsigned long long)info.buckets, "load",
        info.load_percent / 100.0, "writers_active", info.writers_active, "deaths_pending", info.deaths_pending,
        "deaths_recovered", (unsigned long long)info.deaths_recovered, "checkpoint_unix_ns",
        (unsigned long long)info.checkpoint_unix_ns, "returned_unix_ns", (unsigned long long)info.returned_unix_ns,
        "returned_to_unix_ns", (unsigned long long)info.returned_to_unix_ns, "is_clean",
        info.is_clean ? Py_True : Py_False, "history_bytes", (unsigned long long)info.history_bytes, "history_changes",
        (unsigned long long)info.history_changes);
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

PyObject* table_get_many(FAST_ARGUMENTS) {
    static const char* const names[] = {"keys", "values", "versions", NULL};
    PyObject* arguments[NUMBER_OF_NAMES];
    Py_buffer views[3];
    size_t counts[3], bytes[3], found = 0;
    int taken = 0;
    samepage_status status = exception_set;
    if (take_arguments(names, 3, 3, given, count, given_names, arguments) != 0) return NULL;
    while (taken < 3 && take_elements(arguments[taken], taken == 0 ? PyBUF_SIMPLE : PyBUF_WRITABLE, &views[taken],
                                      &counts[taken], &bytes[taken]) == 0)
        ++taken;
    if (taken == 3 && (counts[1] != counts[0] || counts[2] != counts[0] || (counts[0] != 0 && bytes[2] != 8)))
        PyErr_SetString(PyExc_ValueError, "there must be as many keys, values and versions, these of 8 bytes");
    else if (taken == 3) {
        void* const handle = held_handle((held*)self);
        if (handle != NULL) {
            status = samepage_ok;
            held_enter((held*)self);
            if (counts[0] != 0) {
                Py_BEGIN_ALLOW_THREADS status = samepage_table_get_many(handle, views[0].buf, bytes[0], counts[0],
                                                                        views[1].buf, bytes[1], views[2].buf, &found);
                Py_END_ALLOW_THREADS
            }
            held_leave((held*)self);
        }
    }
    while (taken > 0) PyBuffer_Release(&views[--taken]);
    return status == samepage_ok ? PyLong_FromSize_t(found) : raise_status(status);
}
