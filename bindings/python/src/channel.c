/* samepage.Channel: a stream of messages that every subscriber sees. */
/* SPDX-License-Identifier: MIT */
#include "channel.h"

static void close_channel(void* handle) { samepage_channel_close(handle); }

static PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject* named, enum opening how) {
    static char* create_names[] = {"place",    "capacity_bytes", "loans",       "read_only",
                                   "strategy", "timeout",        "sole_writer", NULL};
    static char* open_names[] = {"place", "read_only", "strategy", "timeout", "sole_writer", NULL};
    PyObject* place = NULL;
    int read_only = 0, sole_writer = 0, loans = 4;
    samepage_channel_options options = {.struct_size = sizeof(options), .timeout_ns = SAMEPAGE_PATIENCE};
    if (how == opening_open
            ? !PyArg_ParseTupleAndKeywords(arguments, named, "O|$pO&O&p", open_names, &place, &read_only,
                                           strategy_converter, &options.strategy, timeout_converter,
                                           &options.timeout_ns, &sole_writer)
            : !PyArg_ParseTupleAndKeywords(arguments, named, "O|O&$ipO&O&p", create_names, &place, number_converter,
                                           &options.capacity_bytes, &loans, &read_only, strategy_converter,
                                           &options.strategy, timeout_converter, &options.timeout_ns, &sole_writer))
        return NULL;
    options.loans = loans == 0 ? -1 : loans;
    if (read_only) options.access = samepage_read_only;
    options.sole_writer = sole_writer != 0;
    PyObject* keeper = NULL;
    const char* text = NULL;
    if (take_place(place, &keeper, &text) != 0) return NULL;
    samepage_channel* handle = NULL;
    samepage_status status = samepage_ok;
    slices wait = slices_of(text, (int)options.sole_writer, &options.timeout_ns);
    do {
        Py_BEGIN_ALLOW_THREADS if (how == opening_open) status = samepage_channel_open(text, &options, &handle);
        else if (how == opening_create_new) status = samepage_channel_create_new(text, &options, &handle);
        else status = samepage_channel_create(text, &options, &handle);
        Py_END_ALLOW_THREADS
    } while (slices_go_on(&wait, &status));
    held* const self = status == samepage_ok ? held_new(type, close_channel) : NULL;
    if (self == NULL) {
        samepage_channel_close(handle);
        Py_DECREF(keeper);
        return status == samepage_ok ? NULL : raise_status(status);
    }
    self->handle = handle;
    self->place = keeper;
    self->strategy = options.strategy;
    return (PyObject*)self;
}

static PyObject* channel_new(PyTypeObject* type, PyObject* arguments, PyObject* named) {
    return make(type, arguments, named, opening_create);
}
static PyObject* channel_create_new(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_create_new);
}
static PyObject* channel_open(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_open);
}

/* ---- Sending ---- */

typedef struct sending {
    bytes_argument message;
    uint64_t sequence;
    size_t size_bytes;
    samepage_loan* loan;
} sending;

static samepage_status try_send(void* handle, void* call, int64_t timeout_ns) {
    sending* const mine = call;
    return samepage_channel_send(handle, mine->message.data, mine->message.size_bytes, timeout_ns, &mine->sequence);
}

static samepage_status try_borrow(void* handle, void* call, int64_t timeout_ns) {
    sending* const mine = call;
    return samepage_channel_borrow(handle, mine->size_bytes, timeout_ns, &mine->loan);
}

static PyObject* channel_send(FAST_ARGUMENTS) {
    static const char* const names[] = {"message", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    sending mine;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[1], &timeout_ns) != 0 || take_bytes(values[0], "message", &mine.message) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_send, &mine, timeout_ns, samepage_e_full);
    drop_bytes(&mine.message);
    return status == samepage_ok ? number_object(mine.sequence) : raise_status(status);
}

static PyObject* channel_borrow(FAST_ARGUMENTS) {
    static const char* const names[] = {"size_bytes", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    uint64_t size_bytes = 0;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[0], &size_bytes) != 0 || take_timeout(values[1], &timeout_ns) != 0) return NULL;
    if (size_bytes > PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_ValueError, "size_bytes is more than can be addressed");
        return NULL;
    }
    sending mine = {.size_bytes = (size_t)size_bytes};
    const samepage_status status = held_wait((held*)self, try_borrow, &mine, timeout_ns, samepage_e_full);
    return status == samepage_ok ? new_loan(mine.loan, mine.size_bytes) : raise_status(status);
}

/* ---- Subscribing ---- */

static samepage_status try_subscribe(void* handle, void* call, int64_t timeout_ns) {
    subscribing* const mine = call;
    /* In options 0 is the default: the least time is 1 ns. */
    mine->options.timeout_ns = timeout_ns == 0 ? 1 : timeout_ns;
    return samepage_channel_subscribe(handle, &mine->options, &mine->subscriber);
}

static PyObject* channel_subscribe(FAST_ARGUMENTS) {
    static const char* const names[] = {"start", "registered", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    subscribing mine = {.options = {.struct_size = sizeof(mine.options)}};
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    if (values[0] != NULL && PyUnicode_Check(values[0])) {
        const int oldest = PyUnicode_CompareWithASCIIString(values[0], "oldest") == 0;
        if (!oldest && PyUnicode_CompareWithASCIIString(values[0], "newest") != 0) {
            PyErr_SetString(PyExc_ValueError, "start is 'newest', 'oldest' or a message's number");
            return NULL;
        }
        mine.options.start = oldest ? samepage_oldest : samepage_newest;
    } else if (values[0] != NULL) {
        if (take_number(values[0], &mine.options.sequence) != 0) return NULL;
        if (mine.options.sequence == 0) {
            PyErr_SetString(PyExc_ValueError, "messages are numbered from 1 on");
            return NULL;
        }
    }
    const int registered = values[1] == NULL ? 0 : PyObject_IsTrue(values[1]);
    if (registered < 0 || take_timeout(values[2], &timeout_ns) != 0) return NULL;
    mine.options.registered = (uint32_t)registered;
    const samepage_status status = held_wait((held*)self, try_subscribe, &mine, timeout_ns, samepage_e_timed_out);
    return status == samepage_ok ? new_subscriber(mine.subscriber, self) : raise_status(status);
}

/* ---- Waiting in event loops ---- */

static PyObject* channel_fileno(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    intptr_t descriptor = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_channel_descriptor(handle, &descriptor);
    return status == samepage_ok ? PyLong_FromSsize_t((Py_ssize_t)descriptor) : raise_status(status);
}

static PyObject* channel_arm(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_channel_arm(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

/* ---- What it is ---- */

static PyObject* channel_check_name(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_channel_check_name(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* channel_info(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    samepage_channel_info info = {.struct_size = sizeof(info)};
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_channel_info_get(handle, &info);
    if (status != samepage_ok) return raise_status(status);
    return Py_BuildValue("{s:K,s:K,s:K,s:K,s:I,s:I,s:I,s:I,s:I,s:N,s:I}", "next_sequence",
                         (unsigned long long)info.next_sequence, "oldest_sequence",
                         (unsigned long long)info.oldest_sequence, "capacity_bytes",
                         (unsigned long long)info.capacity_bytes, "ring_bytes", (unsigned long long)info.ring_bytes,
                         "loans", info.loans, "loans_out", info.loans_out, "registered", info.registered, "waiters",
                         info.waiters, "sender_process", info.sender_process, "sleeps",
                         PyBool_FromLong((long)info.sleeps), "sole_writer_process", info.sole_writer_process);
}

static PyObject* channel_created(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t created = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_channel_created(handle, &created);
    return status == samepage_ok ? PyBool_FromLong(created) : raise_status(status);
}

static PyObject* channel_read_only(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t access = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_channel_access(handle, &access);
    return status == samepage_ok ? PyBool_FromLong(access == samepage_read_only) : raise_status(status);
}

static PyObject* channel_capacity(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint64_t capacity_bytes = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_channel_capacity(handle, &capacity_bytes);
    return status == samepage_ok ? number_object(capacity_bytes) : raise_status(status);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    MAKER("create_new", channel_create_new,
          "create_new(place, capacity_bytes=262144, *, loans=4, read_only=False, strategy='spin_then_sleep', "
          "timeout=5, sole_writer=False)\n--\n\nMakes it; AlreadyExists if there is one."),
    MAKER("open", channel_open,
          "open(place, *, read_only=False, strategy='spin_then_sleep', timeout=5, sole_writer=False)\n--\n\nOpens what "
          "exists; else "
          "NotFound."),
    FAST("send", channel_send,
         "send(message, timeout=5)\n--\n\nSends it, and gives its number. Waits for other senders and for registered "
         "subscribers."),
    FAST("borrow", channel_borrow,
         "borrow(size_bytes, timeout=5)\n--\n\nMemory in the channel, to fill in place and publish() without a copy."),
    FAST("subscribe", channel_subscribe,
         "subscribe(start='newest', *, registered=False, timeout=5)\n--\n\nA place in the stream. start: 'newest', "
         "'oldest' or a number. registered: it misses nothing, senders wait for it."),
    {"fileno", channel_fileno, METH_NOARGS, "fileno()\n--\n\nFor event loops: readable when there may be a message."},
    {"arm", channel_arm, METH_NOARGS, "arm()\n--\n\nTo be called first whenever fileno() is readable."},
    {"check_name", channel_check_name, METH_NOARGS,
     "check_name()\n--\n\nLostName when somebody has removed the object's file."},
    {"info", channel_info, METH_NOARGS, "info()\n--\n\nWhat there is to know, as a dict."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {HELD_GETTERS,
                                {"strategy", held_strategy, NULL, "How it waits.", NULL},
                                {"created", channel_created, NULL, "Whether this handle made it.", NULL},
                                {"read_only", channel_read_only, NULL, "Whether it may only be read.", NULL},
                                {"capacity_bytes", channel_capacity, NULL, "The largest message.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "Channel(place, capacity_bytes=262144, *, loans=4, read_only=False, strategy='spin_then_sleep', "
     "timeout=5, sole_writer=False)\n--\n\nA stream of messages that every subscriber sees. sole_writer: while this "
     "handle lives, others' sends are Denied."},
    {Py_tp_new, channel_new},
    {Py_tp_dealloc, held_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL}};

static PyType_Spec spec = {"samepage._samepage.Channel", sizeof(held), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                           slots};

int add_channel(PyObject* module) { return add_type(module, &spec, NULL); }
