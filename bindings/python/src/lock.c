/* samepage.Lock: mutual exclusion that survives its owner's death. */
/* SPDX-License-Identifier: MIT */
#include "common.h"

typedef struct lock_object {
    held base;
    int owner_died; /* what the last acquire found */
} lock_object;

static void close_lock(void* handle) { samepage_lock_close(handle); }

static PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject* named, enum opening how) {
    static char* names[] = {"place", "strategy", "timeout", NULL};
    PyObject* place = NULL;
    samepage_lock_options options = {.struct_size = sizeof(options), .timeout_ns = SAMEPAGE_PATIENCE};
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O|$O&O&", names, &place, strategy_converter, &options.strategy,
                                     timeout_converter, &options.timeout_ns))
        return NULL;
    PyObject* keeper = NULL;
    const char* text = NULL;
    if (take_place(place, &keeper, &text) != 0) return NULL;
    samepage_lock* handle = NULL;
    samepage_status status = samepage_ok;
    slices wait = slices_of(text, 0, &options.timeout_ns);
    do {
        Py_BEGIN_ALLOW_THREADS if (how == opening_open) status = samepage_lock_open(text, &options, &handle);
        else if (how == opening_create_new) status = samepage_lock_create_new(text, &options, &handle);
        else status = samepage_lock_create(text, &options, &handle);
        Py_END_ALLOW_THREADS
    } while (slices_go_on(&wait, &status));
    held* const self = status == samepage_ok ? held_new(type, close_lock) : NULL;
    if (self == NULL) {
        samepage_lock_close(handle);
        Py_DECREF(keeper);
        return status == samepage_ok ? NULL : raise_status(status);
    }
    self->handle = handle;
    self->place = keeper;
    self->strategy = options.strategy;
    return (PyObject*)self;
}

static PyObject* lock_new(PyTypeObject* type, PyObject* arguments, PyObject* named) {
    return make(type, arguments, named, opening_create);
}
static PyObject* lock_create_new(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_create_new);
}
static PyObject* lock_open(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_open);
}

static samepage_status try_acquire(void* handle, void* call, int64_t timeout_ns) {
    return samepage_lock_acquire(handle, timeout_ns, call);
}

/* 0, or -1 with an exception. */
static int acquire(PyObject* self, int64_t timeout_ns) {
    int32_t owner_died = 0;
    const samepage_status status = held_wait((held*)self, try_acquire, &owner_died, timeout_ns, samepage_e_timed_out);
    if (status != samepage_ok) {
        raise_status(status);
        return -1;
    }
    ((lock_object*)self)->owner_died = owner_died != 0;
    return 0;
}

static PyObject* lock_acquire(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[0], &timeout_ns) != 0 || acquire(self, timeout_ns) != 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject* lock_try_acquire(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t owner_died = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_lock_try_acquire(handle, &owner_died);
    if (status == samepage_e_timed_out) Py_RETURN_FALSE;
    if (status != samepage_ok) return raise_status(status);
    ((lock_object*)self)->owner_died = owner_died != 0;
    Py_RETURN_TRUE;
}

static PyObject* lock_release(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_lock_release(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* lock_mark_repaired(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_lock_mark_repaired(handle);
    if (status != samepage_ok) return raise_status(status);
    ((lock_object*)self)->owner_died = 0;
    Py_RETURN_NONE;
}

static PyObject* lock_enter(PyObject* self, PyObject* unused) {
    (void)unused;
    return acquire(self, SAMEPAGE_FOREVER) == 0 ? Py_NewRef(self) : NULL;
}

/* Who has closed it in the block has released it. */
static PyObject* lock_exit(PyObject* self, PyObject* arguments) {
    (void)arguments;
    if (((held*)self)->is_closed) Py_RETURN_NONE;
    return lock_release(self, NULL);
}

static PyObject* lock_check_name(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_lock_check_name(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* lock_info(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    samepage_lock_info info = {.struct_size = sizeof(info)};
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_lock_info_get(handle, &info);
    if (status != samepage_ok) return raise_status(status);
    return Py_BuildValue("{s:N,s:I,s:N,s:N}", "owned", PyBool_FromLong((long)info.owned), "owner_process",
                         info.owner_process, "awaited", PyBool_FromLong((long)info.awaited), "owner_died",
                         PyBool_FromLong((long)info.owner_died));
}

static PyObject* lock_created(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t created = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_lock_created(handle, &created);
    return status == samepage_ok ? PyBool_FromLong(created) : raise_status(status);
}

static PyObject* lock_owner_died(PyObject* self, void* unused) {
    (void)unused;
    return PyBool_FromLong(((lock_object*)self)->owner_died);
}

static PyMethodDef methods[] = {
    {"close", held_close, METH_NOARGS, "close()\n--\n\nLets go of it, and releases it if this handle owns it."},
    {"__enter__", lock_enter, METH_NOARGS, NULL},
    {"__exit__", lock_exit, METH_VARARGS, NULL},
    MAKER(
        "create_new", lock_create_new,
        "create_new(place, *, strategy='spin_then_sleep', timeout=5)\n--\n\nMakes it; AlreadyExists if there is one."),
    MAKER("open", lock_open,
          "open(place, *, strategy='spin_then_sleep', timeout=5)\n--\n\nOpens what exists; else NotFound."),
    FAST("acquire", lock_acquire,
         "acquire(timeout=None)\n--\n\nWaits until this handle owns it; TimedOut names the owner. Look at owner_died "
         "then."),
    {"try_acquire", lock_try_acquire, METH_NOARGS,
     "try_acquire()\n--\n\nWhether this handle owns it now. Doesn't wait."},
    {"release", lock_release, METH_NOARGS, "release()\n--\n\nLets the next have it. NotOwner."},
    {"mark_repaired", lock_mark_repaired, METH_NOARGS,
     "mark_repaired()\n--\n\nWhat a dead owner may have left half-done is whole again."},
    {"check_name", lock_check_name, METH_NOARGS,
     "check_name()\n--\n\nLostName when somebody has removed the object's file."},
    {"info", lock_info, METH_NOARGS, "info()\n--\n\nWhat there is to know, as a dict."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    HELD_GETTERS,
    {"strategy", held_strategy, NULL, "How it waits.", NULL},
    {"created", lock_created, NULL, "Whether this handle made it.", NULL},
    {"owner_died", lock_owner_died, NULL,
     "Whether an earlier owner died with it, and nobody has called mark_repaired(), as the last acquire found.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "Lock(place, *, strategy='spin_then_sleep', timeout=5)\n--\n\n"
     "A lock by name that survives its owner's death. The handle owns it, in whichever thread."},
    {Py_tp_new, lock_new},
    {Py_tp_dealloc, held_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL}};

static PyType_Spec spec = {"samepage._samepage.Lock", sizeof(lock_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                           slots};

int add_lock(PyObject* module) { return add_type(module, &spec, NULL); }
