/* samepage for C and for every language that can call C: regions, cells, locks, channels, queues and tables. */
/* SPDX-License-Identifier: MIT */
/*
 * The same objects as in C++, by the same verbs: samepage::cell_bytes::store is samepage_cell_store. What an act does,
 * and what each noun promises, is said in the C++ header of the noun (cell.hpp ...); here is what C adds.
 *
 * Status    Functions that can fail give a samepage_status: samepage_ok (0) or a samepage_e_*. A failure keeps its
 *           detail for its thread: samepage_error_message() and the other samepage_error_* give it until that thread's
 *           next failure; successes leave it alone. No exception comes out, no callback goes in, no struct is passed by
 *           value.
 * Results   Come last, through pointers; NULL where they aren't wanted (except handles, which somebody has to close).
 *           After a failure they are unchanged, but a handle is NULL, and a size_bytes after samepage_e_too_large is
 *           the size that would do.
 * Handles   Opaque pointers. Whoever makes one closes it, once. NULL or a closed one gives samepage_e_closed (until a
 *           later handle has its place), anything else that isn't a handle of the kind samepage_e_invalid_argument;
 *           closing those does nothing. What was made from a handle (a view, subscriber, loan, job, scan or feed) stays
 *           good after it, and keeps its object held until it is closed itself; a view keeps the bytes, not the name.
 * Places    UTF-8 that ends with a zero: a name ("hello", "Global\\hello") or a path ("./stock.page").
 * Bytes     A pointer and a number of bytes; NULL will do for none.
 * Time      timeout_ns is nanoseconds: 0 doesn't wait, SAMEPAGE_FOREVER (or any negative number) waits for ever,
 *           SAMEPAGE_PATIENCE (5 s) is what C++ waits by default.
 * Options   NULL is all defaults. Else set struct_size = sizeof the struct; whatever is 0 in it is its default.
 * Infos     Set struct_size = sizeof the struct first; that much is written. Structs only grow, at their end.
 * Threads   Any thread may use any handle, several at once, too: but subscribers, loans, jobs, scans, feeds, catalogs
 *           and findings are one thread's at a time. One thread closes a handle while no other uses it.
 * fork()    As in C++: a child's handles are holders of their own; it owns no lock, job or loan of its parent's.
 * 32 bit    On 32-bit Windows functions are __stdcall with undecorated names. A 64-bit argument is two 32-bit ones
 *           there, the low half first: docs/c-abi.md has FoxPro's DECLARE lines.
 */
#ifndef SAMEPAGE_H
#define SAMEPAGE_H

#include <stddef.h>
#include <stdint.h>

#include "samepage/error_list.h"
#include "samepage/export.hpp"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status, errors, version ---- */

typedef int32_t samepage_status;

/* A function that gives a status. */
#define SAMEPAGE_STATUS SAMEPAGE_API samepage_status SAMEPAGE_CALL

/* samepage_e_not_found = 1 and so on, one for each line of error_list.h. The numbers stay. */
enum {
    samepage_ok = 0,
#define SAMEPAGE_X(number, name, meaning, advice) samepage_e_##name = number,
    SAMEPAGE_ERRORS(SAMEPAGE_X)
#undef SAMEPAGE_X
};

/* "ok", "not_found" ...; "unknown" for a number that isn't one. */
SAMEPAGE_API const char* SAMEPAGE_CALL samepage_status_name(samepage_status status);
/* What it means, and what to do: "nothing of that name is held; start the process that creates it, or create it". */
SAMEPAGE_API const char* SAMEPAGE_CALL samepage_status_text(samepage_status status);

/* This thread's last failure. Texts are UTF-8 and never NULL; they stay until this thread's next failure. */
SAMEPAGE_STATUS samepage_error_status(void);                           /* samepage_ok: none yet */
SAMEPAGE_API int32_t SAMEPAGE_CALL samepage_error_system_code(void);   /* errno or GetLastError(); 0: none */
SAMEPAGE_API const char* SAMEPAGE_CALL samepage_error_operation(void); /* "store" */
SAMEPAGE_API const char* SAMEPAGE_CALL samepage_error_detail(void);    /* what was seen; may be empty */
SAMEPAGE_API const char* SAMEPAGE_CALL samepage_error_message(void);   /* the whole sentence, with what to do next */

#define SAMEPAGE_VERSION_MAJOR 0
#define SAMEPAGE_VERSION_MINOR 1
#define SAMEPAGE_VERSION_PATCH 0
/* Of the library: major * 1000000 + minor * 1000 + patch. */
SAMEPAGE_API uint32_t SAMEPAGE_CALL samepage_version(void);
SAMEPAGE_API const char* SAMEPAGE_CALL samepage_version_text(void); /* "0.1.0" */

/* ---- What the nouns have in common ---- */

#define SAMEPAGE_NO_WAIT INT64_C(0)
#define SAMEPAGE_FOREVER INT64_C(-1)
#define SAMEPAGE_PATIENCE INT64_C(5000000000)

enum samepage_kind {
    samepage_kind_region = 0,
    samepage_kind_cell = 1,
    samepage_kind_lock = 2,
    samepage_kind_channel = 3,
    samepage_kind_queue = 4,
    samepage_kind_table = 5,
    samepage_kind_unknown = -1 /* in lists: something with a header, which is damaged */
};
enum samepage_access { samepage_read_write = 0, samepage_read_only = 1 };
/* spin_then_sleep polls for some microseconds, then sleeps; spin never sleeps; sleep sleeps at once. */
enum samepage_strategy { samepage_spin_then_sleep = 0, samepage_spin = 1, samepage_sleep = 2 };
enum samepage_scope { samepage_local = 0, samepage_global = 1 };

/*
 * Every noun has these three, and closes:
 *   create      makes it, or opens the one that exists: NOUN_created says which
 *   create_new  as create, but samepage_e_already_exists if there is one
 *   open        as create, but samepage_e_not_found if there is none
 * The options' timeout_ns (0: 5 s) is how long to wait for a process that was stopped while creating or closing it.
 * check_name: samepage_e_lost_name when somebody has removed the object's file.
 */

/* ---- region: bytes. No header: byte 0 is yours ---- */

typedef struct samepage_region samepage_region;
typedef struct samepage_view samepage_view;

typedef struct samepage_region_options {
    uint32_t struct_size;
    uint32_t access;       /* samepage_read_write, samepage_read_only */
    uint32_t windows_only; /* not 0: don't map it whole; there is no data, and map gives windows */
    uint32_t reserved;     /* 0 */
    int64_t timeout_ns;
} samepage_region_options;

SAMEPAGE_STATUS samepage_region_create(const char* place, uint64_t size_bytes, const samepage_region_options* options,
                                       samepage_region** region);
SAMEPAGE_STATUS samepage_region_create_new(const char* place, uint64_t size_bytes,
                                           const samepage_region_options* options, samepage_region** region);
SAMEPAGE_STATUS samepage_region_open(const char* place, const samepage_region_options* options,
                                     samepage_region** region);
/* A name that leads to the file at this path, or to the caller's open file (which stays the caller's to close). */
SAMEPAGE_STATUS samepage_region_create_backed(const char* name, uint64_t size_bytes, const char* backing_path,
                                              const samepage_region_options* options, samepage_region** region);
SAMEPAGE_STATUS samepage_region_create_over(const char* name, uint64_t size_bytes, intptr_t native_file,
                                            const samepage_region_options* options, samepage_region** region);
/* Duplicates a file (a descriptor, a HANDLE) or section that the caller opened. Size 0 is its own size. */
SAMEPAGE_STATUS samepage_region_from_native(intptr_t native, uint64_t size_bytes,
                                            const samepage_region_options* options, samepage_region** region);
/* Zeroed bytes without a name, to pass on by inheritance or as a native handle. */
SAMEPAGE_STATUS samepage_region_anonymous(uint64_t size_bytes, const samepage_region_options* options,
                                          samepage_region** region);
SAMEPAGE_API void SAMEPAGE_CALL samepage_region_close(samepage_region* region);

SAMEPAGE_STATUS samepage_region_created(samepage_region* region, int32_t* created);
SAMEPAGE_STATUS samepage_region_size(samepage_region* region, uint64_t* size_bytes);
SAMEPAGE_STATUS samepage_region_access(samepage_region* region, int32_t* access);
SAMEPAGE_STATUS samepage_region_native(samepage_region* region, intptr_t* native);
SAMEPAGE_STATUS samepage_region_check_name(samepage_region* region);
/* The bytes themselves, until the region is closed; NULL for windows_only and for what isn't an open region. */
SAMEPAGE_API void* SAMEPAGE_CALL samepage_region_data(samepage_region* region);
SAMEPAGE_STATUS samepage_region_flush(samepage_region* region);
/* Text with its terminating zero: whole, or samepage_e_too_large and nothing. */
SAMEPAGE_STATUS samepage_region_write_text(samepage_region* region, const char* text, uint64_t offset_bytes);
/* Up to the first zero, the region's end, or into_bytes - 1; ends with a zero. size_bytes is without it. */
SAMEPAGE_STATUS samepage_region_read_text(samepage_region* region, char* into, size_t into_bytes, uint64_t offset_bytes,
                                          size_t* size_bytes);
/* A window at any offset, of any length; 0 is up to the end. */
SAMEPAGE_STATUS samepage_region_map(samepage_region* region, uint64_t offset_bytes, size_t size_bytes,
                                    samepage_view** view);
SAMEPAGE_API void* SAMEPAGE_CALL samepage_view_data(samepage_view* view); /* until it is closed; NULL if it is */
SAMEPAGE_STATUS samepage_view_size(samepage_view* view, size_t* size_bytes);
SAMEPAGE_STATUS samepage_view_flush(samepage_view* view);
SAMEPAGE_API void SAMEPAGE_CALL samepage_view_close(samepage_view* view);

/* ---- cell: one value, always whole; the newest wins ---- */

typedef struct samepage_cell samepage_cell;

typedef struct samepage_cell_options {
    uint32_t struct_size;
    uint32_t access;
    uint64_t capacity_bytes; /* the largest value, fixed when the cell is made; 0: 4096 */
    uint32_t strategy;
    uint32_t sole_writer; /* 1: while this handle lives it alone writes; see cell_options in cell.hpp */
    int64_t timeout_ns;
} samepage_cell_options;

typedef struct samepage_cell_info {
    uint32_t struct_size;
    uint32_t writer_active; /* somebody owns the cell to write; alive or dead */
    uint64_t version;       /* of the newest value; 0: empty */
    uint64_t size_bytes;
    uint64_t capacity_bytes;
    uint32_t writer_process;
    uint32_t waiters;
    uint32_t sleeps;              /* 0: this handle may not mark itself as waiting, and polls */
    uint32_t sole_writer_process; /* who alone may write, where the system shows it; 0: nobody */
} samepage_cell_info;

SAMEPAGE_STATUS samepage_cell_create(const char* place, const samepage_cell_options* options, samepage_cell** cell);
SAMEPAGE_STATUS samepage_cell_create_new(const char* place, const samepage_cell_options* options, samepage_cell** cell);
SAMEPAGE_STATUS samepage_cell_open(const char* place, const samepage_cell_options* options, samepage_cell** cell);
SAMEPAGE_API void SAMEPAGE_CALL samepage_cell_close(samepage_cell* cell);

SAMEPAGE_STATUS samepage_cell_created(samepage_cell* cell, int32_t* created);
SAMEPAGE_STATUS samepage_cell_access(samepage_cell* cell, int32_t* access);
SAMEPAGE_STATUS samepage_cell_capacity(samepage_cell* cell, uint64_t* capacity_bytes);
SAMEPAGE_STATUS samepage_cell_check_name(samepage_cell* cell);
SAMEPAGE_STATUS samepage_cell_info_get(samepage_cell* cell, samepage_cell_info* info);

/* version: of the value that is the newest now. */
SAMEPAGE_STATUS samepage_cell_store(samepage_cell* cell, const void* value, size_t value_bytes, int64_t timeout_ns,
                                    uint64_t* version);
/* Copies the newest value out. samepage_e_empty, samepage_e_too_large (size_bytes would do), samepage_e_busy. */
SAMEPAGE_STATUS samepage_cell_load(samepage_cell* cell, void* into, size_t into_bytes, size_t* size_bytes,
                                   uint64_t* version);
SAMEPAGE_STATUS samepage_cell_version(samepage_cell* cell, uint64_t* version);
/* Until the newest version is another one than `seen`. */
SAMEPAGE_STATUS samepage_cell_wait(samepage_cell* cell, uint64_t seen, int64_t timeout_ns, uint64_t* version);
/* Only if the newest version is `expected` (0: if it is empty), else samepage_e_conflict. In C, update is a loop of
 * load, change and compare_exchange. */
SAMEPAGE_STATUS samepage_cell_compare_exchange(samepage_cell* cell, uint64_t expected, const void* value,
                                               size_t value_bytes, int64_t timeout_ns, uint64_t* version);
/* For event loops: readable when there may be a newer value. Whenever it is, call arm first and load then. */
SAMEPAGE_STATUS samepage_cell_descriptor(samepage_cell* cell, intptr_t* descriptor);
SAMEPAGE_STATUS samepage_cell_arm(samepage_cell* cell, uint64_t* version);

/* ---- lock: mutual exclusion that survives its owner's death ---- */

typedef struct samepage_lock samepage_lock;

typedef struct samepage_lock_options {
    uint32_t struct_size;
    uint32_t strategy;
    int64_t timeout_ns;
} samepage_lock_options;

typedef struct samepage_lock_info {
    uint32_t struct_size;
    uint32_t owned; /* by a living owner, running or stopped */
    uint32_t owner_process;
    uint32_t awaited;
    uint32_t owner_died; /* an owner died, and nobody has called mark_repaired since */
    uint32_t reserved;
} samepage_lock_info;

SAMEPAGE_STATUS samepage_lock_create(const char* place, const samepage_lock_options* options, samepage_lock** lock);
SAMEPAGE_STATUS samepage_lock_create_new(const char* place, const samepage_lock_options* options, samepage_lock** lock);
SAMEPAGE_STATUS samepage_lock_open(const char* place, const samepage_lock_options* options, samepage_lock** lock);
/* Releases it if this handle owns it. */
SAMEPAGE_API void SAMEPAGE_CALL samepage_lock_close(samepage_lock* lock);

SAMEPAGE_STATUS samepage_lock_created(samepage_lock* lock, int32_t* created);
SAMEPAGE_STATUS samepage_lock_check_name(samepage_lock* lock);
SAMEPAGE_STATUS samepage_lock_info_get(samepage_lock* lock, samepage_lock_info* info);

/* The handle owns it then: who acquires it twice by one handle waits for himself. owner_died is not 0 when an earlier
 * owner died with it and nobody has repaired since what it guards: repair, and call mark_repaired before release. */
SAMEPAGE_STATUS samepage_lock_acquire(samepage_lock* lock, int64_t timeout_ns, int32_t* owner_died);
SAMEPAGE_STATUS samepage_lock_try_acquire(samepage_lock* lock, int32_t* owner_died);
SAMEPAGE_STATUS samepage_lock_mark_repaired(samepage_lock* lock);
/* samepage_e_not_owner: this handle doesn't own it, or its parent process did. */
SAMEPAGE_STATUS samepage_lock_release(samepage_lock* lock);

/* ---- channel: a stream of messages that every subscriber sees ---- */

typedef struct samepage_channel samepage_channel;
typedef struct samepage_subscriber samepage_subscriber;
typedef struct samepage_loan samepage_loan;

/* Of feeds of tables, too. */
enum samepage_start { samepage_newest = 0, samepage_oldest = 1 };

typedef struct samepage_channel_options {
    uint32_t struct_size;
    uint32_t access;
    uint64_t capacity_bytes; /* the largest message, fixed when the channel is made; 0: 256 KiB */
    int32_t loans;           /* messages that can be on loan at once; 0: 4; -1: none */
    uint32_t strategy;
    int64_t timeout_ns;
    uint32_t sole_writer; /* 1: while this handle lives it alone sends; see channel_options in channel.hpp */
    uint32_t reserved;    /* 0 */
} samepage_channel_options;

typedef struct samepage_subscribe_options {
    uint32_t struct_size;
    uint32_t start;      /* samepage_newest: with the next message; samepage_oldest: with the oldest that is kept */
    uint64_t sequence;   /* not 0: with this message, instead of start */
    uint32_t registered; /* not 0: misses nothing, senders wait for it */
    uint32_t reserved;   /* 0 */
    int64_t timeout_ns;
} samepage_subscribe_options;

typedef struct samepage_channel_info {
    uint32_t struct_size;
    uint32_t loans;
    uint64_t next_sequence;
    uint64_t oldest_sequence;
    uint64_t capacity_bytes;
    uint64_t ring_bytes;
    uint32_t loans_out;
    uint32_t registered; /* subscribers: samepage_channel_registered gives them */
    uint32_t waiters;
    uint32_t sender_process;
    uint32_t sleeps;
    uint32_t sole_writer_process; /* who alone may send, where the system shows it; 0: nobody */
} samepage_channel_info;

typedef struct samepage_registered {
    uint32_t process;
    uint32_t live; /* 0: it died; the next sender that needs its room takes it */
    uint64_t lag_messages;
    uint64_t lag_bytes;
} samepage_registered;

/* A message in a buffer that receive_many has filled. */
typedef struct samepage_part {
    uint64_t sequence;
    uint64_t missed;
    uint64_t offset_bytes;
    uint64_t size_bytes;
} samepage_part;

SAMEPAGE_STATUS samepage_channel_create(const char* place, const samepage_channel_options* options,
                                        samepage_channel** channel);
SAMEPAGE_STATUS samepage_channel_create_new(const char* place, const samepage_channel_options* options,
                                            samepage_channel** channel);
SAMEPAGE_STATUS samepage_channel_open(const char* place, const samepage_channel_options* options,
                                      samepage_channel** channel);
SAMEPAGE_API void SAMEPAGE_CALL samepage_channel_close(samepage_channel* channel);

SAMEPAGE_STATUS samepage_channel_created(samepage_channel* channel, int32_t* created);
SAMEPAGE_STATUS samepage_channel_access(samepage_channel* channel, int32_t* access);
SAMEPAGE_STATUS samepage_channel_capacity(samepage_channel* channel, uint64_t* capacity_bytes);
SAMEPAGE_STATUS samepage_channel_check_name(samepage_channel* channel);
SAMEPAGE_STATUS samepage_channel_info_get(samepage_channel* channel, samepage_channel_info* info);
/* At most count_max of the registered subscribers; element_bytes = sizeof(samepage_registered). */
SAMEPAGE_STATUS samepage_channel_registered(samepage_channel* channel, samepage_registered* into, size_t element_bytes,
                                            size_t count_max, size_t* count);

/* sequence: the message's number, 1 for the channel's first. */
SAMEPAGE_STATUS samepage_channel_send(samepage_channel* channel, const void* message, size_t message_bytes,
                                      int64_t timeout_ns, uint64_t* sequence);
/* In a row, with one wake. sent: how many; fewer than count when there was no room in time. */
SAMEPAGE_STATUS samepage_channel_send_many(samepage_channel* channel, const void* const* messages,
                                           const size_t* messages_bytes, size_t count, int64_t timeout_ns,
                                           size_t* sent);
SAMEPAGE_STATUS samepage_channel_descriptor(samepage_channel* channel, intptr_t* descriptor);
SAMEPAGE_STATUS samepage_channel_arm(samepage_channel* channel);

/* Memory in the channel, to fill a message in place and send it without a copy. Closing it before publish drops it. */
SAMEPAGE_STATUS samepage_channel_borrow(samepage_channel* channel, size_t size_bytes, int64_t timeout_ns,
                                        samepage_loan** loan);
SAMEPAGE_API void* SAMEPAGE_CALL samepage_loan_data(samepage_loan* loan); /* NULL when it is published or closed */
/* Sends its first size_bytes. Afterwards, and after an error other than timed_out or full, only close is left. */
SAMEPAGE_STATUS samepage_loan_publish(samepage_loan* loan, size_t size_bytes, int64_t timeout_ns, uint64_t* sequence);
SAMEPAGE_API void SAMEPAGE_CALL samepage_loan_close(samepage_loan* loan);

SAMEPAGE_STATUS samepage_channel_subscribe(samepage_channel* channel, const samepage_subscribe_options* options,
                                           samepage_subscriber** subscriber);
SAMEPAGE_API void SAMEPAGE_CALL samepage_subscriber_close(samepage_subscriber* subscriber);
/* Copies the next message out. missed: how many were overwritten before it. samepage_e_too_large (size_bytes would do)
 * leaves it the next. */
SAMEPAGE_STATUS samepage_subscriber_receive(samepage_subscriber* subscriber, void* into, size_t into_bytes,
                                            int64_t timeout_ns, size_t* size_bytes, uint64_t* sequence,
                                            uint64_t* missed);
/* The next message where it lies, until this subscriber's next call. Use it, then ask view_check: samepage_e_busy when
 * senders have overwritten it meanwhile. */
SAMEPAGE_STATUS samepage_subscriber_receive_view(samepage_subscriber* subscriber, int64_t timeout_ns, const void** data,
                                                 size_t* size_bytes, uint64_t* sequence, uint64_t* missed);
SAMEPAGE_STATUS samepage_subscriber_view_check(samepage_subscriber* subscriber);
/* As many as are there and fit. parts_max of parts, of element_bytes = sizeof(samepage_part) each. */
SAMEPAGE_STATUS samepage_subscriber_receive_many(samepage_subscriber* subscriber, void* into, size_t into_bytes,
                                                 samepage_part* parts, size_t element_bytes, size_t parts_max,
                                                 int64_t timeout_ns, size_t* count);
SAMEPAGE_STATUS samepage_subscriber_wait(samepage_subscriber* subscriber, int64_t timeout_ns);
SAMEPAGE_STATUS samepage_subscriber_next_sequence(samepage_subscriber* subscriber, uint64_t* sequence);
SAMEPAGE_STATUS samepage_subscriber_is_registered(samepage_subscriber* subscriber, int32_t* registered);

/* ---- queue: jobs, each handled by exactly one worker ---- */

typedef struct samepage_queue samepage_queue;
typedef struct samepage_job samepage_job;

typedef struct samepage_queue_options {
    uint32_t struct_size;
    uint32_t strategy;
    uint64_t capacity_bytes; /* room for all jobs together, fixed when the queue is made; 0: 1 MiB */
    int64_t timeout_ns;
} samepage_queue_options;

typedef struct samepage_queue_info {
    uint32_t struct_size;
    uint32_t oldest_process;
    uint64_t capacity_bytes;
    uint64_t used_bytes;
    uint64_t jobs_ready;
    uint64_t jobs_taken;
    uint64_t replies_ready;
    uint64_t next_id;
    uint64_t oldest_taken; /* the id of the oldest job that is with a worker; 0: none */
    uint32_t oldest_deliveries;
    uint32_t takers_waiting;
    uint32_t pushers_waiting;
    uint32_t reserved;
} samepage_queue_info;

enum samepage_job_state { samepage_job_ready = 0, samepage_job_taken = 1, samepage_job_replied = 2 };

typedef struct samepage_queued_job {
    uint64_t id;
    uint64_t size_bytes;
    uint32_t state;      /* samepage_job_ready ... */
    uint32_t process;    /* the worker's when taken, the caller's when replied */
    uint32_t deliveries; /* how often it was taken */
    uint32_t is_call;
} samepage_queued_job;

SAMEPAGE_STATUS samepage_queue_create(const char* place, const samepage_queue_options* options, samepage_queue** queue);
SAMEPAGE_STATUS samepage_queue_create_new(const char* place, const samepage_queue_options* options,
                                          samepage_queue** queue);
SAMEPAGE_STATUS samepage_queue_open(const char* place, const samepage_queue_options* options, samepage_queue** queue);
SAMEPAGE_API void SAMEPAGE_CALL samepage_queue_close(samepage_queue* queue);

SAMEPAGE_STATUS samepage_queue_created(samepage_queue* queue, int32_t* created);
SAMEPAGE_STATUS samepage_queue_capacity(samepage_queue* queue, uint64_t* capacity_bytes);
SAMEPAGE_STATUS samepage_queue_check_name(samepage_queue* queue);
SAMEPAGE_STATUS samepage_queue_info_get(samepage_queue* queue, samepage_queue_info* info);
/* The oldest unfinished jobs, at most count_max; element_bytes = sizeof(samepage_queued_job). */
SAMEPAGE_STATUS samepage_queue_jobs(samepage_queue* queue, samepage_queued_job* into, size_t element_bytes,
                                    size_t count_max, size_t* count);

SAMEPAGE_STATUS samepage_queue_push(samepage_queue* queue, const void* bytes, size_t size_bytes, int64_t timeout_ns,
                                    uint64_t* id);
/* samepage_e_empty when it doesn't wait, else samepage_e_timed_out. Closing a job that isn't finished gives it back. */
SAMEPAGE_STATUS samepage_queue_take(samepage_queue* queue, int64_t timeout_ns, samepage_job** job);
/* Pushes a job and waits for its reply, which must fit into reply_bytes_max. */
SAMEPAGE_STATUS samepage_queue_call(samepage_queue* queue, const void* bytes, size_t size_bytes, int64_t timeout_ns,
                                    void* reply, size_t reply_bytes_max, size_t* reply_bytes);
SAMEPAGE_STATUS samepage_queue_descriptor(samepage_queue* queue, intptr_t* descriptor);
SAMEPAGE_STATUS samepage_queue_arm(samepage_queue* queue);

/* The job's bytes, a copy, until it is closed. */
SAMEPAGE_API const void* SAMEPAGE_CALL samepage_job_data(samepage_job* job);
SAMEPAGE_STATUS samepage_job_size(samepage_job* job, size_t* size_bytes);
SAMEPAGE_STATUS samepage_job_id(samepage_job* job, uint64_t* id);
/* How often it was taken, this time included: more than 1 when a worker died with it or gave it back. */
SAMEPAGE_STATUS samepage_job_deliveries(samepage_job* job, uint32_t* deliveries);
/* Whether somebody waits for a reply, and how many bytes it may have. */
SAMEPAGE_STATUS samepage_job_is_call(samepage_job* job, int32_t* is_call, uint64_t* reply_bytes_max);
/* The job is finished (or ready again); only its bytes and close are left. samepage_e_not_owner: it isn't this one's
 * any more. */
SAMEPAGE_STATUS samepage_job_acknowledge(samepage_job* job);
SAMEPAGE_STATUS samepage_job_reply(samepage_job* job, const void* bytes, size_t size_bytes);
/* It can't be done, and no other worker shall try: who called gets samepage_e_failed with this text (UTF-8, zero at its
 * end; NULL is none; a long one is cut). */
SAMEPAGE_STATUS samepage_job_fail(samepage_job* job, const char* why);
SAMEPAGE_STATUS samepage_job_give_back(samepage_job* job);
SAMEPAGE_API void SAMEPAGE_CALL samepage_job_close(samepage_job* job);

/* ---- table: records under keys ---- */

typedef struct samepage_table samepage_table;
typedef struct samepage_scan samepage_scan;
typedef struct samepage_feed samepage_feed;
typedef struct samepage_held samepage_held;

typedef struct samepage_table_options {
    uint32_t struct_size;
    uint32_t access;
    uint32_t strategy;
    uint32_t as_it_is; /* 1: what a power failure left, not the checkpoint; see table_options in table.hpp */
    int64_t timeout_ns;
    uint32_t sole_writer; /* 1: while this handle lives it alone writes; see table_options in table.hpp */
    uint32_t reserved;    /* 0 */
} samepage_table_options;

/* What it says is told beside table_info in table.hpp. */
typedef struct samepage_table_info {
    uint32_t struct_size;
    uint32_t writers_active;
    uint64_t records;
    uint64_t size_bytes;
    uint64_t buckets;
    uint64_t deaths_recovered;
    uint32_t deaths_pending;
    uint32_t load_percent; /* table_info::load, in percent */
    uint64_t checkpoint_unix_ns;
    uint64_t returned_unix_ns;
    uint64_t returned_to_unix_ns;
    uint32_t is_clean;
    uint32_t sole_writer_process; /* who alone may write, where the system shows it; 0: nobody */
    uint64_t history_bytes;       /* 0: it keeps no history */
    uint64_t history_changes;
} samepage_table_info;

/* What a checkpoint was. */
typedef struct samepage_table_checkpoint_info {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t records;
    uint64_t size_bytes; /* of the file */
    int64_t stall_ns;    /* how long writers were held */
} samepage_table_checkpoint_info;

/* What compacting has done. */
typedef struct samepage_table_compaction_info {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t records_moved;
    uint64_t given_bytes;   /* that the system got back */
    uint64_t pending_bytes; /* that nothing uses, and the system would get back if nobody else had the table */
    uint64_t size_bytes;    /* what it takes of the memory or the disk now */
} samepage_table_compaction_info;

SAMEPAGE_STATUS samepage_table_create(const char* place, const samepage_table_options* options, samepage_table** table);
SAMEPAGE_STATUS samepage_table_create_new(const char* place, const samepage_table_options* options,
                                          samepage_table** table);
SAMEPAGE_STATUS samepage_table_open(const char* place, const samepage_table_options* options, samepage_table** table);
SAMEPAGE_API void SAMEPAGE_CALL samepage_table_close(samepage_table* table);

SAMEPAGE_STATUS samepage_table_created(samepage_table* table, int32_t* created);
SAMEPAGE_STATUS samepage_table_access(samepage_table* table, int32_t* access);
SAMEPAGE_STATUS samepage_table_check_name(samepage_table* table);
SAMEPAGE_STATUS samepage_table_info_get(samepage_table* table, samepage_table_info* info);
SAMEPAGE_STATUS samepage_table_size(samepage_table* table, uint64_t* records);
SAMEPAGE_STATUS samepage_table_changes(samepage_table* table, uint64_t* changes);

/* Copies the value out. samepage_e_no_key, samepage_e_too_large (size_bytes would do), samepage_e_busy. */
SAMEPAGE_STATUS samepage_table_get(samepage_table* table, const void* key, size_t key_bytes, void* into,
                                   size_t into_bytes, size_t* size_bytes, uint64_t* version);
/* count keys of key_bytes each, one behind the other; values of value_bytes each; versions, 0 where there is none. */
SAMEPAGE_STATUS samepage_table_get_many(samepage_table* table, const void* keys, size_t key_bytes, size_t count,
                                        void* values, size_t value_bytes, uint64_t* versions, size_t* found);
/* 0: there is no such record. */
SAMEPAGE_STATUS samepage_table_version(samepage_table* table, const void* key, size_t key_bytes, uint64_t* version);
/* Inserts or replaces; version: the record's. insert: samepage_e_already_exists where there is a record.
 * compare_exchange: samepage_e_conflict unless its version is `expected` (0: there is none). */
SAMEPAGE_STATUS samepage_table_put(samepage_table* table, const void* key, size_t key_bytes, const void* value,
                                   size_t value_bytes, int64_t timeout_ns, uint64_t* version);
SAMEPAGE_STATUS samepage_table_insert(samepage_table* table, const void* key, size_t key_bytes, const void* value,
                                      size_t value_bytes, int64_t timeout_ns, uint64_t* version);
SAMEPAGE_STATUS samepage_table_compare_exchange(samepage_table* table, const void* key, size_t key_bytes,
                                                uint64_t expected, const void* value, size_t value_bytes,
                                                int64_t timeout_ns, uint64_t* version);
/* The same of a record that expires: expires_in_ns from now on no reader sees it, by the wall clock. SAMEPAGE_FOREVER
 * (or any negative number): never, as without. 0: when the record that is there does; a new one never. A loop of get,
 * change and compare_exchange says 0, to be as update is in C++. */
SAMEPAGE_STATUS samepage_table_put_expiring(samepage_table* table, const void* key, size_t key_bytes, const void* value,
                                            size_t value_bytes, int64_t expires_in_ns, int64_t timeout_ns,
                                            uint64_t* version);
SAMEPAGE_STATUS samepage_table_insert_expiring(samepage_table* table, const void* key, size_t key_bytes,
                                               const void* value, size_t value_bytes, int64_t expires_in_ns,
                                               int64_t timeout_ns, uint64_t* version);
SAMEPAGE_STATUS samepage_table_compare_exchange_expiring(samepage_table* table, const void* key, size_t key_bytes,
                                                         uint64_t expected, const void* value, size_t value_bytes,
                                                         int64_t expires_in_ns, int64_t timeout_ns, uint64_t* version);
/* count puts, of keys and values as those of get_many. versions: theirs. put: how many were put, in their order; fewer
 * than all where one was refused; when the first was, its failure. expires_in_ns: as of put_expiring. */
SAMEPAGE_STATUS samepage_table_put_many(samepage_table* table, const void* keys, size_t key_bytes, size_t count,
                                        const void* values, size_t value_bytes, int64_t expires_in_ns,
                                        int64_t timeout_ns, uint64_t* versions, size_t* put);
/* unix_ns: when the record expires, in nanoseconds since 1970; 0: never. samepage_e_no_key. */
SAMEPAGE_STATUS samepage_table_expires(samepage_table* table, const void* key, size_t key_bytes, uint64_t* unix_ns);
/* erased: whether there was a record. */
SAMEPAGE_STATUS samepage_table_erase(samepage_table* table, const void* key, size_t key_bytes, int64_t timeout_ns,
                                     int32_t* erased);
/* Adds to a record of 8 bytes, a little-endian number; one that isn't there is 0. sum: the new number. */
SAMEPAGE_STATUS samepage_table_add(samepage_table* table, const void* key, size_t key_bytes, uint64_t more,
                                   int64_t timeout_ns, uint64_t* sum);
/* A counter that is there expires when it would have; expires_in_ns, as of put_expiring, is for a new one. */
SAMEPAGE_STATUS samepage_table_add_expiring(samepage_table* table, const void* key, size_t key_bytes, uint64_t more,
                                            int64_t expires_in_ns, int64_t timeout_ns, uint64_t* sum);
/* Until the key's version is another one than `seen`; 0 is no record. */
SAMEPAGE_STATUS samepage_table_wait(samepage_table* table, const void* key, size_t key_bytes, uint64_t seen,
                                    int64_t timeout_ns, uint64_t* version);
/* Until the number of puts and erases, of all keys, is another one than `seen`. */
SAMEPAGE_STATUS samepage_table_wait_any(samepage_table* table, uint64_t seen, int64_t timeout_ns, uint64_t* changes);

/* All records whose key begins with the prefix, in no order: next gives one after the other, then samepage_e_no_key.
 * key and value are copies that stay until the scan's next call. */
SAMEPAGE_STATUS samepage_table_scan(samepage_table* table, const void* prefix, size_t prefix_bytes,
                                    samepage_scan** scan);
SAMEPAGE_STATUS samepage_scan_next(samepage_scan* scan, const void** key, size_t* key_bytes, const void** value,
                                   size_t* value_bytes, uint64_t* version);
SAMEPAGE_API void SAMEPAGE_CALL samepage_scan_close(samepage_scan* scan);

/* From now on the table keeps its last changes, in so many bytes, for feeds; one that has a history keeps the one it
 * has. history_bytes: how many it has. */
SAMEPAGE_STATUS samepage_table_keep_history(samepage_table* table, uint64_t size_bytes, int64_t timeout_ns,
                                            uint64_t* history_bytes);
/* Reads the changes of keys that begin with the prefix along: from those that come (samepage_newest), or from the
 * oldest that is kept. samepage_e_not_supported: it keeps no history. */
SAMEPAGE_STATUS samepage_table_subscribe(samepage_table* table, const void* prefix, size_t prefix_bytes, int32_t start,
                                         samepage_feed** feed);
/* The next change, waiting for it. key: a copy that stays until the feed's next call; no bytes: it only says that some
 * were missed. version: of what was put, or the last of what was erased (erased: 1). missed: how many changes it was
 * never shown since the one before, of any keys; who mirrors the table copies it anew then. */
SAMEPAGE_STATUS samepage_feed_next(samepage_feed* feed, int64_t timeout_ns, const void** key, size_t* key_bytes,
                                   uint64_t* version, int32_t* erased, uint64_t* missed);
SAMEPAGE_API void SAMEPAGE_CALL samepage_feed_close(samepage_feed* feed);
/* For event loops: readable when there may be a change, of any key. Whenever it is, and once at the beginning, call arm
 * first, and feed_next without waiting until it has timed out then. */
SAMEPAGE_STATUS samepage_table_descriptor(samepage_table* table, intptr_t* descriptor);
SAMEPAGE_STATUS samepage_table_arm(samepage_table* table);

/* Keeps a key, or all of them, from other handles' writers; readers don't mind. Until release or close, by the table's
 * handle that locked it; a dead owner's lock is free. owner_died: an earlier one died with it, so what it guards may be
 * half-done; that is told until one of its owners has said mark_repaired. samepage_e_timed_out names who has it. */
SAMEPAGE_STATUS samepage_table_lock(samepage_table* table, const void* key, size_t key_bytes, int64_t timeout_ns,
                                    samepage_held** held, int32_t* owner_died);
SAMEPAGE_STATUS samepage_table_lock_all(samepage_table* table, int64_t timeout_ns, samepage_held** held,
                                        int32_t* owner_died);
SAMEPAGE_STATUS samepage_held_mark_repaired(samepage_held* held);
/* samepage_e_not_owner: it was released already. */
SAMEPAGE_STATUS samepage_held_release(samepage_held* held);
/* Releases it too. */
SAMEPAGE_API void SAMEPAGE_CALL samepage_held_close(samepage_held* held);

/* Looks whether the table keeps its invariants, all of it, beside writers too. samepage_e_corrupt: something else has
 * damaged it, the text says how; samepage_e_busy: others changed all the time what the text names. records: that were
 * looked at; free_bytes: in pages that nothing uses. Both are told in these two cases as well. */
SAMEPAGE_STATUS samepage_table_verify(samepage_table* table, int64_t timeout_ns, uint64_t* records,
                                      uint64_t* free_bytes);

/* Makes all that is there now survive power failures, in a file beside the table's; made may be NULL. Takes as long as
 * reading and writing the table. samepage_e_not_supported on names, samepage_e_corrupt when it isn't whole. */
SAMEPAGE_STATUS samepage_table_checkpoint(samepage_table* table, int64_t timeout_ns,
                                          samepage_table_checkpoint_info* made);
/* Moves records together, and gives what is free then back to the system where no other handle has the table; done may
 * be NULL. It is told beside compact in table.hpp. */
SAMEPAGE_STATUS samepage_table_compact(samepage_table* table, int64_t timeout_ns, samepage_table_compaction_info* done);
/* Whether opening this handle had to go back to the checkpoint. */
SAMEPAGE_STATUS samepage_table_went_back(samepage_table* table, int32_t* went_back);

/* ---- ndarray: an array of numbers in a region, which says its own type and shape ---- */

typedef struct samepage_ndarray samepage_ndarray;

#define SAMEPAGE_NDARRAY_DIMENSIONS_MAX 32

typedef struct samepage_ndarray_options {
    uint32_t struct_size;
    uint32_t access;
    int64_t timeout_ns;
} samepage_ndarray_options;

/* dtype: as NumPy says it, "<f4", "|u1". shape: so many numbers. create gives samepage_e_wrong_kind where there is one
 * of another type or shape. */
SAMEPAGE_STATUS samepage_ndarray_create(const char* place, const char* dtype, const uint64_t* shape, size_t dimensions,
                                        const samepage_ndarray_options* options, samepage_ndarray** array);
SAMEPAGE_STATUS samepage_ndarray_create_new(const char* place, const char* dtype, const uint64_t* shape,
                                            size_t dimensions, const samepage_ndarray_options* options,
                                            samepage_ndarray** array);
SAMEPAGE_STATUS samepage_ndarray_open(const char* place, const samepage_ndarray_options* options,
                                      samepage_ndarray** array);
/* Leaves it torn if this handle is writing. */
SAMEPAGE_API void SAMEPAGE_CALL samepage_ndarray_close(samepage_ndarray* array);

SAMEPAGE_STATUS samepage_ndarray_created(samepage_ndarray* array, int32_t* created);
SAMEPAGE_STATUS samepage_ndarray_access(samepage_ndarray* array, int32_t* access);
SAMEPAGE_STATUS samepage_ndarray_check_name(samepage_ndarray* array);
SAMEPAGE_STATUS samepage_ndarray_flush(samepage_ndarray* array);
/* The elements themselves, and the name of their type, until the array is closed; NULL if it is. */
SAMEPAGE_API void* SAMEPAGE_CALL samepage_ndarray_data(samepage_ndarray* array);
SAMEPAGE_API const char* SAMEPAGE_CALL samepage_ndarray_dtype(samepage_ndarray* array);
SAMEPAGE_STATUS samepage_ndarray_size(samepage_ndarray* array, uint64_t* size_bytes);
/* At most dimensions_max of shape and of strides (bytes from one element to the next), and how many there are. */
SAMEPAGE_STATUS samepage_ndarray_shape(samepage_ndarray* array, uint64_t* shape, uint64_t* strides,
                                       size_t dimensions_max, size_t* dimensions);
/* Larger with each writing; those that never finished are counted, too. */
SAMEPAGE_STATUS samepage_ndarray_version(samepage_ndarray* array, uint64_t* version);

/* This handle writes then, and no other one. was_torn: who wrote before has not finished. */
SAMEPAGE_STATUS samepage_ndarray_begin_writing(samepage_ndarray* array, int64_t timeout_ns, int32_t* was_torn);
/* The array is whole, or (whole: 0) torn. samepage_e_not_owner: this handle isn't writing. */
SAMEPAGE_STATUS samepage_ndarray_end_writing(samepage_ndarray* array, int32_t whole, uint64_t* version);
/* All elements as a writer has finished them. samepage_e_torn: who was writing was killed, or gave up. */
SAMEPAGE_STATUS samepage_ndarray_copy(samepage_ndarray* array, void* into, size_t into_bytes, int64_t timeout_ns,
                                      size_t* size_bytes, uint64_t* version);

/* ---- What there is, and whether this machine suits ---- */

typedef struct samepage_catalog samepage_catalog;
typedef struct samepage_findings samepage_findings;

typedef struct samepage_catalog_entry {
    uint32_t struct_size;
    int32_t kind; /* samepage_kind_cell ... */
    uint64_t size_bytes;
    uint32_t holders;          /* those that can be seen; samepage_catalog_holder gives them */
    uint32_t holders_complete; /* whether these are all */
    const char* place;         /* the texts stay until the catalog is closed */
    const char* location;      /* where the system keeps it, for people */
} samepage_catalog_entry;

/* The live objects of a scope, by name. Frees leftovers of killed processes on the way. */
SAMEPAGE_STATUS samepage_list(int32_t scope, int32_t with_holders, samepage_catalog** catalog);
/* A catalog of one object, with its holders. */
SAMEPAGE_STATUS samepage_look_up(const char* place, samepage_catalog** catalog);
SAMEPAGE_STATUS samepage_catalog_count(samepage_catalog* catalog, size_t* count);
SAMEPAGE_STATUS samepage_catalog_entry_get(samepage_catalog* catalog, size_t index, samepage_catalog_entry* entry);
SAMEPAGE_STATUS samepage_catalog_holder(samepage_catalog* catalog, size_t index, size_t holder_index, uint32_t* process,
                                        const char** command);
/* complete is 0 where the system can't list names; why says so. */
SAMEPAGE_STATUS samepage_catalog_complete(samepage_catalog* catalog, int32_t* complete, const char** why);
SAMEPAGE_STATUS samepage_catalog_freed(samepage_catalog* catalog, uint64_t* entries, uint64_t* bytes);
SAMEPAGE_API void SAMEPAGE_CALL samepage_catalog_close(samepage_catalog* catalog);

enum samepage_severity { samepage_good = 0, samepage_note = 1, samepage_bad = 2 };

SAMEPAGE_STATUS samepage_diagnose(samepage_findings** findings);
SAMEPAGE_STATUS samepage_findings_count(samepage_findings* findings, size_t* count);
/* The texts stay until the findings are closed. fix is empty when it is good. */
SAMEPAGE_STATUS samepage_findings_get(samepage_findings* findings, size_t index, int32_t* severity,
                                      const char** subject, const char** text, const char** fix);
SAMEPAGE_API void SAMEPAGE_CALL samepage_findings_close(samepage_findings* findings);

#ifdef __cplusplus
}
#endif

#endif
