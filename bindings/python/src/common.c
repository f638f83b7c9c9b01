/* Handles that Python objects hold, waiting without the GIL, and errors. */
/* SPDX-License-Identifier: MIT */
#include "common.h"

#include <string.h>
#include <time.h>

PyObject* error_maker;

static unsigned generation;

/* ---- Errors ---- */

static PyObject* text_object(const char* text) {
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

static PyObject* raise(samepage_status status, const char* message, const char* operation, const char* detail,
                       int32_t system_code) {
    if (PyErr_Occurred()) return NULL;
    PyObject* const made = PyObject_CallFunction(error_maker, "iNNNi", (int)status, text_object(message),
                                                 text_object(operation), text_object(detail), (int)system_code);
    if (made != NULL) {
        PyErr_SetObject((PyObject*)Py_TYPE(made), made);
        Py_DECREF(made);
    }
    return NULL;
}

PyObject* raise_status(samepage_status status) {
    return raise(status, samepage_error_message(), samepage_error_operation(), samepage_error_detail(),
                 samepage_error_system_code());
}

PyObject* raise_closed(void) { return raise(samepage_e_closed, samepage_status_text(samepage_e_closed), "", "", 0); }

/* ---- Handles ---- */

held* held_new(PyTypeObject* type, void (*close_handle)(void* handle)) {
    allocfunc const make = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    held* const self = (held*)make(type, 0);
    if (self == NULL) return NULL;
    self->close_handle = close_handle;
    self->generation = generation;
    return self;
}

static void let_go(held* self) {
    void* const handle = self->handle;
    if (self->keeps_bytes) return;
    self->handle = NULL;
    if (handle != NULL) self->close_handle(handle);
}

void held_dealloc(PyObject* object) {
    held* const self = (held*)object;
    PyTypeObject* const type = Py_TYPE(object);
    self->keeps_bytes = 0;
    let_go(self);
    Py_XDECREF(self->place);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

/* In a forked child the parent's other threads are in no call any more. */
static Py_ssize_t users_of(held* self) {
    if (self->generation != generation) {
        self->generation = generation;
        self->users = 0;
        if (self->is_closed) let_go(self);
    }
    return self->users;
}

void* held_handle(held* self) {
    if (self->is_single && users_of(self) != 0) {
        PyErr_SetString(PyExc_RuntimeError, "another thread is using it; give each thread its own");
        return NULL;
    }
    if (self->is_closed || self->handle == NULL) return raise_closed();
    return self->handle;
}

void held_enter(held* self) { self->users = users_of(self) + 1; }

void held_leave(held* self) {
    if (users_of(self) > 0) --self->users;
    if (self->is_closed && self->users == 0) let_go(self);
}

int held_release(held* self) {
    if (self->exports != 0) {
        PyErr_SetString(PyExc_BufferError, "a memoryview or an array of it is still in use; release that first");
        return -1;
    }
    self->is_closed = 1;
    if (users_of(self) == 0) let_go(self);
    return 0;
}

PyObject* held_close(PyObject* self, PyObject* unused) {
    (void)unused;
    if (held_release((held*)self) != 0) return NULL;
    Py_RETURN_NONE;
}

PyObject* held_enter_with(PyObject* self, PyObject* unused) {
    (void)unused;
    if (held_handle((held*)self) == NULL) return NULL;
    return Py_NewRef(self);
}

PyObject* held_exit_with(PyObject* self, PyObject* arguments) {
    (void)arguments;
    return held_close(self, NULL);
}

PyObject* held_closed(PyObject* self, void* unused) {
    (void)unused;
    return PyBool_FromLong(((held*)self)->is_closed || ((held*)self)->handle == NULL);
}

PyObject* held_place(PyObject* self, void* unused) {
    (void)unused;
    PyObject* const place = ((held*)self)->place;
    return Py_NewRef(place != NULL ? place : Py_None);
}

PyObject* held_strategy(PyObject* self, void* unused) {
    (void)unused;
    static const char* const names[] = {"spin_then_sleep", "spin", "sleep"};
    return PyUnicode_FromString(names[((held*)self)->strategy % 3]);
}

PyObject* after_fork(PyObject* module, PyObject* unused) {
    (void)module;
    (void)unused;
    ++generation;
    Py_RETURN_NONE;
}

/* ---- Waiting ---- */

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t slice_of(int64_t left_ns) { return left_ns > SLICE_NS ? SLICE_NS : left_ns > 0 ? left_ns : 1; }

samepage_status held_wait(held* self, attempt act, void* call, int64_t timeout_ns, samepage_status would_wait) {
    void* const handle = held_handle(self);
    if (handle == NULL) return exception_set;
    samepage_status status = act(handle, call, SAMEPAGE_NO_WAIT);
    if (timeout_ns == SAMEPAGE_NO_WAIT || (status != samepage_e_timed_out && status != would_wait)) return status;

    const int64_t end_ns = timeout_ns < 0 ? INT64_MAX : now_ns() + timeout_ns;
    held_enter(self);
    do {
        const int64_t slice_ns = slice_of(end_ns - now_ns());
        Py_BEGIN_ALLOW_THREADS status = act(handle, call, slice_ns);
        Py_END_ALLOW_THREADS if (status != samepage_e_timed_out) break;
        if (PyErr_CheckSignals() != 0)
            status = exception_set;
        else if (self->is_closed) {
            raise_closed();
            status = exception_set;
        }
    } while (status == samepage_e_timed_out && now_ns() < end_ns);
    held_leave(self);
    return status;
}

slices slices_of(const char* place, int may_wait_later, int64_t* timeout_ns) {
    slices mine = {*timeout_ns < 0 ? INT64_MAX : now_ns() + *timeout_ns, timeout_ns};
    if (may_wait_later || strchr(place, '/') != NULL) mine.end_ns = 0;
    if (mine.end_ns != 0 || *timeout_ns == 0) *timeout_ns = slice_of(*timeout_ns < 0 ? SLICE_NS : *timeout_ns);
    return mine;
}

int slices_go_on(slices* mine, samepage_status* status) {
    if (*status != samepage_e_timed_out) return 0;
    const int64_t left_ns = mine->end_ns - now_ns();
    if (left_ns <= 0) return 0;
    if (PyErr_CheckSignals() != 0) {
        *status = exception_set;
        return 0;
    }
    *mine->timeout_ns = slice_of(left_ns);
    return 1;
}
