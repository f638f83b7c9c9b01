/* samepage.Region: bytes with Python's buffer protocol; and View, a window of one. */
/* SPDX-License-Identifier: MIT */
#include "common.h"

/*
 * Who looks at a buffer doesn't always say so: numpy.ndarray(shape, dtype, region) takes the address and keeps only the
 * object. So the bytes stay mapped as long as the object is there, closed or not. close() frees the name.
 */
typedef struct region_object {
    held base;
    samepage_view* bytes; /* all of them, from the first buffer on */
} region_object;

static PyTypeObject* region_type;
static PyTypeObject* view_type;

/* ---- Region ---- */

static void close_region(void* handle) { samepage_region_close(handle); }
static void close_view(void* handle) { samepage_view_close(handle); }

static PyObject* adopt(PyTypeObject* type, void* handle, PyObject* place) {
    held* const self = held_new(type, close_region);
    if (self == NULL) {
        samepage_region_close(handle);
        return NULL;
    }
    self->handle = handle;
    self->place = place == NULL ? NULL : Py_NewRef(place);
    return (PyObject*)self;
}

static PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject* named, enum opening how) {
    static char* create_names[] = {"place", "size_bytes", "backing", "read_only", "timeout", NULL};
    static char* open_names[] = {"place", "read_only", "timeout", NULL};
    PyObject* place = NULL;
    PyObject* backing = Py_None;
    uint64_t size_bytes = 0;
    int read_only = 0;
    samepage_region_options options = {.struct_size = sizeof(options), .timeout_ns = SAMEPAGE_PATIENCE};
    if (how == opening_open
            ? !PyArg_ParseTupleAndKeywords(arguments, named, "O|$pO&", open_names, &place, &read_only,
                                           timeout_converter, &options.timeout_ns)
            : !PyArg_ParseTupleAndKeywords(arguments, named, "OO&|O$pO&", create_names, &place, number_converter,
                                           &size_bytes, &backing, &read_only, timeout_converter, &options.timeout_ns))
        return NULL;
    if (read_only) options.access = samepage_read_only;
    if (backing != Py_None && how == opening_create_new) {
        PyErr_SetString(PyExc_TypeError,
                        "a file that backs a name may exist already: use Region(place, size, backing)");
        return NULL;
    }

    PyObject *keeper = NULL, *backing_keeper = NULL;
    const char *text = NULL, *backing_text = NULL;
    samepage_region* handle = NULL;
    samepage_status status = samepage_ok;
    if (take_place(place, &keeper, &text) != 0) return NULL;
    if (backing != Py_None && take_place(backing, &backing_keeper, &backing_text) != 0) {
        Py_DECREF(keeper);
        return NULL;
    }
    slices wait = slices_of(text, 0, &options.timeout_ns);
    do {
        Py_BEGIN_ALLOW_THREADS if (how == opening_open) status = samepage_region_open(text, &options, &handle);
        else if (how == opening_create_new) status = samepage_region_create_new(text, size_bytes, &options, &handle);
        else if (backing_text != NULL) status =
            samepage_region_create_backed(text, size_bytes, backing_text, &options, &handle);
        else status = samepage_region_create(text, size_bytes, &options, &handle);
        Py_END_ALLOW_THREADS
    } while (slices_go_on(&wait, &status));
    PyObject* const made = status == samepage_ok ? adopt(type, handle, keeper) : raise_status(status);
    Py_DECREF(keeper);
    Py_XDECREF(backing_keeper);
    return made;
}

static PyObject* region_new(PyTypeObject* type, PyObject* arguments, PyObject* named) {
    return make(type, arguments, named, opening_create);
}
static PyObject* region_create_new(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_create_new);
}
static PyObject* region_open(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_open);
}

static PyObject* region_anonymous(PyObject* type, PyObject* arguments, PyObject* named) {
    static char* names[] = {"size_bytes", NULL};
    uint64_t size_bytes = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O&", names, number_converter, &size_bytes)) return NULL;
    samepage_region* handle = NULL;
    const samepage_status status = samepage_region_anonymous(size_bytes, NULL, &handle);
    return status == samepage_ok ? adopt((PyTypeObject*)type, handle, NULL) : raise_status(status);
}

static PyObject* region_from_native(PyObject* type, PyObject* arguments, PyObject* named) {
    static char* names[] = {"descriptor", "size_bytes", "read_only", NULL};
    Py_ssize_t native = 0;
    uint64_t size_bytes = 0;
    int read_only = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "n|O&$p", names, &native, number_converter, &size_bytes,
                                     &read_only))
        return NULL;
    samepage_region_options options = {.struct_size = sizeof(options)};
    if (read_only) options.access = samepage_read_only;
    samepage_region* handle = NULL;
    const samepage_status status = samepage_region_from_native((intptr_t)native, size_bytes, &options, &handle);
    return status == samepage_ok ? adopt((PyTypeObject*)type, handle, NULL) : raise_status(status);
}

static int read_only_of(void* handle, int* read_only) {
    int32_t access = 0;
    const samepage_status status = samepage_region_access(handle, &access);
    if (status != samepage_ok) {
        raise_status(status);
        return -1;
    }
    *read_only = access == samepage_read_only;
    return 0;
}

static int region_getbuffer(PyObject* object, Py_buffer* view, int flags) {
    held* const self = (held*)object;
    void* const handle = held_handle(self);
    uint64_t size_bytes = 0;
    int read_only = 0;
    view->obj = NULL;
    if (handle == NULL || read_only_of(handle, &read_only) != 0) return -1;
    const samepage_status status = samepage_region_size(handle, &size_bytes);
    if (status != samepage_ok) {
        raise_status(status);
        return -1;
    }
    if (size_bytes > PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_BufferError, "it is larger than this process can address; use map()");
        return -1;
    }
    samepage_view** const bytes = &((region_object*)object)->bytes;
    if (*bytes == NULL) {
        const samepage_status mapped = samepage_region_map(handle, 0, 0, bytes);
        if (mapped != samepage_ok) {
            raise_status(mapped);
            return -1;
        }
    }
    if (PyBuffer_FillInfo(view, object, samepage_view_data(*bytes), (Py_ssize_t)size_bytes, read_only, flags) != 0)
        return -1;
    ++self->exports;
    return 0;
}

static void region_dealloc(PyObject* self) {
    samepage_view_close(((region_object*)self)->bytes);
    held_dealloc(self);
}

static void releasebuffer(PyObject* self, Py_buffer* view) {
    (void)view;
    --((held*)self)->exports;
}

static Py_ssize_t region_length(PyObject* self) {
    void* const handle = held_handle((held*)self);
    uint64_t size_bytes = 0;
    if (handle == NULL) return -1;
    const samepage_status status = samepage_region_size(handle, &size_bytes);
    if (status != samepage_ok) {
        raise_status(status);
        return -1;
    }
    return (Py_ssize_t)size_bytes;
}

static PyObject* region_write_text(FAST_ARGUMENTS) {
    static const char* const names[] = {"text", "offset_bytes", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    uint64_t offset_bytes = 0;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[1], &offset_bytes) != 0) return NULL;
    PyObject* const encoded = PyUnicode_AsUTF8String(values[0]);
    if (encoded == NULL) return NULL;
    char* text = NULL;
    /* No length asked for: a zero in the text is a ValueError. */
    void* const handle = PyBytes_AsStringAndSize(encoded, &text, NULL) != 0 ? NULL : held_handle((held*)self);
    const samepage_status status =
        handle == NULL ? samepage_ok : samepage_region_write_text(handle, text, offset_bytes);
    Py_DECREF(encoded);
    if (handle == NULL) return NULL;
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* region_read_text(FAST_ARGUMENTS) {
    static const char* const names[] = {"offset_bytes", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    uint64_t offset_bytes = 0;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[0], &offset_bytes) != 0) return NULL;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    char few[SMALL_BYTES];
    char* into = few;
    size_t room_bytes = sizeof(few), size_bytes = 0;
    samepage_status status = samepage_region_read_text(handle, into, room_bytes, offset_bytes, &size_bytes);
    /* It ends where the room does: there may be more. */
    while (status == samepage_ok && size_bytes == room_bytes - 1) {
        room_bytes *= 8;
        char* const more = PyMem_Realloc(into == few ? NULL : into, room_bytes);
        if (more == NULL) {
            if (into != few) PyMem_Free(into);
            return PyErr_NoMemory();
        }
        into = more;
        status = samepage_region_read_text(handle, into, room_bytes, offset_bytes, &size_bytes);
    }
    PyObject* const text =
        status == samepage_ok ? PyUnicode_DecodeUTF8(into, (Py_ssize_t)size_bytes, NULL) : raise_status(status);
    if (into != few) PyMem_Free(into);
    return text;
}

static PyObject* region_flush(PyObject* object, PyObject* unused) {
    (void)unused;
    held* const self = (held*)object;
    void* const handle = held_handle(self);
    if (handle == NULL) return NULL;
    samepage_status status = samepage_ok;
    held_enter(self);
    Py_BEGIN_ALLOW_THREADS status = samepage_region_flush(handle);
    Py_END_ALLOW_THREADS held_leave(self);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* region_map(FAST_ARGUMENTS) {
    static const char* const names[] = {"offset_bytes", "size_bytes", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    uint64_t offset_bytes = 0, size_bytes = 0;
    int read_only = 0;
    if (take_arguments(names, 0, 2, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[0], &offset_bytes) != 0 || take_number(values[1], &size_bytes) != 0) return NULL;
    void* const handle = held_handle((held*)self);
    if (handle == NULL || read_only_of(handle, &read_only) != 0) return NULL;
    if (size_bytes > PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_ValueError, "size_bytes is more than can be addressed");
        return NULL;
    }
    samepage_view* view = NULL;
    const samepage_status status = samepage_region_map(handle, offset_bytes, (size_t)size_bytes, &view);
    if (status != samepage_ok) return raise_status(status);
    held* const made = held_new(view_type, close_view);
    if (made == NULL)
        samepage_view_close(view);
    else
        made->handle = view;
    /* A view has no place and no strategy: the field says whether it may be written. */
    if (made != NULL) made->strategy = (uint32_t)read_only;
    return (PyObject*)made;
}

static PyObject* region_check_name(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_region_check_name(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* region_fileno(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    intptr_t native = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_region_native(handle, &native);
    return status == samepage_ok ? PyLong_FromSsize_t((Py_ssize_t)native) : raise_status(status);
}

static PyObject* region_created(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t created = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_region_created(handle, &created);
    return status == samepage_ok ? PyBool_FromLong(created) : raise_status(status);
}

static PyObject* region_read_only(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int read_only = 0;
    if (handle == NULL || read_only_of(handle, &read_only) != 0) return NULL;
    return PyBool_FromLong(read_only);
}

static PyMethodDef region_methods[] = {
    HELD_METHODS,
    MAKER(
        "create_new", region_create_new,
        "create_new(place, size_bytes, *, read_only=False, timeout=5)\n--\n\nMakes it; AlreadyExists if there is one."),
    MAKER("open", region_open, "open(place, *, read_only=False, timeout=5)\n--\n\nOpens what exists; else NotFound."),
    MAKER("anonymous", region_anonymous,
          "anonymous(size_bytes)\n--\n\nZeroed bytes without a name, for forked children."),
    MAKER("from_native", region_from_native,
          "from_native(descriptor, size_bytes=0, *, read_only=False)\n--\n\nThe bytes of an open file."),
    FAST("write_text", region_write_text,
         "write_text(text, offset_bytes=0)\n--\n\nText with a zero at its end, as in C: whole, or TooLarge."),
    FAST("read_text", region_read_text, "read_text(offset_bytes=0)\n--\n\nThe text up to the first zero."),
    {"flush", region_flush, METH_NOARGS, "flush()\n--\n\nBrings a file's bytes to the disk."},
    FAST("map", region_map,
         "map(offset_bytes=0, size_bytes=0)\n--\n\nA window at any offset, of any length; 0 is up to the end."),
    {"check_name", region_check_name, METH_NOARGS,
     "check_name()\n--\n\nLostName when somebody has removed the object's file."},
    {"fileno", region_fileno, METH_NOARGS, "fileno()\n--\n\nThe descriptor; the region's to close."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef region_getters[] = {HELD_GETTERS,
                                       {"created", region_created, NULL, "Whether this handle made it.", NULL},
                                       {"read_only", region_read_only, NULL, "Whether it may only be read.", NULL},
                                       {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot region_slots[] = {
    {Py_tp_doc, "Region(place, size_bytes, backing=None, *, read_only=False, timeout=5)\n--\n\nBytes under a name."},
    {Py_tp_new, region_new},
    {Py_tp_dealloc, region_dealloc},
    {Py_tp_methods, region_methods},
    {Py_tp_getset, region_getters},
    {Py_mp_length, region_length},
    {Py_bf_getbuffer, region_getbuffer},
    {Py_bf_releasebuffer, releasebuffer},
    {0, NULL}};

static PyType_Spec region_spec = {"samepage._samepage.Region", sizeof(region_object), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, region_slots};

/* ---- View ---- */

static int view_getbuffer(PyObject* object, Py_buffer* view, int flags) {
    held* const self = (held*)object;
    void* const handle = held_handle(self);
    size_t size_bytes = 0;
    view->obj = NULL;
    if (handle == NULL) return -1;
    const samepage_status status = samepage_view_size(handle, &size_bytes);
    if (status != samepage_ok) {
        raise_status(status);
        return -1;
    }
    if (PyBuffer_FillInfo(view, object, samepage_view_data(handle), (Py_ssize_t)size_bytes, (int)self->strategy,
                          flags) != 0)
        return -1;
    ++self->exports;
    self->keeps_bytes = 1;
    return 0;
}

static Py_ssize_t view_length(PyObject* self) {
    void* const handle = held_handle((held*)self);
    size_t size_bytes = 0;
    if (handle == NULL) return -1;
    const samepage_status status = samepage_view_size(handle, &size_bytes);
    if (status != samepage_ok) {
        raise_status(status);
        return -1;
    }
    return (Py_ssize_t)size_bytes;
}

static PyObject* view_flush(PyObject* object, PyObject* unused) {
    (void)unused;
    held* const self = (held*)object;
    void* const handle = held_handle(self);
    if (handle == NULL) return NULL;
    samepage_status status = samepage_ok;
    held_enter(self);
    Py_BEGIN_ALLOW_THREADS status = samepage_view_flush(handle);
    Py_END_ALLOW_THREADS held_leave(self);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyMethodDef view_methods[] = {
    HELD_METHODS,
    {"flush", view_flush, METH_NOARGS, "flush()\n--\n\nBrings a file's bytes to the disk."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef view_getters[] = {{"closed", held_closed, NULL, "Whether it is closed.", NULL},
                                     {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot view_slots[] = {{Py_tp_doc, "A window of a region, with its bytes as a buffer."},
                                   {Py_tp_dealloc, held_dealloc},
                                   {Py_tp_methods, view_methods},
                                   {Py_tp_getset, view_getters},
                                   {Py_mp_length, view_length},
                                   {Py_bf_getbuffer, view_getbuffer},
                                   {Py_bf_releasebuffer, releasebuffer},
                                   {0, NULL}};

static PyType_Spec view_spec = {"samepage.View", sizeof(held), 0,
                                Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, view_slots};

int add_region(PyObject* module) {
    return add_type(module, &region_spec, &region_type) == 0 && add_type(module, &view_spec, &view_type) == 0 ? 0 : -1;
}
