/* Whether a samepage.Table is whole, and what survives of it when the power fails. */
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
