/* What there is to know of a samepage.Table: whether it is whole, what survives of it when the power fails. */
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
