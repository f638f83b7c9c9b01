/* samepage.Queue: jobs, each handled by exactly one worker. */
/* SPDX-License-Identifier: MIT */
#include "queue.h"

static void close_queue(void* handle) { samepage_queue_close(handle); }

static PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject* named, enum opening how) {
    static char* create_names[] = {"place", "capacity_bytes", "strategy", "timeout", NULL};
    static char* open_names[] = {"place", "strategy", "timeout", NULL};
    PyObject* place = NULL;
    samepage_queue_options options = {.struct_size = sizeof(options), .timeout_ns = SAMEPAGE_PATIENCE};
    if (how == opening_open
            ? !PyArg_ParseTupleAndKeywords(arguments, named, "O|$O&O&", open_names, &place, strategy_converter,
                                           &options.strategy, timeout_converter, &options.timeout_ns)
            : !PyArg_ParseTupleAndKeywords(arguments, named, "O|O&$O&O&", create_names, &place, number_converter,
                                           &options.capacity_bytes, strategy_converter, &options.strategy,
                                           timeout_converter, &options.timeout_ns))
        return NULL;
    PyObject* keeper = NULL;
    const char* text = NULL;
    if (take_place(place, &keeper, &text) != 0) return NULL;
    samepage_queue* handle = NULL;
    samepage_status status = samepage_ok;
    slices wait = slices_of(text, 0, &options.timeout_ns);
    do {
        Py_BEGIN_ALLOW_THREADS if (how == opening_open) status = samepage_queue_open(text, &options, &handle);
        else if (how == opening_create_new) status = samepage_queue_create_new(text, &options, &handle);
        else status = samepage_queue_create(text, &options, &handle);
        Py_END_ALLOW_THREADS
    } while (slices_go_on(&wait, &status));
    held* const self = status == samepage_ok ? held_new(type, close_queue) : NULL;
    if (self == NULL) {
        samepage_queue_close(handle);
        Py_DECREF(keeper);
        return status == samepage_ok ? NULL : raise_status(status);
    }
    self->handle = handle;
    self->place = keeper;
    self->strategy = options.strategy;
    return (PyObject*)self;
}

static PyObject* queue_new(PyTypeObject* type, PyObject* arguments, PyObject* named) {
    return make(type, arguments, named, opening_create);
}
static PyObject* queue_create_new(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_create_new);
}
static PyObject* queue_open(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_open);
}

/* ---- Jobs ---- */

typedef struct pushing {
    bytes_argument bytes;
    uint64_t id;
} pushing;

static samepage_status try_push(void* handle, void* call, int64_t timeout_ns) {
    pushing* const mine = call;
    return samepage_queue_push(handle, mine->bytes.data, mine->bytes.size_bytes, timeout_ns, &mine->id);
}

static PyObject* queue_push(FAST_ARGUMENTS) {
    static const char* const names[] = {"job", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    pushing mine;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[1], &timeout_ns) != 0 || take_bytes(values[0], "job", &mine.bytes) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_push, &mine, timeout_ns, samepage_e_full);
    drop_bytes(&mine.bytes);
    return status == samepage_ok ? number_object(mine.id) : raise_status(status);
}

static samepage_status try_take(void* handle, void* call, int64_t timeout_ns) {
    return samepage_queue_take(handle, timeout_ns, call);
}

static PyObject* queue_take(FAST_ARGUMENTS) {
    static const char* const names[] = {"timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    samepage_job* job = NULL;
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[0], &timeout_ns) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_take, &job, timeout_ns, samepage_e_empty);
    return status == samepage_ok ? new_job(job) : raise_status(status);
}

/* Can't be cut in slices: a call whose time is up is withdrawn. The package calls it where signals aren't handled. */
static PyObject* queue_call(FAST_ARGUMENTS) {
    static const char* const names[] = {"job", "timeout", "reply_bytes_max", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    bytes_argument mine;
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    uint64_t room_bytes = SMALL_BYTES;
    if (take_arguments(names, 1, 3, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[1], &timeout_ns) != 0 || take_number(values[2], &room_bytes) != 0) return NULL;
    if (room_bytes > PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_ValueError, "reply_bytes_max is more than can be addressed");
        return NULL;
    }
    if (take_bytes(values[0], "job", &mine) != 0) return NULL;
    void* const handle = held_handle((held*)self);
    char few[SMALL_BYTES];
    char* const more = handle != NULL && room_bytes > sizeof(few) ? PyMem_Malloc((size_t)room_bytes) : NULL;
    char* const into = room_bytes > sizeof(few) ? more : few;
    PyObject* reply = NULL;
    if (handle != NULL && into == NULL)
        PyErr_NoMemory();
    else if (handle != NULL) {
        size_t reply_bytes = 0;
        samepage_status status = samepage_ok;
        held_enter((held*)self);
        Py_BEGIN_ALLOW_THREADS status =
            samepage_queue_call(handle, mine.data, mine.size_bytes, timeout_ns, into, (size_t)room_bytes, &reply_bytes);
        Py_END_ALLOW_THREADS held_leave((held*)self);
        reply = status == samepage_ok ? PyBytes_FromStringAndSize(into, (Py_ssize_t)reply_bytes) : raise_status(status);
    }
    PyMem_Free(more);
    drop_bytes(&mine);
    return reply;
}

/* ---- Waiting in event loops ---- */

static PyObject* queue_fileno(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    intptr_t descriptor = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_queue_descriptor(handle, &descriptor);
    return status == samepage_ok ? PyLong_FromSsize_t((Py_ssize_t)descriptor) : raise_status(status);
}

static PyObject* queue_arm(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_queue_arm(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

/* ---- What it is ---- */

static PyObject* queue_check_name(PyObject* self, PyObject* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_queue_check_name(handle);
    if (status != samepage_ok) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject* queue_info(PyObject* object, PyObject* unused) {
    (void)unused;
    held* const self = (held*)object;
    void* const handle = held_handle(self);
    samepage_queue_info info = {.struct_size = sizeof(info)};
    if (handle == NULL) return NULL;
    samepage_status status = samepage_ok;
    held_enter(self);
    Py_BEGIN_ALLOW_THREADS status = samepage_queue_info_get(handle, &info);
    Py_END_ALLOW_THREADS held_leave(self);
    if (status != samepage_ok) return raise_status(status);
    return Py_BuildValue(
        "{s:K,s:K,s:K,s:K,s:K,s:K,s:K,s:I,s:I,s:I,s:I}", "capacity_bytes", (unsigned long long)info.capacity_bytes,
        "used_bytes", (unsigned long long)info.used_bytes, "jobs_ready", (unsigned long long)info.jobs_ready,
        "jobs_taken", (unsigned long long)info.jobs_taken, "replies_ready", (unsigned long long)info.replies_ready,
        "next_id", (unsigned long long)info.next_id, "oldest_taken", (unsigned long long)info.oldest_taken,
        "oldest_process", info.oldest_process, "oldest_deliveries", info.oldest_deliveries, "takers_waiting",
        info.takers_waiting, "pushers_waiting", info.pushers_waiting);
}

static PyObject* queue_created(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    int32_t created = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_queue_created(handle, &created);
    return status == samepage_ok ? PyBool_FromLong(created) : raise_status(status);
}

static PyObject* queue_capacity(PyObject* self, void* unused) {
    (void)unused;
    void* const handle = held_handle((held*)self);
    uint64_t capacity_bytes = 0;
    if (handle == NULL) return NULL;
    const samepage_status status = samepage_queue_capacity(handle, &capacity_bytes);
    return status == samepage_ok ? number_object(capacity_bytes) : raise_status(status);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    MAKER("create_new", queue_create_new,
          "create_new(place, capacity_bytes=1048576, *, strategy='spin_then_sleep', timeout=5)\n--\n\n"
          "Makes it; AlreadyExists if there is one."),
    MAKER("open", queue_open,
          "open(place, *, strategy='spin_then_sleep', timeout=5)\n--\n\nOpens what exists; else NotFound."),
    FAST("push", queue_push, "push(job, timeout=5)\n--\n\nAdds a job and gives its id. Waits for room."),
    FAST("take", queue_take,
         "take(timeout=None)\n--\n\nThe oldest ready job. Empty when it doesn't wait, else TimedOut."),
    FAST("call", queue_call,
         "call(job, timeout=None, reply_bytes_max=4096)\n--\n\nPushes a job and waits for the worker's reply."),
    {"fileno", queue_fileno, METH_NOARGS, "fileno()\n--\n\nFor event loops: readable when there may be a job."},
    {"arm", queue_arm, METH_NOARGS, "arm()\n--\n\nTo be called first whenever fileno() is readable."},
    {"check_name", queue_check_name, METH_NOARGS,
     "check_name()\n--\n\nLostName when somebody has removed the object's file."},
    {"info", queue_info, METH_NOARGS, "info()\n--\n\nWhat there is to know, as a dict."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {HELD_GETTERS,
                                {"strategy", held_strategy, NULL, "How it waits.", NULL},
                                {"created", queue_created, NULL, "Whether this handle made it.", NULL},
                                {"capacity_bytes", queue_capacity, NULL, "Room for all jobs together.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {{Py_tp_doc,
                               "Queue(place, capacity_bytes=1048576, *, strategy='spin_then_sleep', timeout=5)\n--\n\n"
                               "Jobs, each handled by exactly one worker."},
                              {Py_tp_new, queue_new},
                              {Py_tp_dealloc, held_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, getters},
                              {0, NULL}};

static PyType_Spec spec = {"samepage._samepage.Queue", sizeof(held), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                           slots};

int add_queue(PyObject* module) { return add_type(module, &spec, NULL); }
