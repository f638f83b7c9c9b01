/* What all parts of the addon share: handles that JavaScript objects hold, arguments, errors, waiting. */
/* SPDX-License-Identifier: MIT */
/*
 * The addon is functions over handles; the classes are in lib/. A handle is a JavaScript external of one environment:
 * of the main thread, or of one worker. All that is said here belongs to that environment's thread, except `shared`
 * and what thread.c says.
 */
#ifndef SAMEPAGE_NODE_ADDON_H
#define SAMEPAGE_NODE_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samepage/samepage.h"

/* ---- The environment: instance.c ---- */

typedef struct bell bell;
typedef struct wait wait;
typedef struct reception reception;

/* What a call gives besides its result, in memory that JavaScript sees as a Float64Array called `numbers`. */
enum { number_version, number_missed, number_count };

typedef struct instance {
    napi_env env;
    napi_ref error_maker; /* makes a SamepageError of what is known of a failure */
    double* numbers;
    napi_ref numbers_buffer;
    reception* events; /* NULL once the environment ends */
    bell* bells;
    wait* waits;
    uint64_t tickets; /* of the newest wait */
} instance;

instance* instance_of(napi_env env);

/* ---- Errors: errors.c. Those that give a napi_value throw, and give NULL ---- */

/* A failure as it is known in the thread that met it. */
typedef struct failure {
    samepage_status status;
    int32_t system_code;
    char* message; /* this and the next two: malloc */
    char* operation;
    char* detail;
} failure;

/* Of this thread's last call, which gave this status. */
failure failure_of(samepage_status status);
void failure_drop(failure* mine);
napi_value failure_error(napi_env env, const failure* from);

napi_value throw_status(napi_env env, samepage_status status);
napi_value throw_type(napi_env env, const char* text);
napi_value throw_memory(napi_env env);

/* ---- Handles: held.c ---- */

/* How the nouns differ, for what needn't know them. */
typedef struct kind {
    void (*close)(void* handle);
    samepage_status (*descriptor)(void* handle, intptr_t* descriptor); /* NULL: it has none */
    /* NULL, all three: it has none. */
    samepage_status (*arm)(void* handle);
    samepage_status (*check_name)(void* handle);
    samepage_status (*created)(void* handle, int32_t* created);
} kind;

/* A handle of the C API, closed by whoever drops it last: the JavaScript object, or a thread that waits. */
typedef struct shared {
    atomic_uint users;
    void* handle;
    const kind* of;
} shared;

typedef struct held {
    shared* handle; /* NULL: closed */
    bell* rings;    /* NULL: there is none */
} held;

void shared_drop(shared* mine);
/* An external that holds the handle, and closes it when it is collected. After a failure the handle is closed. */
napi_value hold(napi_env env, void* handle, const kind* of);
/* The TypeError of a method that was called on an object of another class, which has no such thing; gives NULL. */
napi_value throw_other_class(napi_env env);
/* NULL with an exception: it isn't one. */
held* held_of(napi_env env, napi_value value);
/* NULL with an exception: it isn't one, or is closed. */
shared* open_handle(napi_env env, napi_value value);
/* For the C API, which has an error for the NULL of a closed one. NULL with an exception: it isn't one. */
void* handle_of(napi_env env, napi_value value);

/* ---- Waiting: bell.c for descriptors, wait.c for what has none, reception.c for the end of an environment ---- */

/* Of a handle that is about to be closed; NULL is fine. */
void bell_close(bell* mine);
void bells_end(instance* self);

/* How long a thread doesn't notice that it isn't wanted any more. */
#define SLICE_NS INT64_C(50000000)
/* Of the clock that goes on evenly. */
int64_t now_ns(void);

/* An act that a thread of its own does. */
typedef struct act {
    /* Tries, for timeout_ns at most. In that thread. */
    samepage_status (*attempt)(void* handle, wait* call, int64_t timeout_ns);
    /* What JavaScript gets; NULL is undefined. */
    napi_value (*result)(napi_env env, wait* call);
    /* Undoes what was reached and isn't wanted any more; NULL: there is nothing to undo. */
    void (*undo)(void* handle, wait* call);
    /* Whether it may be tried again after timed_out. */
    bool is_sliced;
} act;

struct wait {
    const act* does;
    int64_t timeout_ns;
    /* What it is given. Bytes are malloc's. */
    char* bytes;
    size_t size_bytes;
    uint64_t number;
    char* reply;
    size_t reply_bytes_max;
    /* What it finds. */
    size_t reply_bytes;
    int32_t owner_died;
    void* made; /* a handle */

    /* wait.c's own. */
    wait *next, *previous, *done_next;
    uint64_t ticket;
    shared* handle;
    reception* events;
    napi_ref callback; /* NULL: cancelled */
    atomic_bool is_cancelled;
    failure failed;
};

/* NULL with an exception: no memory. */
wait* wait_new(napi_env env, const act* does);
void wait_free(wait* mine);
/* Gives it bytes to keep; if it can't, it is freed, and there is an exception. */
bool wait_take_bytes(napi_env env, wait* mine, napi_value from, const char* what);
/* A result: its number. */
napi_value give_wait_number(napi_env env, wait* mine);
/* Begins it, and calls callback(error, result) in the event loop when it has ended. Takes `mine`, gives a ticket. */
napi_value wait_begin(napi_env env, wait* mine, napi_value handle, napi_value timeout, napi_value callback);
/* What the threads have done since. */
void waits_finish(instance* self);
void waits_end(instance* self);

/* Where threads hand in what they have done, and what of the event loop must be closed before the environment ends. */
bool reception_begin(instance* self);
/* Around what the loop has: uv_close's callback calls the second. */
void reception_opened(reception* mine);
void reception_closed(reception* mine);
void reception_drop(reception* mine);

/* Calls a function from the event loop. What it throws is uncaught. */
void call_back(napi_env env, napi_ref callback, size_t count, const napi_value* arguments);

/* ---- Arguments and results: arguments.c ---- */

/* The arguments of a call; those that weren't given are undefined. */
#define TAKE(env, info, number)  \
    napi_value given[number];    \
    size_t given_count = number; \
    if (napi_get_cb_info(env, info, &given_count, given, NULL, NULL) != napi_ok) return NULL

/* Bytes of an argument: of a string (as UTF-8), or of whatever has a buffer. */
typedef struct bytes_in {
    const char* data;
    size_t size_bytes;
    char* owned; /* malloc, or NULL */
    char small[512];
} bytes_in;

/* false with a TypeError that calls it `what`. */
bool take_bytes(napi_env env, napi_value from, const char* what, bytes_in* into);
void drop_bytes(bytes_in* mine);
/* Milliseconds as nanoseconds; undefined leaves it, Infinity is for ever. */
bool take_timeout(napi_env env, napi_value from, int64_t* timeout_ns);
bool take_number(napi_env env, napi_value from, uint64_t* number);
bool take_flag(napi_env env, napi_value from, bool* flag);
/* A string without a zero in it. */
bool take_text(napi_env env, napi_value from, const char* what, bytes_in* into);

napi_value give_number(napi_env env, uint64_t number);
napi_value give_bytes(napi_env env, const void* data, size_t size_bytes);
napi_value give_text(napi_env env, const char* text);
napi_value give_flag(napi_env env, bool flag);

enum opening { opening_create, opening_create_new, opening_open };

/* What opening any noun is given: (how, place, timeout, readOnly, strategy, ...). */
typedef struct opening_call {
    enum opening how;
    bytes_in place;
    int64_t timeout_ns;
    uint32_t access;
    uint32_t strategy;
} opening_call;
bool take_opening(napi_env env, const napi_value* given, opening_call* into);
#define OPENING_ARGUMENTS 5
/* Calls the one of a noun's three functions. */
#define OPEN(noun, call, options, handle)                                                                  \
    ((call).how == opening_open         ? samepage_##noun##_open((call).place.data, options, handle)       \
     : (call).how == opening_create_new ? samepage_##noun##_create_new((call).place.data, options, handle) \
                                        : samepage_##noun##_create((call).place.data, options, handle))
/* The handle as JavaScript has it, or an exception. Takes the place of the call. */
napi_value opened(napi_env env, opening_call* call, samepage_status status, void* handle, const kind* of);

/* The number that a question about a handle gives. */
typedef samepage_status (*question)(void* handle, uint64_t* number);
napi_value ask_number(napi_env env, napi_callback_info info, question ask);

/* Values up to here are read through the stack. */
#define SMALL_BYTES ((size_t)4096)

/* A reader that gives too_large and the size that would do: what it reads as a Buffer, or NULL and the status. */
typedef samepage_status (*reader)(void* call, void* into, size_t into_bytes, size_t* size_bytes);
napi_value read_bytes(napi_env env, reader read, void* call, samepage_status* status);

/* An object of numbers: names and values in turn. */
typedef struct named_number {
    const char* name;
    uint64_t number;
} named_number;
napi_value give_numbers(napi_env env, const named_number* numbers, size_t count);

/* ---- Nouns: each adds its functions to the exports ---- */

typedef struct function {
    const char* name;
    napi_callback call;
} function;

bool add_functions(napi_env env, napi_value exports, const function* functions, size_t count);

bool add_handles(napi_env env, napi_value exports);
bool add_bells(napi_env env, napi_value exports);
bool add_waits(napi_env env, napi_value exports);
bool add_errors(napi_env env, napi_value exports);
bool add_region(napi_env env, napi_value exports);
bool add_catalog(napi_env env, napi_value exports);
bool add_cell(napi_env env, napi_value exports);
bool add_ndarray(napi_env env, napi_value exports);
bool add_lock(napi_env env, napi_value exports);
bool add_channel(napi_env env, napi_value exports);
bool add_subscriber(napi_env env, napi_value exports);
bool add_queue(napi_env env, napi_value exports);
bool add_job(napi_env env, napi_value exports);
bool add_table(napi_env env, napi_value exports);
bool add_scan(napi_env env, napi_value exports);
bool add_feed(napi_env env, napi_value exports);
bool add_record_lock(napi_env env, napi_value exports);

#define ADD(env, exports, functions) add_functions(env, exports, functions, sizeof(functions) / sizeof((functions)[0]))

#endif
