/* samepage.Job: a job that was taken, to be acknowledged, replied or given back. */
/* SPDX-License-Identifier: MIT */
#include "queue.h"

typedef struct job_object {
    held base;
    int is_finished;
} job_object;

static PyTypeObject* job_type;

static void close_job(void* handle) { samepage_job_close(handle); }

PyObject* new_job(samepage_job* job) {
    held* const self = held_new(job_type, close_job);
    if (self == NULL) {
        samepage_job_close(job);
        return NULL;
    }
    self->handle = job;
    self->is_single = 1;
    return (PyObject*)self;
}

/* ---- What it is ---- */

static PyObject* job_data(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    size_t size_bytes = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_job_size(handle, &size_bytes);
    if (status != samepage_ok) return raise_status(status);
    return PyBytes_FromStringAndSize(samepage_job_data(handle), (Py_ssize_t)size_bytes);
}

static PyObject* job_id(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint64_t id = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_job_id(handle, &id);
    return status == samepage_ok ? number_object(id) : raise_status(status);
}

static PyObject* job_deliveries(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint32_t deliveries = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_job_deliveries(handle, &deliveries);
    return status == samepage_ok ? number_object(deliveries) : raise_status(status);
}

/* 0, or -1 with an exception. */
static int ask_call(PyObject* self, int32_t* is_call, uint64_t* reply_bytes_max) {
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return -1;
    const samepage_status status = samepage_job_is_call(handle, is_call, reply_bytes_max);
    if (status != samepage_ok) raise_status(status);
    return status == samepage_ok ? 0 : -1;
}

static PyObject* job_is_call(PyObject* self, void* unused) {
    (void)unused;
    int32_t is_call = 0;
    uint64_t reply_bytes_max = 0;
    return ask_call(self, &is_call, &reply_bytes_max) == 0 ? PyBool_FromLong(is_call) : NULL;
}

static PyObject* job_reply_bytes_max(PyObject* self, void* unused) {
    (void)unused;
    int32_t is_call = 0;
    uint64_t reply_bytes_max = 0;
    return ask_call(self, &is_call, &reply_bytes_max) == 0 ? number_object(reply_bytes_max) : NULL;
}

/* ---- Finishing it ---- */

static PyObject* finished(PyObject* self, samepage_status status) {
    if (status != samepage_ok) return raise_status(status);
    ((job_object*)self)->is_finished = 1;
    Py_RETURN_NONE;
}

static PyObject* job_acknowledge(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    return handle == NULL ? NULL : finished(self, samepage_job_acknowledge(handle));
}

static PyObject* job_give_back(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    return handle == NULL ? NULL : finished(self, samepage_job_give_back(handle));
}

static PyObject* job_fail(PyObject* self, PyObject* why) {
    if (!PyUnicode_Check(why)) {
        PyErr_Format(PyExc_TypeError, "why it can't be done is a str, not %R", (PyObject*)Py_TYPE(why));
        return NULL;
    }
    PyObject* const bytes = PyUnicode_AsEncodedString(why, "utf-8", "replace");
    void* const handle = bytes == NULL ? NULL : held_handle((held*)self);
    const samepage_status status = handle == NULL ? samepage_ok : samepage_job_fail(handle, PyBytes_AsString(bytes));
    Py_XDECREF(bytes);
    return handle == NULL ? NULL : finished(self, status);
}

static PyObject* job_reply(PyObject* self, PyObject* reply) {
    bytes_argument mine;
    if (take_bytes(reply, "reply", &mine) != 0) return NULL;
    void* const handle = held_handle((held*)self);
    const samepage_status status =
        handle == NULL ? samepage_ok : samepage_job_reply(handle, mine.data, mine.size_bytes);
    drop_bytes(&mine);
    return handle == NULL ? NULL : finished(self, status);
}

/* The block's end acknowledges it; an exception gives it back. */
static PyObject* job_exit(PyObject* self, PyObject* arguments) {
    PyObject* const type = PyTuple_GetItem(arguments, 0);
    if (type == NULL) return NULL;
    if (!((held*)self)->is_closed && !((job_object*)self)->is_finished && type == Py_None) {
        PyObject* const done = job_acknowledge(self, NULL);
        if (done == NULL) return NULL;
        Py_DECREF(done);
    }
    return held_close(self, NULL);
}

static PyMethodDef methods[] = {
    {"close", held_close, METH_NOARGS, "close()\n--\n\nGives it back unless it is finished."},
    {"__enter__", held_enter_with, METH_NOARGS, NULL},
    {"__exit__", job_exit, METH_VARARGS, NULL},
    {"acknowledge", job_acknowledge, METH_NOARGS, "acknowledge()\n--\n\nIt is done. NotOwner: it isn't this one's."},
    {"reply", job_reply, METH_O, "reply(reply, /)\n--\n\nIt is done, and who called gets these bytes. TooLarge."},
    {"fail", job_fail, METH_O,
     "fail(why, /)\n--\n\nIt can't be done, and no other worker shall try: who called gets Failed with this text."},
    {"give_back", job_give_back, METH_NOARGS, "give_back()\n--\n\nReady again: the next worker has it."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    {"closed", held_closed, NULL, "Whether it is closed.", NULL},
    {"data", job_data, NULL, "Its bytes.", NULL},
    {"id", job_id, NULL, "1, 2, 3 ... in the order of pushing.", NULL},
    {"deliveries", job_deliveries, NULL,
     "How often it was taken: more than 1 when a worker died with it or gave it back.", NULL},
    {"is_call", job_is_call, NULL, "Whether somebody waits for a reply.", NULL},
    {"reply_bytes_max", job_reply_bytes_max, NULL, "How long the reply may be.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc, "A job that was taken. `with job:` acknowledges it at its end, or gives it back after an exception."},
    {Py_tp_dealloc, held_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL}};

static PyType_Spec spec = {"samepage.Job", sizeof(job_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int add_job(PyObject* module) { return add_type(module, &spec, &job_type); }
