/* samepage.Cell: one value, always whole; the newest wins. */
/* SPDX-License-Identifier: MIT */
#include "common.h"

static void close_cell(void* handle) { samepage_cell_close(handle); }

static PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject* named, enum opening how) {
    static char* create_names[] = {"place", "capacity_bytes", "read_only", "strategy", "timeout", "sole_writer", NULL};
    static char* open_names[] = {"place", "read_only", "strategy", "timeout", "sole_writer", NULL};
    PyObject* place = NULL;
    int read_only = 0, sole_writer = 0;
    samepage_cell_options options = {.struct_size = sizeof(options), .timeout_ns = SAMEPAGE_PATIENCE};
    if (how == opening_open
            ? !PyArg_ParseTupleAndKeywords(arguments, named, "O|$pO&O&p", open_names, &place, &read_only,
                                           strategy_converter, &options.strategy, timeout_converter,
                                           &options.timeout_ns, &sole_writer)
            : !PyArg_ParseTupleAndKeywords(arguments, named, "O|O&$pO&O&p", create_names, &place, number_converter,
                                           &options.capacity_bytes, &read_only, strategy_converter, &options.strategy,
                                           timeout_converter, &options.timeout_ns, &sole_writer))
        return NULL;
    if (read_only) options.access = samepage_read_only;
    options.sole_writer = sole_writer != 0;
    PyObject* keeper = NULL;
    const char* text = NULL;
    if (take_place(place, &keeper, &text) != 0) return NULL;
    samepage_cell* handle = NULL;
    samepage_status status = samepage_ok;
    slices wait = slices_of(text, (int)options.sole_writer, &options.timeout_ns);
    do {
        Py_BEGIN_ALLOW_THREADS if (how == opening_open) status = samepage_cell_open(text, &options, &handle);
        else if (how == opening_create_new) status = samepage_cell_create_new(text, &options, &handle);
        else status = samepage_cell_create(text, &options, &handle);
        Py_END_ALLOW_THREADS
    } while (slices_go_on(&wait, &status));
    held* const self = status == samepage_ok ? held_new(type, close_cell) : NULL;
    if (self == NULL) {
        samepage_cell_close(handle);
        Py_DECREF(keeper);
        return status == samepage_ok ? NULL : raise_status(status);
    }
    self->handle = handle;
    self->place = keeper;
    self->strategy = options.strategy;
    return (PyObject*)self;
}

static PyObject* cell_new(PyTypeObject* type, PyObject* arguments, PyObject* named) {
    return make(type, arguments, named, opening_create);
}
static PyObject* cell_create_new(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_create_new);
}
static PyObject* cell_open(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_open);
}

/* ---- Loading ---- */

static PyObject* load(held* self, uint64_t* version) {
    char few[SMALL_BYTES];
    void* const handle = held_handle(self);
    size_t size_bytes = 0;
    if (handle == NULL) return NULL;
    samepage_status status = samepage_cell_load(handle, few, sizeof(few), &size_bytes, version);
    if (status == samepage_ok) return PyBytes_FromStringAndSize(few, (Py_ssize_t)size_bytes);
    /* A larger one may come meanwhile. */
    while (status == samepage_e_too_large) {
        size_t room_bytes = size_bytes;
        PyObject* const value = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room_bytes);
        if (value == NULL) return NULL;
        char* const into = PyBytes_AsString(value);
        if (room_bytes < LARGE_BYTES)
            status = samepage_cell_load(handle, into, room_bytes, &size_bytes, version);
        else {
            held_enter(self);
            Py_BEGIN_ALLOW_THREADS status = samepage_cell_load(handle, into, room_bytes, &size_bytes, version);
            Py_END_ALLOW_THREADS held_leave(self);
        }
        if (status == samepage_ok && size_bytes == room_bytes) return value;
        PyObject* const shorter =
            status == samepage_ok ? PyBytes_FromStringAndSize(into, (Py_ssize_t)size_bytes) : NULL;
        Py_DECREF(value);
        if (status == samepage_ok) return shorter;
        if (status == samepage_e_too_large && held_handle(self) == NULL) return NULL;
    }
    return raise_status(status);
}

static PyObject* cell_load(PyObject* self, PyObject* unused) {
    (void)unused;
    uint64_t version = 0;
    return load((held*)self, &version);
}

static PyObject* cell_load_versioned(PyObject* self, PyObject* unused) {
    (void)unused;
    uint64_t version = 0;
    PyObject* const value = load((held*)self, &version);
    return value == NULL ? NULL : pair_of(versioned_type, value, number_object(version), NULL);
}

static PyObject* cell_load_text(PyObject* self, PyObject* unused) {
    (void)unused;
    uint64_t version = 0;
    PyObject* const value = load((held*)self, &version);
    if (value == NULL) return NULL;
    PyObject* const text = PyUnicode_DecodeUTF8(PyBytes_AsString(value), PyBytes_Size(value), NULL);
    Py_DECREF(value);
    return text;
}

static PyObject* cell_load_into(PyObject* object, PyObject* buffer) {
    held* const self = (held*)object;
    Py_buffer into;
    if (PyObject_GetBuffer(buffer, &into, PyBUF_WRITABLE) != 0) return NULL;
    void* const handle = held_handle(self);
    size_t size_bytes = 0;
    uint64_t version = 0;
    samepage_status status = samepage_ok;
    if (handle != NULL) {
        held_enter(self);
        Py_BEGIN_ALLOW_THREADS status = samepage_cell_load(handle, into.buf, (size_t)into.len, &size_bytes, &version);
        Py_END_ALLOW_THREADS held_leave(self);
    }
    PyBuffer_Release(&into);
    if (handle == NULL) return NULL;
    if (status != samepage_ok) return raise_status(status);
    return pair_of(versioned_type, PyLong_FromSize_t(size_bytes), number_object(version), NULL);
}

/* ---- Storing ---- */

typedef struct storing {
    bytes_argument value;
    uint64_t expected;
    uint64_t version;
} storing;

static samepage_status try_store(void* handle, void* call, int64_t timeout_ns) {
    storing* const mine = call;
    return samepage_cell_store(handle, mine->value.data, mine->value.size_bytes, timeout_ns, &mine->version);
}

static samepage_status try_exchange(void* handle, void* call, int64_t timeout_ns) {
    storing* const mine = call;
    return samepage_cell_compare_exchange(handle, mine->expected, mine->value.data, mine->value.size_bytes, timeout_ns,
                                          &mine->version);
}

static PyObject* store(PyObject* self, attempt act, storing* mine, PyObject* value, PyObject* timeout) {
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_timeout(timeout, &timeout_ns) != 0 || take_bytes(value, "value", &mine->value) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, act, mine, timeout_ns, samepage_e_timed_out);
    drop_bytes(&mine->value);
    return status == samepage_ok ? number_object(mine->version) : raise_status(status);
}

static PyObject* cell_store(FAST_ARGUMENTS) {
    static const char* const names[] = {"value", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    storing mine;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    return store(self, try_store, &mine, values[0], values[1]);
}

static PyObject* cell_compare_exchange(FAST_ARGUMENTS) {
    static const char* const names[] = {"expected", "value", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    storing mine;
    if (take_arguments(names, 2, 3, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[0], &mine.expected) != 0) return NULL;
    return store(self, try_exchange, &mine, values[1], values[2]);
}

/* ---- Waiting ---- */

typedef struct waiting {
    uint64_t seen;
    uint64_t version;
} waiting;

static samepage_status try_wait(void* handle, void* call, int64_t timeout_ns) {
    waiting* const mine = call;
    return samepage_cell_wait(handle, mine->seen, timeout_ns, &mine->version);
}

static PyObject* cell_wait(FAST_ARGUMENTS) {
    static const char* const names[] = {"seen", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    waiting mine = {0, 0};
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[0], &mine.seen) != 0 || take_timeout(values[1], &timeout_ns) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_wait, &mine, timeout_ns, samepage_e_timed_out);
    return status == samepage_ok ? number_object(mine.version) : raise_status(status);
}

static PyObject* cell_fileno(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    intptr_t descriptor = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_cell_descriptor(handle, &descriptor);
    return status == samepage_ok ? PyLong_FromSsize_t((Py_ssize_t)descriptor) : raise_status(status);
}

static PyObject* cell_arm(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint64_t version = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_cell_arm(handle, &version);
    return status == samepage_ok ? number_object(version) : raise_status(status);
}

/* ---- What it is ---- */

static PyObject* cell_check_name(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_cell_check_name(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* cell_info(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    samepage_cell_info info = {.struct_size = sizeof(info)};
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_cell_info_get(handle, &info);
    if (status != samepage_ok) return raise_status(status);
    return Py_BuildValue("{s:K,s:K,s:K,s:N,s:I,s:I,s:N,s:I}", "version", (unsigned long long)info.version, "size_bytes",
                         (unsigned long long)info.size_bytes, "capacity_bytes", (unsigned long long)info.capacity_bytes,
                         "writer_active", PyBool_FromLong((long)info.writer_active), "writer_process",
                         info.writer_process, "waiters", info.waiters, "sleeps", PyBool_FromLong((long)info.sleeps),
                         "sole_writer_process", info.sole_writer_process);
}

static PyObject* cell_created(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t created = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_cell_created(handle, &created);
    return status == samepage_ok ? PyBool_FromLong(created) : raise_status(status);
}

static PyObject* cell_read_only(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t access = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_cell_access(handle, &access);
    return status == samepage_ok ? PyBool_FromLong(access == samepage_read_only) : raise_status(status);
}

static PyObject* number_of(PyObject* self, samepage_status(SAMEPAGE_CALL* ask)(samepage_cell*, uint64_t*)) {
    void* const handle = held_handle((held*)self);
    uint64_t number = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = ask(handle, &number);
    return status == samepage_ok ? number_object(number) : raise_status(status);
}

static PyObject* cell_version(PyObject* self, void* unused) {
    (void)unused;
    return number_of(self, samepage_cell_version);
}
static PyObject* cell_capacity(PyObject* self, void* unused) {
    (void)unused;
    return number_of(self, samepage_cell_capacity);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    MAKER("create_new", cell_create_new,
          "create_new(place, capacity_bytes=4096, *, read_only=False, strategy='spin_then_sleep', timeout=5, "
          "sole_writer=False)\n--\n\n"
          "Makes it; AlreadyExists if there is one."),
    MAKER("open", cell_open,
          "open(place, *, read_only=False, strategy='spin_then_sleep', timeout=5, sole_writer=False)\n--\n\nOpens what "
          "exists; else "
          "NotFound."),
    {"load", cell_load, METH_NOARGS, "load()\n--\n\nThe newest value. Empty if there is none yet."},
    {"load_versioned", cell_load_versioned, METH_NOARGS, "load_versioned()\n--\n\nThe newest value and its version."},
    {"load_text", cell_load_text, METH_NOARGS, "load_text()\n--\n\nThe newest value as a str."},
    {"load_into", cell_load_into, METH_O,
     "load_into(buffer, /)\n--\n\nCopies the newest value into a buffer: its size and version. TooLarge."},
    FAST("store", cell_store,
         "store(value, timeout=5)\n--\n\nMakes it the newest value, and gives its version. Waits for another writer."),
    FAST("compare_exchange", cell_compare_exchange,
         "compare_exchange(expected, value, timeout=5)\n--\n\nStores only if the newest version is `expected` (0: if "
         "it is empty), else Conflict."),
    FAST("wait", cell_wait,
         "wait(seen, timeout=None)\n--\n\nWaits until the newest version is another one than `seen`, and gives it."),
    {"fileno", cell_fileno, METH_NOARGS, "fileno()\n--\n\nFor event loops: readable when there may be a newer value."},
    {"arm", cell_arm, METH_NOARGS,
     "arm()\n--\n\nTo be called first whenever fileno() is readable; the newest version."},
    {"check_name", cell_check_name, METH_NOARGS,
     "check_name()\n--\n\nLostName when somebody has removed the object's file."},
    {"info", cell_info, METH_NOARGS, "info()\n--\n\nWhat there is to know, as a dict."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {HELD_GETTERS,
                                {"strategy", held_strategy, NULL, "How it waits.", NULL},
                                {"created", cell_created, NULL, "Whether this handle made it.", NULL},
                                {"read_only", cell_read_only, NULL, "Whether it may only be read.", NULL},
                                {"version", cell_version, NULL, "Of the newest value; 0: there is none.", NULL},
                                {"capacity_bytes", cell_capacity, NULL, "The largest value.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "Cell(place, capacity_bytes=4096, *, read_only=False, strategy='spin_then_sleep', timeout=5, "
     "sole_writer=False)\n--\n\nOne value, always whole; the newest wins. sole_writer: while this handle lives, "
     "others' "
     "writes are Denied."},
    {Py_tp_new, cell_new},
    {Py_tp_dealloc, held_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL}};

static PyType_Spec spec = {"samepage._samepage.Cell", sizeof(held), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

int add_cell(PyObject* module) { return add_type(module, &spec, NULL); }
