/* samepage.Subscriber: one reader's place in a channel. */
/* SPDX-License-Identifier: MIT */
#include "channel.h"

typedef struct subscriber_object {
    held base;
    PyObject* channel;
} subscriber_object;

static PyTypeObject* subscriber_type;
/* The package's class, derived of it, which subscribe() gives. */
static PyTypeObject* subscriber_class;

static void close_subscriber(void* handle) { samepage_subscriber_close(handle); }

PyObject* new_subscriber(samepage_subscriber* subscriber, PyObject* channel) {
    held* const self = held_new(subscriber_class == NULL ? subscriber_type : subscriber_class, close_subscriber);
    if (self == NULL) {
        samepage_subscriber_close(subscriber);
        return NULL;
    }
    self->handle = subscriber;
    self->is_single = 1;
    ((subscriber_object*)self)->channel = Py_NewRef(channel);
    return (PyObject*)self;
}

typedef struct receiving {
    char* into;
    size_t room_bytes;
    size_t size_bytes;
    uint64_t sequence;
    uint64_t missed;
} receiving;

static samepage_status try_receive(void* handle, void* call, int64_t timeout_ns) {
    receiving* const mine = call;
    return samepage_subscriber_receive(handle, mine->into, mine->room_bytes, timeout_ns, &mine->size_bytes,
                                       &mine->sequence, &mine->missed);
}

static PyObject* receive(held* self, int64_t timeout_ns) {
    char few[SMALL_BYTES];
    receiving mine = {few, sizeof(few), 0, 0, 0};
    PyObject* data = NULL;
    samepage_status status = held_wait(self, try_receive, &mine, timeout_ns, samepage_e_timed_out);
    /* It may be overtaken meanwhile, and the next be larger. */
    while (status == samepage_e_too_large) {
        Py_XDECREF(data);
        mine.room_bytes = mine.size_bytes;
        data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)mine.room_bytes);
        if (data == NULL || held_handle(self) == NULL) {
            status = exception_set;
            break;
        }
        void* const handle = self->handle;
        mine.into = PyBytes_AsString(data);
        if (mine.room_bytes < LARGE_BYTES)
            status = try_receive(handle, &mine, SAMEPAGE_NO_WAIT);
        else {
            held_enter(self);
            Py_BEGIN_ALLOW_THREADS status = try_receive(handle, &mine, SAMEPAGE_NO_WAIT);
            Py_END_ALLOW_THREADS held_leave(self);
        }
    }
    if (status == samepage_ok && (data == NULL || mine.size_bytes != mine.room_bytes)) {
        PyObject* const shorter = PyBytes_FromStringAndSize(mine.into, (Py_ssize_t)mine.size_bytes);
        Py_XDECREF(data);
        data = shorter;
    }
    if (status == samepage_ok)
        return data == NULL ? NULL
                            : pair_of(message_type, data, number_object(mine.sequence), number_object(mine.missed));
    Py_XDECREF(data);
    return raise_status(status);
}

static PyObject* subscriber_receive(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    return take_timeout(values[0], &timeout_ns) != 0 ? NULL : receive((held*)self, timeout_ns);
}

static PyObject* subscriber_next(PyObject* self) { return receive((held*)self, SAMEPAGE_FOREVER); }

static samepage_status try_wait(void* handle, void* call, int64_t timeout_ns) {
    (void)call;
    return samepage_subscriber_wait(handle, timeout_ns);
}

static PyObject* subscriber_wait(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[0], &timeout_ns) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_wait, NULL, timeout_ns, samepage_e_timed_out);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* subscriber_next_sequence(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint64_t sequence = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_subscriber_next_sequence(handle, &sequence);
    return status == samepage_ok ? number_object(sequence) : raise_status(status);
}

static PyObject* subscriber_registered(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t registered = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_subscriber_is_registered(handle, &registered);
    return status == samepage_ok ? PyBool_FromLong(registered) : raise_status(status);
}

static PyObject* subscriber_channel(PyObject* self, void* unused) {
    (void)unused;
    PyObject* const channel = ((subscriber_object*)self)->channel;
    return Py_NewRef(channel == NULL ? Py_None : channel);
}

static int subscriber_traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((subscriber_object*)self)->channel);
    return 0;
}

static int subscriber_clear(PyObject* self) {
    Py_CLEAR(((subscriber_object*)self)->channel);
    return 0;
}

static void subscriber_dealloc(PyObject* self) {
    PyObject_GC_UnTrack(self);
    subscriber_clear(self);
    held_dealloc(self);
}

/* A class decorator of the package. */
static PyObject* subscriber_set_class(PyObject* type, PyObject* derived) {
    if (!PyType_Check(derived) || !PyType_IsSubtype((PyTypeObject*)derived, (PyTypeObject*)type)) {
        PyErr_SetString(PyExc_TypeError, "a class derived of Subscriber");
        return NULL;
    }
    Py_XDECREF((PyObject*)subscriber_class);
    subscriber_class = (PyTypeObject*)Py_NewRef(derived);
    return Py_NewRef(derived);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    FAST("receive", subscriber_receive,
         "receive(timeout=None)\n--\n\nThe next message: (data, sequence, missed). Waits for it."),
    FAST("wait", subscriber_wait, "wait(timeout=None)\n--\n\nWaits until there is a next message."),
    {"set_class", subscriber_set_class, METH_O | METH_CLASS, "The class that subscribe() gives."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    {"closed", held_closed, NULL, "Whether it is closed.", NULL},
    {"next_sequence", subscriber_next_sequence, NULL, "Of the next message if none is missed.", NULL},
    {"registered", subscriber_registered, NULL, "Whether senders wait for it.", NULL},
    {"channel", subscriber_channel, NULL, "The handle that it was made from.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, "One reader's place in a channel: iterates over messages for ever. One thread at a time."},
    {Py_tp_dealloc, subscriber_dealloc},
    {Py_tp_traverse, subscriber_traverse},
    {Py_tp_clear, subscriber_clear},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, subscriber_next},
    {0, NULL}};

static PyType_Spec spec = {
    "samepage._samepage.Subscriber", sizeof(subscriber_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_subscriber(PyObject* module) { return add_type(module, &spec, &subscriber_type); }
