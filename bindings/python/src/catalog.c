/* What there is, and who holds it: samepage.ls() and samepage.look_up(). */
/* SPDX-License-Identifier: MIT */
#include "common.h"

/* [(process, command)] of an entry. */
static PyObject* holders_of(samepage_catalog* catalog, size_t index, uint32_t count) {
    PyObject* const all = PyList_New(0);
    for (size_t i = 0; all != NULL && i < count; ++i) {
        uint32_t process = 0;
        const char* command = "";
        const samepage_status status = samepage_catalog_holder(catalog, index, i, &process, &command);
        PyObject* const one = status == samepage_ok ? Py_BuildValue("(Is)", process, command) : raise_status(status);
        const int done = one == NULL ? -1 : PyList_Append(all, one);
        Py_XDECREF(one);
        if (done == 0) continue;
        Py_DECREF(all);
        return NULL;
    }
    return all;
}

/* [(place, kind, size_bytes, location, holders, whether these are all)]. Closes it. */
static PyObject* entries_of(samepage_catalog* catalog) {
    size_t count = 0;
    samepage_catalog_count(catalog, &count);
    PyObject* all = PyList_New(0);
    for (size_t i = 0; all != NULL && i < count; ++i) {
        samepage_catalog_entry entry = {.struct_size = sizeof(entry)};
        const samepage_status status = samepage_catalog_entry_get(catalog, i, &entry);
        PyObject* const one =
            status == samepage_ok
                ? Py_BuildValue("(siKsNO)", entry.place, (int)entry.kind, (unsigned long long)entry.size_bytes,
                                entry.location, holders_of(catalog, i, entry.holders),
                                entry.holders_complete ? Py_True : Py_False)
                : raise_status(status);
        if (one == NULL || PyList_Append(all, one) != 0) Py_CLEAR(all);
        Py_XDECREF(one);
    }
    samepage_catalog_close(catalog);
    return all;
}

PyObject* list_objects(PyObject* module, PyObject* arguments) {
    (void)module;
    int is_global = 0, with_holders = 0;
    samepage_catalog* catalog = NULL;
    samepage_status status = samepage_ok;
    if (!PyArg_ParseTuple(arguments, "pp", &is_global, &with_holders)) return NULL;
    Py_BEGIN_ALLOW_THREADS status = samepage_list(is_global ? samepage_global : samepage_local, with_holders, &catalog);
    Py_END_ALLOW_THREADS return status == samepage_ok ? entries_of(catalog) : raise_status(status);
}

PyObject* look_up_object(PyObject* module, PyObject* place) {
    (void)module;
    PyObject* keeper = NULL;
    const char* text = NULL;
    samepage_catalog* catalog = NULL;
    samepage_status status = samepage_ok;
    if (take_place(place, &keeper, &text) != 0) return NULL;
    Py_BEGIN_ALLOW_THREADS status = samepage_look_up(text, &catalog);
    Py_END_ALLOW_THREADS Py_DECREF(keeper);
    return status == samepage_ok ? entries_of(catalog) : raise_status(status);
}
