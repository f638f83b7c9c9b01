/* What samepage.NDArray stands on: an array's handle, its bytes as a buffer, writing and copying. */
/* SPDX-License-Identifier: MIT */
#include "common.h"

/*
 * numpy.ndarray(shape, dtype, this) takes the address and keeps only the object: so there is no close(), and the array
 * is held as long as the object is there.
 */
typedef struct ndarray_object {
    held base;
    uint64_t size_bytes;
} ndarray_object;

static void close_ndarray(void* handle) { samepage_ndarray_close(handle); }

/* (place, dtype, shape, read_only, timeout); dtype None: opens it. */
static PyObject* ndarray_new(PyTypeObject* type, PyObject* arguments, PyObject* named) {
    static char* names[] = {"place", "dtype", "shape", "read_only", "timeout", NULL};
    PyObject *place = NULL, *shape = NULL;
    const char *dtype = NULL, *text = NULL;
    int read_only = 0;
    uint64_t numbers[SAMEPAGE_NDARRAY_DIMENSIONS_MAX];
    samepage_ndarray_options options = {.struct_size = sizeof(options), .timeout_ns = SAMEPAGE_PATIENCE};
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "OzO!pO&", names, &place, &dtype, &PyTuple_Type, &shape,
                                     &read_only, timeout_converter, &options.timeout_ns))
        return NULL;
    if (read_only) options.access = samepage_read_only;
    const Py_ssize_t dimensions = PyTuple_Size(shape);
    if (dimensions > SAMEPAGE_NDARRAY_DIMENSIONS_MAX) {
        PyErr_SetString(PyExc_ValueError, "an array has at most 32 dimensions");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < dimensions; ++i)
        if (take_number(PyTuple_GetItem(shape, i), &numbers[i]) != 0) return NULL;
    ndarray_object* const self = (ndarray_object*)held_new(type, close_ndarray);
    if (self == NULL) return NULL;
    samepage_ndarray* handle = NULL;
    samepage_status status = exception_set;
    if (take_place(place, &self->base.place, &text) == 0) {
        /* Without a type it may wait for who is just making a region an array. */
        slices wait = slices_of(text, dtype == NULL, &options.timeout_ns);
        do {
            Py_BEGIN_ALLOW_THREADS if (dtype == NULL) status = samepage_ndarray_open(text, &options, &handle);
            else status = samepage_ndarray_create(text, dtype, numbers, (size_t)dimensions, &options, &handle);
            Py_END_ALLOW_THREADS
        } while (slices_go_on(&wait, &status));
    }
    self->base.handle = handle;
    if (status == samepage_ok) status = samepage_ndarray_size(handle, &self->size_bytes);
    if (status == samepage_ok) return (PyObject*)self;
    if (status > samepage_ok) raise_status(status);
    Py_DECREF((PyObject*)self);
    return NULL;
}

static int is_read_only(void* handle) {
    int32_t access = samepage_read_write;
    return samepage_ndarray_access(handle, &access) == samepage_ok && access == samepage_read_only;
}

static int ndarray_getbuffer(PyObject* object, Py_buffer* view, int flags) {
    void* const handle = held_handle((held*)object);
    view->obj = NULL;
    if (handle == NULL) return -1;
    return PyBuffer_FillInfo(view, object, samepage_ndarray_data(handle),
                             (Py_ssize_t)((ndarray_object*)object)->size_bytes, is_read_only(handle), flags);
}

/* ---- Writing and copying ---- */

static samepage_status try_begin(void* handle, void* call, int64_t timeout_ns) {
    return samepage_ndarray_begin_writing(handle, timeout_ns, call);
}

static PyObject* ndarray_begin_writing(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    int32_t was_torn = 0;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[0], &timeout_ns) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_begin, &was_torn, timeout_ns, samepage_e_timed_out);
    return status == samepage_ok ? PyBool_FromLong(was_torn) : raise_status(status);
}

static PyObject* ndarray_end_writing(PyObject* self, PyObject* whole) {
    void* const handle = held_handle((held*)self);
    const int is_whole = PyObject_IsTrue(whole);
    uint64_t version = 0;
    if (handle == NULL || is_whole < 0) return NULL;
    const samepage_status status = samepage_ndarray_end_writing(handle, is_whole, &version);
    return status == samepage_ok ? number_object(version) : raise_status(status);
}

typedef struct copying {
    void* into;
    size_t room_bytes;
    uint64_t version;
    int is_busy;
} copying;

/* A large one isn't copied with the GIL, which is what the try that doesn't wait has. */
static samepage_status try_copy(void* handle, void* call, int64_t timeout_ns) {
    copying* const mine = call;
    if (timeout_ns == SAMEPAGE_NO_WAIT && mine->room_bytes >= LARGE_BYTES) return samepage_e_timed_out;
    const samepage_status status =
        samepage_ndarray_copy(handle, mine->into, mine->room_bytes, timeout_ns, NULL, &mine->version);
    /* It is tried again, in the next slice. */
    mine->is_busy = status == samepage_e_busy;
    return mine->is_busy ? samepage_e_timed_out : status;
}

static PyObject* ndarray_copy_into(FAST_ARGUMENTS) {
    static const char* const names[] = {"buffer", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    Py_buffer view;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[1], &timeout_ns) != 0) return NULL;
    if (PyObject_GetBuffer(values[0], &view, PyBUF_WRITABLE) != 0) return NULL;
    copying mine = {view.buf, (size_t)view.len, 0, 0};
    if (timeout_ns == SAMEPAGE_NO_WAIT && mine.room_bytes >= LARGE_BYTES) timeout_ns = 1;
    samepage_status status = held_wait((held*)self, try_copy, &mine, timeout_ns, samepage_e_timed_out);
    if (status == samepage_e_timed_out && mine.is_busy) status = samepage_e_busy;
    PyBuffer_Release(&view);
    return status == samepage_ok ? number_object(mine.version) : raise_status(status);
}

/* ---- What it is ---- */

static PyObject* numbers_of(PyObject* self, int strides) {
    void* const handle = held_handle((held*)self);
    uint64_t shape[SAMEPAGE_NDARRAY_DIMENSIONS_MAX], steps[SAMEPAGE_NDARRAY_DIMENSIONS_MAX];
    size_t dimensions = 0;
    if (handle == NULL) return NULL;
    const samepage_status status =
        samepage_ndarray_shape(handle, shape, steps, SAMEPAGE_NDARRAY_DIMENSIONS_MAX, &dimensions);
    if (status != samepage_ok) return raise_status(status);
    PyObject* const all = PyTuple_New((Py_ssize_t)dimensions);
    for (size_t i = 0; all != NULL && i < dimensions; ++i) {
        PyObject* const one = number_object(strides ? steps[i] : shape[i]);
        if (one == NULL) {
            Py_DECREF(all);
            return NULL;
        }
        PyTuple_SetItem(all, (Py_ssize_t)i, one);
    }
    return all;
}

static PyObject* ndarray_shape(PyObject* self, void* unused) {
    (void)unused;
    return numbers_of(self, 0);
}

static PyObject* ndarray_strides(PyObject* self, void* unused) {
    (void)unused;
    return numbers_of(self, 1);
}

static PyObject* ndarray_dtype(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    return handle == NULL ? NULL : PyUnicode_FromString(samepage_ndarray_dtype(handle));
}

static PyObject* ndarray_version(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint64_t version = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_ndarray_version(handle, &version);
    return status == samepage_ok ? number_object(version) : raise_status(status);
}

static PyObject* ndarray_created(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t created = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_ndarray_created(handle, &created);
    return status == samepage_ok ? PyBool_FromLong(created) : raise_status(status);
}

static PyObject* ndarray_read_only(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    return handle == NULL ? NULL : PyBool_FromLong(is_read_only(handle));
}

static PyObject* call_plainly(PyObject* object, samepage_status(SAMEPAGE_CALL* act)(samepage_ndarray*)) {
    held* const self = (held*)object;
    void* const handle = held_handle(self);
    if (handle == NULL) return NULL;
    samepage_status status = samepage_ok;
    held_enter(self);
    Py_BEGIN_ALLOW_THREADS status = act(handle);
    Py_END_ALLOW_THREADS held_leave(self);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* ndarray_check_name(PyObject* self, PyObject* unused) {
    (void)unused;
    return call_plainly(self, samepage_ndarray_check_name);
}

static PyObject* ndarray_flush(PyObject* self, PyObject* unused) {
    (void)unused;
    return call_plainly(self, samepage_ndarray_flush);
}

static PyMethodDef methods[] = {
    FAST("begin_writing", ndarray_begin_writing, "begin_writing(timeout=5)\n--\n\nWhether it was torn."),
    {"end_writing", ndarray_end_writing, METH_O, "end_writing(whole, /)\n--\n\nThe version; not whole, it is torn."},
    FAST("copy_into", ndarray_copy_into, "copy_into(buffer, timeout=5)\n--\n\nA whole copy; gives its version."),
    {"check_name", ndarray_check_name, METH_NOARGS,
     "check_name()\n--\n\nLostName when somebody has removed the object's file."},
    {"flush", ndarray_flush, METH_NOARGS, "flush()\n--\n\nBrings a file's bytes to the disk."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {{"place", held_place, NULL, "The name or path under which it is.", NULL},
                                {"dtype", ndarray_dtype, NULL, "NumPy's text for the type of the elements.", NULL},
                                {"shape", ndarray_shape, NULL, "Its dimensions.", NULL},
                                {"strides", ndarray_strides, NULL, "Bytes from one element to the next.", NULL},
                                {"version", ndarray_version, NULL, "Larger with each writing.", NULL},
                                {"created", ndarray_created, NULL, "Whether this handle made it.", NULL},
                                {"read_only", ndarray_read_only, NULL, "Whether it may only be read.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {{Py_tp_doc, "The handle of an array, and its bytes as a buffer."},
                              {Py_tp_new, ndarray_new},
                              {Py_tp_dealloc, held_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, getters},
                              {Py_bf_getbuffer, ndarray_getbuffer},
                              {0, NULL}};

static PyType_Spec spec = {"samepage._samepage.Array", sizeof(ndarray_object), 0, Py_TPFLAGS_DEFAULT, slots};

int add_ndarray(PyObject* module) { return add_type(module, &spec, NULL); }
