/* What all parts of the extension share: handles that Python objects hold, arguments, errors, waiting. */
/* SPDX-License-Identifier: MIT */
/*
 * held is the head of every object that has a handle. All its fields are read and written under the GIL.
 * A call that lets go of the GIL is a user of the handle: close() marks the object as closed at once, and the handle is
 * closed by whoever leaves last. So another thread, or a signal's handler, may close what is being waited for.
 */
#ifndef SAMEPAGE_PYTHON_COMMON_H
#define SAMEPAGE_PYTHON_COMMON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#include "samepage/samepage.h"

typedef struct held {
    PyObject_HEAD void* handle; /* NULL: closed */
    void (*close_handle)(void* handle);
    PyObject* place;     /* a str, or NULL: it has none */
    Py_ssize_t users;    /* calls without the GIL */
    Py_ssize_t exports;  /* buffers of it that somebody still has */
    unsigned generation; /* of the process, in forks: users of an older one are threads that didn't come along */
    uint32_t strategy;
    int is_closed;
    int is_single;   /* one thread's at a time */
    int keeps_bytes; /* closed, it has its handle until its end: somebody may have its address */
} held;

/* What there is to the left of a status: a Python exception is set. */
enum { exception_set = -1 };

/* ---- Errors: common.c ---- */

/* Sets the exception of this thread's last failure, which has this status; nothing if one is set. Gives NULL. */
PyObject* raise_status(samepage_status status);
PyObject* raise_closed(void);

/* ---- Handles ---- */

/* A new object of the type, without a handle. */
held* held_new(PyTypeObject* type, void (*close_handle)(void* handle));
void held_dealloc(PyObject* self);
/* The handle, or NULL with an exception: closed, or another thread is in it that must be alone. */
void* held_handle(held* self);
/* Around calls without the GIL. */
void held_enter(held* self);
void held_leave(held* self);
int held_release(held* self);
/* Methods and getters that all have. */
PyObject* held_close(PyObject* self, PyObject* unused);
PyObject* held_enter_with(PyObject* self, PyObject* unused);
PyObject* held_exit_with(PyObject* self, PyObject* arguments);
PyObject* held_closed(PyObject* self, void* unused);
PyObject* held_place(PyObject* self, void* unused);
PyObject* held_strategy(PyObject* self, void* unused);

#define HELD_METHODS                                                                                    \
    {"close", held_close, METH_NOARGS, "close()\n--\n\nLets go of the object. Closing twice is fine."}, \
        {"__enter__", held_enter_with, METH_NOARGS, NULL}, {                                            \
        "__exit__", held_exit_with, METH_VARARGS, NULL                                                  \
    }
#define HELD_GETTERS                                                                                     \
    {"closed", held_closed, NULL, "Whether it is closed.", NULL}, {                                      \
        "place", held_place, NULL, "The name or path under which it is; None where there is none.", NULL \
    }

/* One try of an act, which waits at most timeout_ns. */
typedef samepage_status (*attempt)(void* handle, void* call, int64_t timeout_ns);

/*
 * Tries at once, with the GIL; then, as long as there is time, again in slices without it, between which signals are
 * handled. What the try at once gives when it would have to wait is timed_out or `would_wait`. Gives the last status,
 * or exception_set: KeyboardInterrupt, closed.
 */
samepage_status held_wait(held* self, attempt act, void* call, int64_t timeout_ns, samepage_status would_wait);

/* How long signals and close() can go unnoticed. */
#define SLICE_NS INT64_C(50000000)

/* Of the clock that goes on evenly. */
int64_t now_ns(void);

/* A name that another process is just making or giving up is waited for in slices, too: which one is the last. */
typedef struct slices {
    int64_t end_ns;
    int64_t* timeout_ns;
} slices;

/*
 * Makes *timeout_ns, an option of the call that makes or opens `place`, its first slice. Only waiting for others at a
 * name can begin anew: where a call `may_wait_later`, for anything else, it gets the whole time.
 */
slices slices_of(const char* place, int may_wait_later, int64_t* timeout_ns);
/* Whether the next slice begins. With the GIL; *status becomes exception_set by a signal's handler that raises. */
int slices_go_on(slices* mine, samepage_status* status);

/* After a fork in the child. */
PyObject* after_fork(PyObject* module, PyObject* unused);

/* ---- Arguments: arguments.c ---- */

/*
 * values[i] becomes the argument called names[i], which end with NULL, or NULL. The first `required` must be there;
 * those from `positional` on can only be given by name. 0, or -1 with a TypeError.
 */
int take_arguments(const char* const* names, int required, int positional, PyObject* const* given, Py_ssize_t count,
                   PyObject* given_names, PyObject** values);

#define NUMBER_OF_NAMES 6

/* Bytes of an argument: of bytes, of str (as UTF-8), of whatever has a buffer. */
typedef struct bytes_argument {
    const void* data;
    size_t size_bytes;
    Py_buffer view;
    int has_view;
} bytes_argument;

/* 0, or -1 with a TypeError that calls it `what`. */
int take_bytes(PyObject* from, const char* what, bytes_argument* into);
void drop_bytes(bytes_argument* mine);

/* Seconds, or None for ever, as nanoseconds; NULL leaves *timeout_ns. 0 or -1. */
int take_timeout(PyObject* from, int64_t* timeout_ns);
/* The same for PyArg_Parse's "O&": 1 or 0. */
int timeout_converter(PyObject* from, void* timeout_ns);
/* "spin_then_sleep", "spin", "sleep": a samepage_strategy. */
int strategy_converter(PyObject* from, void* strategy);
/* A number that isn't negative. NULL leaves it. 0 or -1. */
int take_number(PyObject* from, uint64_t* number);
int number_converter(PyObject* from, void* number);
/* A str or a path as UTF-8. *text lives as long as *keeper, which the caller drops. 0 or -1. */
int take_place(PyObject* from, PyObject** keeper, const char** text);

/* Small results. */
PyObject* number_object(uint64_t number);
PyObject* pair_of(PyTypeObject* type, PyObject* first, PyObject* second, PyObject* third);

/* ---- Nouns ---- */

enum opening { opening_create, opening_create_new, opening_open };

/* How fast a copy must be to be made under the GIL: smaller ones are. */
#define LARGE_BYTES ((size_t)262144)
/* Values up to here are read through the stack. */
#define SMALL_BYTES ((size_t)4096)

#define FAST(name, function, doc) \
    { name, (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS, doc }
#define MAKER(name, function, doc) \
    { name, (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS | METH_CLASS, doc }
#define FAST_ARGUMENTS PyObject *self, PyObject *const *given, Py_ssize_t count, PyObject *given_names

/* Functions of the module: catalog.c. */
PyObject* list_objects(PyObject* module, PyObject* arguments);
PyObject* look_up_object(PyObject* module, PyObject* place);

/* Each adds its types to the module: 0 or -1. */
int add_region(PyObject* module);
int add_ndarray(PyObject* module);
int add_cell(PyObject* module);
int add_lock(PyObject* module);
int add_channel(PyObject* module);
int add_subscriber(PyObject* module);
int add_loan(PyObject* module);
int add_queue(PyObject* module);
int add_job(PyObject* module);
int add_table(PyObject* module);
int add_scan(PyObject* module);
int add_feed(PyObject* module);
int add_record_lock(PyObject* module);

/* Adds a type under its last name; keeps a reference in *into where that isn't NULL. */
int add_type(PyObject* module, PyType_Spec* spec, PyTypeObject** into);

/* (value, version), (data, sequence, missed) and (key, version, erased, missed). */
extern PyTypeObject* versioned_type;
extern PyTypeObject* message_type;
extern PyTypeObject* change_type;

/* Set by the package: makes an exception of what is known of a failure. */
extern PyObject* error_maker;

#endif
