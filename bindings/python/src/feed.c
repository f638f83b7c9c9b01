/* samepage.Feed: the changes of a table, read along; and what of a table belongs to it. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "table.h"

#define KEY_BYTES_MAX ((size_t)65536)

typedef struct feed_object {
    held base;
    table_object* table; /* its codec and its bell; the library keeps the table itself */
    char* key;           /* KEY_BYTES_MAX: the library's copy may be gone when the GIL is there again */
} feed_object;

static PyTypeObject* feed_type;
/* The package's class, derived of it, which subscribe() gives. */
static PyTypeObject* feed_class;

static void close_feed(void* handle) { samepage_feed_close(handle); }

/* ---- Of a table ---- */

typedef struct keeping {
    uint64_t size_bytes;
    uint64_t history_bytes;
} keeping;

static samepage_status try_keep(void* handle, void* call, int64_t timeout_ns) {
    keeping* const mine = call;
    return samepage_table_keep_history(handle, mine->size_bytes, timeout_ns, &mine->history_bytes);
}

PyObject* table_keep_history(FAST_ARGUMENTS) {
    static const char* const names[] = {"size_bytes", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    keeping mine = {0, 0};
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[0], &mine.size_bytes) != 0 || take_timeout(values[1], &timeout_ns) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_keep, &mine, timeout_ns, samepage_e_timed_out);
    return status == samepage_ok ? number_object(mine.history_bytes) : raise_status(status);
}

PyObject* table_subscribe(FAST_ARGUMENTS) {
    static const char* const names[] = {"prefix", "start", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    bytes_argument prefix = {.size_bytes = 0};
    int32_t start = samepage_newest;
    if (take_arguments(names, 0, 2, given, count, given_names, values) != 0) return NULL;
    if (values[1] != NULL) {
        const int is_text = PyUnicode_Check(values[1]);
        if (is_text && PyUnicode_CompareWithASCIIString(values[1], "oldest") == 0)
            start = samepage_oldest;
        else if (!is_text || PyUnicode_CompareWithASCIIString(values[1], "newest") != 0) {
            PyErr_SetString(PyExc_ValueError, "start is 'newest' or 'oldest'");
            return NULL;
        }
    }
    if (values[0] != NULL && take_bytes(values[0], "prefix", &prefix) != 0) return NULL;
    void* const handle = held_handle((held*)self);
    samepage_feed* feed = NULL;
    const samepage_status status =
        handle == NULL ? samepage_ok : samepage_table_subscribe(handle, prefix.data, prefix.size_bytes, start, &feed);
    drop_bytes(&prefix);
    if (handle == NULL) return NULL;
    if (status != samepage_ok) return raise_status(status);
    feed_object* const made = (feed_object*)held_new(feed_class == NULL ? feed_type : feed_class, close_feed);
    if (made == NULL) {
        samepage_feed_close(feed);
        return NULL;
    }
    made->base.handle = feed;
    made->base.is_single = 1;
    made->table = (table_object*)Py_NewRef(self);
    made->key = PyMem_Malloc(KEY_BYTES_MAX);
    if (made->key != NULL) return (PyObject*)made;
    Py_DECREF((PyObject*)made);
    return PyErr_NoMemory();
}

PyObject* table_fileno(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    intptr_t descriptor = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_descriptor(handle, &descriptor);
    return status == samepage_ok ? PyLong_FromSsize_t((Py_ssize_t)descriptor) : raise_status(status);
}

PyObject* table_arm(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_table_arm(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

/* ---- Its changes ---- */

typedef struct following {
    char* key;
    size_t key_bytes;
    uint64_t version;
    uint64_t missed;
    int32_t erased;
} following;

static samepage_status try_next(void* handle, void* call, int64_t timeout_ns) {
    following* const mine = call;
    const void* key = NULL;
    const samepage_status status =
        samepage_feed_next(handle, timeout_ns, &key, &mine->key_bytes, &mine->version, &mine->erased, &mine->missed);
    if (status != samepage_ok) return status;
    if (mine->key_bytes != 0) memcpy(mine->key, key, mine->key_bytes);
    return samepage_ok;
}

static PyObject* next(feed_object* self, int64_t timeout_ns) {
    following mine = {self->key, 0, 0, 0, 0};
    const samepage_status status = held_wait(&self->base, try_next, &mine, timeout_ns, samepage_e_timed_out);
    if (status != samepage_ok) return raise_status(status);
    PyObject* const made = PyStructSequence_New(change_type);
    PyObject* const key = mine.key_bytes == 0 ? Py_NewRef(Py_None) : key_object(self->table, mine.key, mine.key_bytes);
    PyObject* const version = number_object(mine.version);
    PyObject* const missed = number_object(mine.missed);
    if (made == NULL || key == NULL || version == NULL || missed == NULL) {
        Py_XDECREF(made);
        Py_XDECREF(key);
        Py_XDECREF(version);
        Py_XDECREF(missed);
        return NULL;
    }
    PyStructSequence_SetItem(made, 0, key);
    PyStructSequence_SetItem(made, 1, version);
    PyStructSequence_SetItem(made, 2, PyBool_FromLong(mine.erased));
    PyStructSequence_SetItem(made, 3, missed);
    return made;
}

static PyObject* feed_next(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    return take_timeout(values[0], &timeout_ns) != 0 ? NULL : next((feed_object*)self, timeout_ns);
}

static PyObject* feed_iternext(PyObject* self) { return next((feed_object*)self, SAMEPAGE_FOREVER); }

static PyObject* feed_table(PyObject* self, void* unused) {
    (void)unused;
    PyObject* const table = (PyObject*)((feed_object*)self)->table;
    return Py_NewRef(table == NULL ? Py_None : table);
}

static int feed_traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((feed_object*)self)->table);
    return 0;
}

static int feed_clear(PyObject* self) {
    Py_CLEAR(((feed_object*)self)->table);
    return 0;
}

static void feed_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    feed_clear(self);
    PyMem_Free(((feed_object*)self)->key);
    held_dealloc(self);
}

/* A class decorator of the package. */
static PyObject* feed_set_class(PyObject* type, PyObject* derived) {
    if (!PyType_Check(derived) || !PyType_IsSubtype((PyTypeObject*)derived, (PyTypeObject*)type)) {
        PyErr_SetString(PyExc_TypeError, "a class derived of Feed");
        return NULL;
    }
    Py_XDECREF((PyObject*)feed_class);
    feed_class = (PyTypeObject*)Py_NewRef(derived);
    return Py_NewRef(derived);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "Feed[str], for annotations."},
    FAST("next", feed_next, "next(timeout=None)\n--\n\nThe next change: (key, version, erased, missed). Waits for it."),
    {"set_class", feed_set_class, METH_O | METH_CLASS, "The class that subscribe() gives."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {{"closed", held_closed, NULL, "Whether it is closed.", NULL},
                                {"table", feed_table, NULL, "The handle that it was made from.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {{Py_tp_doc, "The changes of a table: iterates over them for ever. One thread at a time."},
                              {Py_tp_dealloc, feed_dealloc},
                              {Py_tp_traverse, feed_traverse},
                              {Py_tp_clear, feed_clear},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, getters},
                              {Py_tp_iter, PyObject_SelfIter},
                              {Py_tp_iternext, feed_iternext},
                              {0, NULL}};

static PyType_Spec spec = {
    "samepage._samepage.Feed", sizeof(feed_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_feed(PyObject* module) { return add_type(module, &spec, &feed_type); }
