/* samepage.Loan: memory in a channel, to fill a message in place. */
/* SPDX-License-Identifier: MIT */
#include "channel.h"

typedef struct loan_object {
    held base;
    size_t size_bytes;
} loan_object;

static PyTypeObject* loan_type;

static void close_loan(void* handle) { samepage_loan_close(handle); }

PyObject* new_loan(samepage_loan* loan, size_t size_bytes) {
    loan_object* const self = (loan_object*)held_new(loan_type, close_loan);
    if (self == NULL) {
        samepage_loan_close(loan);
        return NULL;
    }
    self->base.handle = loan;
    self->base.is_single = 1;
    self->size_bytes = size_bytes;
    return (PyObject*)self;
}

static int loan_getbuffer(PyObject* object, Py_buffer* view, int flags) {
    loan_object* const self = (loan_object*)object;
    void* const handle = held_handle(&self->base);
    view->obj = NULL;
    if (handle == NULL) return -1;
    void* const data = samepage_loan_data(handle);
    if (data == NULL && self->size_bytes != 0) {
        PyErr_SetString(PyExc_BufferError, "it is published: its bytes belong to the channel");
        return -1;
    }
    if (PyBuffer_FillInfo(view, object, data, (Py_ssize_t)self->size_bytes, 0, flags) != 0) return -1;
    ++self->base.exports;
    return 0;
}

static void loan_releasebuffer(PyObject* self, Py_buffer* view) {
    (void)view;
    --((held*)self)->exports;
}

static Py_ssize_t loan_length(PyObject* self) { return (Py_ssize_t)((loan_object*)self)->size_bytes; }

typedef struct publishing {
    size_t size_bytes;
    uint64_t sequence;
} publishing;

static samepage_status try_publish(void* handle, void* call, int64_t timeout_ns) {
    publishing* const mine = call;
    return samepage_loan_publish(handle, mine->size_bytes, timeout_ns, &mine->sequence);
}

static PyObject* loan_publish(FAST_ARGUMENTS) {
    static const char* const names[] = {"size_bytes", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    uint64_t size_bytes = ((loan_object*)self)->size_bytes;
    if (take_arguments(names, 0, 2, given, count, given_names, values) != 0) return NULL;
    if (values[0] != Py_None && take_number(values[0], &size_bytes) != 0) return NULL;
    if (take_timeout(values[1], &timeout_ns) != 0) return NULL;
    if (((held*)self)->exports != 0) {
        PyErr_SetString(PyExc_BufferError, "a memoryview or an array of it is still in use; release that first");
        return NULL;
    }
    if (size_bytes > ((loan_object*)self)->size_bytes) {
        PyErr_SetString(PyExc_ValueError, "size_bytes is more than was borrowed");
        return NULL;
    }
    publishing mine = {.size_bytes = (size_t)size_bytes};
    const samepage_status status = held_wait((held*)self, try_publish, &mine, timeout_ns, samepage_e_full);
    if (status != samepage_ok) return raise_status(status);
    held_release((held*)self);
    return number_object(mine.sequence);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    FAST("publish", loan_publish,
         "publish(size_bytes=None, timeout=5)\n--\n\nSends it, or its first size_bytes, and gives its number."),
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {{"closed", held_closed, NULL, "Whether it is published or closed.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Memory in a channel, as a buffer to write in; dropped unless it is published."},
    {Py_tp_dealloc, held_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_mp_length, loan_length},
    {Py_bf_getbuffer, loan_getbuffer},
    {Py_bf_releasebuffer, loan_releasebuffer},
    {0, NULL}};

static PyType_Spec spec = {"samepage.Loan", sizeof(loan_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_loan(PyObject* module) { return add_type(module, &spec, &loan_type); }
