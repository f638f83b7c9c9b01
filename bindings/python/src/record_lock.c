/* samepage.RecordLock: a key of a table, or all of them, kept from other writers until its end. */
/* SPDX-License-Identifier: MIT */
#include "table.h"

typedef struct lock_object {
    held base;
    int owner_died;
} lock_object;

static PyTypeObject* lock_type;

static void close_lock(void* handle) { samepage_held_close(handle); }

/* ---- Locking ---- */

typedef struct locking {
    bytes_argument key;
    samepage_held* held;
    int32_t owner_died;
} locking;

static samepage_status try_lock(void* handle, void* call, int64_t timeout_ns) {
    locking* const mine = call;
    return samepage_table_lock(handle, mine->key.data, mine->key.size_bytes, timeout_ns, &mine->held,
                               &mine->owner_died);
}

static samepage_status try_lock_all(void* handle, void* call, int64_t timeout_ns) {
    locking* const mine = call;
    return samepage_table_lock_all(handle, timeout_ns, &mine->held, &mine->owner_died);
}

static PyObject* lock(PyObject* table, attempt act, locking* mine, int64_t timeout_ns) {
    const samepage_status status = held_wait((held*)table, act, mine, timeout_ns, samepage_e_timed_out);
    if (status != samepage_ok) return status > samepage_ok ? raise_status(status) : NULL;
    lock_object* const self = (lock_object*)held_new(lock_type, close_lock);
    if (self == NULL) {
        samepage_held_close(mine->held);
        return NULL;
    }
    self->base.handle = mine->held;
    self->base.is_single = 1;
    self->owner_died = mine->owner_died != 0;
    return (PyObject*)self;
}

PyObject* table_lock(FAST_ARGUMENTS) {
    static const char* const names[] = {"key", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    PyObject* keeper = NULL;
    PyObject* made = NULL;
    locking mine = {.held = NULL};
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[1], &timeout_ns) != 0) return NULL;
    if (take_key((table_object*)self, values[0], &mine.key, &keeper) == 0) {
        made = lock(self, try_lock, &mine, timeout_ns);
        drop_bytes(&mine.key);
    }
    Py_XDECREF(keeper);
    return made;
}

PyObject* table_lock_all(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    locking mine = {.held = NULL};
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    return take_timeout(values[0], &timeout_ns) != 0 ? NULL : lock(self, try_lock_all, &mine, timeout_ns);
}

/* ---- The lock ---- */

static PyObject* lock_mark_repaired(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_held_mark_repaired(handle);
    if (status != samepage_ok) return raise_status(status);
    ((lock_object*)self)->owner_died = 0;
    Py_RETURN_NONE;
}

static PyObject* lock_release(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_held_release(handle);
    return status == samepage_ok ? held_close(self, NULL) : raise_status(status);
}

static PyObject* lock_owner_died(PyObject* self, void* unused) {
    (void)unused;
    return PyBool_FromLong(((lock_object*)self)->owner_died);
}

static PyMethodDef methods[] = {
    {"close", held_close, METH_NOARGS, "close()\n--\n\nReleases it, if it owns it still."},
    {"__enter__", held_enter_with, METH_NOARGS, NULL},
    {"__exit__", held_exit_with, METH_VARARGS, NULL},
    {"release", lock_release, METH_NOARGS, "release()\n--\n\nLets others write. NotOwner: it isn't this one's."},
    {"mark_repaired", lock_mark_repaired, METH_NOARGS,
     "mark_repaired()\n--\n\nWhat it guards is whole again: no later owner is told."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {{"closed", held_closed, NULL, "Whether it is closed.", NULL},
                                {"owner_died", lock_owner_died, NULL,
                                 "Whether an earlier owner died with it: what it guards may be half-done.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, "A locked key of a table, or all of them. `with lock:` releases it at its end."},
    {Py_tp_dealloc, held_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL}};

static PyType_Spec spec = {"samepage.RecordLock", sizeof(lock_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_record_lock(PyObject* module) { return add_type(module, &spec, &lock_type); }
