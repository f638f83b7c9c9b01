/* Iterators over the records of a table. */
/* SPDX-License-Identifier: MIT */
#include "table.h"

typedef struct scan_object {
    held base;
    table_object* table; /* its codec; the library keeps the table itself */
    int what;
} scan_object;

static PyTypeObject* scan_type;

static void close_scan(void* handle) { samepage_scan_close(handle); }

PyObject* new_scan(table_object* table, enum scan_of what, PyObject* prefix) {
    bytes_argument mine = {.size_bytes = 0};
    if (prefix != NULL && take_bytes(prefix, "prefix", &mine) != 0) return NULL;
    void* const handle = held_handle(&table->base);
    samepage_scan* scan = NULL;
    const samepage_status status =
        handle == NULL ? samepage_ok : samepage_table_scan(handle, mine.data, mine.size_bytes, &scan);
    drop_bytes(&mine);
    if (handle == NULL) return NULL;
    if (status != samepage_ok) return raise_status(status);
    scan_object* const self = (scan_object*)held_new(scan_type, close_scan);
    if (self == NULL) {
        samepage_scan_close(scan);
        return NULL;
    }
    self->base.handle = scan;
    self->base.is_single = 1;
    self->table = (table_object*)Py_NewRef((PyObject*)table);
    self->what = (int)what;
    return (PyObject*)self;
}

static PyObject* scan_next(PyObject* object) {
    scan_object* const self = (scan_object*)object;
    if (self->base.handle == NULL) return NULL; /* at its end */
    if (held_handle(&self->base) == NULL) return NULL;
    const void *key = NULL, *value = NULL;
    size_t key_bytes = 0, value_bytes = 0;
    uint64_t version = 0;
    const samepage_status status =
        samepage_scan_next(self->base.handle, &key, &key_bytes, &value, &value_bytes, &version);
    if (status == samepage_e_no_key) {
        held_release(&self->base);
        return NULL;
    }
    if (status != samepage_ok) return raise_status(status);
    /* All copies before Python code runs in a codec, which might go on with this scan. */
    PyObject* const key_made = self->what == scan_values ? NULL : key_object(self->table, key, key_bytes);
    if (self->what == scan_keys) return key_made;
    PyObject* const bytes = PyBytes_FromStringAndSize(value, (Py_ssize_t)value_bytes);
    PyObject* const value_made = bytes == NULL ? NULL : value_of_bytes(self->table, bytes);
    if (self->what == scan_values) return value_made;
    PyObject* made = NULL;
    if (key_made != NULL && value_made != NULL)
        made = self->what == scan_items ? PyTuple_Pack(2, key_made, value_made)
                                        : Py_BuildValue("(OOK)", key_made, value_made, (unsigned long long)version);
    Py_XDECREF(key_made);
    Py_XDECREF(value_made);
    return made;
}

static int scan_traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((scan_object*)self)->table);
    return 0;
}

static int scan_clear(PyObject* self) {
    Py_CLEAR(((scan_object*)self)->table);
    return 0;
}

static void scan_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    scan_clear(self);
    held_dealloc(self);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "Scan[bytes], for annotations."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot slots[] = {{Py_tp_doc, "Iterates over the records of a table."},
                              {Py_tp_dealloc, scan_dealloc},
                              {Py_tp_traverse, scan_traverse},
                              {Py_tp_clear, scan_clear},
                              {Py_tp_methods, methods},
                              {Py_tp_iter, PyObject_SelfIter},
                              {Py_tp_iternext, scan_next},
                              {0, NULL}};

static PyType_Spec spec = {"samepage.Scan", sizeof(scan_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_scan(PyObject* module) { return add_type(module, &spec, &scan_type); }
