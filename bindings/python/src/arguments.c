/* Arguments of the extension's functions: by place and by name, bytes, times, places. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "common.h"

static int index_of(const char* const* names, PyObject* name) {
    for (int i = 0; names[i] != NULL; ++i)
        if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0) return i;
    return -1;
}

int take_arguments(const char* const* names, int required, int positional, PyObject* const* given, Py_ssize_t count,
                   PyObject* given_names, PyObject** values) {
    int known = 0;
    while (names[known] != NULL) values[known++] = NULL;
    if (count > positional) {
        PyErr_Format(PyExc_TypeError, "at most %d arguments without a name, not %zd", positional, count);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; ++i) values[i] = given[i];
    const Py_ssize_t named = given_names == NULL ? 0 : PyTuple_Size(given_names);
    for (Py_ssize_t i = 0; i < named; ++i) {
        PyObject* const name = PyTuple_GetItem(given_names, i);
        const int at = index_of(names, name);
        if (at < 0 || values[at] != NULL) {
            PyErr_Format(PyExc_TypeError, at < 0 ? "there is no argument %R" : "the argument %R is given twice", name);
            return -1;
        }
        values[at] = given[count + i];
    }
    for (int i = 0; i < required; ++i) {
        if (values[i] != NULL) continue;
        PyErr_Format(PyExc_TypeError, "the argument '%s' is missing", names[i]);
        return -1;
    }
    return 0;
}

int take_bytes(PyObject* from, const char* what, bytes_argument* into) {
    into->has_view = 0;
    Py_ssize_t size = 0;
    if (PyBytes_Check(from)) {
        char* data = NULL;
        if (PyBytes_AsStringAndSize(from, &data, &size) != 0) return -1;
        into->data = data;
    } else if (PyUnicode_Check(from)) {
        into->data = PyUnicode_AsUTF8AndSize(from, &size);
        if (into->data == NULL) return -1;
    } else if (PyObject_CheckBuffer(from)) {
        if (PyObject_GetBuffer(from, &into->view, PyBUF_SIMPLE) != 0) return -1;
        into->has_view = 1;
        into->data = into->view.buf;
        size = into->view.len;
    } else {
        PyErr_Format(PyExc_TypeError, "%s: bytes, str or what has a buffer, not %R", what, (PyObject*)Py_TYPE(from));
        return -1;
    }
    into->size_bytes = (size_t)size;
    return 0;
}

void drop_bytes(bytes_argument* mine) {
    if (mine->has_view) PyBuffer_Release(&mine->view);
    mine->has_view = 0;
}

int take_timeout(PyObject* from, int64_t* timeout_ns) {
    if (from == NULL) return 0;
    if (from == Py_None) {
        *timeout_ns = SAMEPAGE_FOREVER;
        return 0;
    }
    const double seconds = PyFloat_AsDouble(from);
    if (seconds == -1.0 && PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "a timeout is a number of seconds or None, not %R", (PyObject*)Py_TYPE(from));
        return -1;
    }
    if (!(seconds >= 0)) {
        PyErr_SetString(PyExc_ValueError, "a timeout isn't negative; None waits for ever");
        return -1;
    }
    /* Three hundred years are for ever. Rounded up, so that a little isn't nothing. */
    *timeout_ns = seconds > 9e9 ? SAMEPAGE_FOREVER : (int64_t)ceil(seconds * 1e9);
    return 0;
}

int timeout_converter(PyObject* from, void* timeout_ns) { return take_timeout(from, (int64_t*)timeout_ns) == 0; }

int strategy_converter(PyObject* from, void* strategy) {
    static const char* const names[] = {"spin_then_sleep", "spin", "sleep", NULL};
    const int at = PyUnicode_Check(from) ? index_of(names, from) : -1;
    if (at < 0) {
        PyErr_SetString(PyExc_ValueError, "a strategy is 'spin_then_sleep', 'spin' or 'sleep'");
        return 0;
    }
    *(uint32_t*)strategy = (uint32_t)at;
    return 1;
}

int take_number(PyObject* from, uint64_t* number) {
    if (from == NULL) return 0;
    PyObject* const index = PyNumber_Index(from);
    if (index == NULL) return -1;
    *number = PyLong_AsUnsignedLongLong(index);
    Py_DECREF(index);
    return *number == UINT64_MAX && PyErr_Occurred() ? -1 : 0;
}

int number_converter(PyObject* from, void* number) { return take_number(from, (uint64_t*)number) == 0; }

int take_place(PyObject* from, PyObject** keeper, const char** text) {
    *keeper = PyOS_FSPath(from);
    if (*keeper == NULL) return -1;
    if (PyBytes_Check(*keeper)) {
        PyObject* const decoded = PyUnicode_DecodeUTF8(PyBytes_AsString(*keeper), PyBytes_Size(*keeper), NULL);
        Py_DECREF(*keeper);
        *keeper = decoded;
        if (decoded == NULL) return -1;
    }
    Py_ssize_t size = 0;
    *text = PyUnicode_AsUTF8AndSize(*keeper, &size);
    if (*text != NULL && strlen(*text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "a place has no zero in it");
        *text = NULL;
    }
    if (*text == NULL) Py_CLEAR(*keeper);
    return *text == NULL ? -1 : 0;
}

PyObject* number_object(uint64_t number) { return PyLong_FromUnsignedLongLong(number); }

PyObject* pair_of(PyTypeObject* type, PyObject* first, PyObject* second, PyObject* third) {
    PyObject* const made = first != NULL && second != NULL ? PyStructSequence_New(type) : NULL;
    if (made == NULL) {
        Py_XDECREF(first);
        Py_XDECREF(second);
        Py_XDECREF(third);
        return NULL;
    }
    PyStructSequence_SetItem(made, 0, first);
    PyStructSequence_SetItem(made, 1, second);
    if (third != NULL) PyStructSequence_SetItem(made, 2, third);
    return made;
}
