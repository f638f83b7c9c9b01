/* A process in C that does with all nouns what it is told, a line at a time; its partner is a test in C++. */
/* SPDX-License-Identifier: MIT */
/*
 *   create NAME, open NAME   one object of each noun: NAME.region, NAME.cell, ... -> "ready"
 *   write TEXT, read         the region's text
 *   sole NAME                opens its cell, channel and table anew, as their sole writer -> "alone"
 *   store TEXT, load         the cell's value; -> "VERSION", "VERSION TEXT"
 *   await VERSION            "sleeping", then the cell's version once it is another one
 *   acquire, release         the lock; -> "acquired" or "owner_died"
 *   send TEXT, receive       through the channel; -> "SEQUENCE", "SEQUENCE TEXT"
 *   work, call TEXT          takes a job and replies with its text doubled; calls and gives the reply
 *   put KEY TEXT, get KEY    records of the table
 *   keep, follow             has the table keep its changes -> "kept"; subscribes to them -> "following"
 *   array NAME, fill N       makes or opens an array of 1000 |u1 -> "ready"; writes N into all of it -> its version
 *   half N, whole            begins to write and stays in the midst -> "half"; a whole copy's first and last element
 *   next                     the next change; -> "put KEY VERSION" or "erased KEY VERSION"
 *   count N                  sends N, N + 1, ... until it is killed, each as 20 times its 8 digits -> each of them
 * Every failure is answered by its status's name.
 */
#include <samepage/samepage.h>
#include <stdio.h>
#include <string.h>

static samepage_region* region;
static samepage_cell* cell;
static samepage_lock* lock;
static samepage_channel* channel;
static samepage_subscriber* subscriber;
static samepage_queue* queue;
static samepage_table* table;
static samepage_feed* feed;
static samepage_ndarray* array;

static char answer[1000];
static size_t size_bytes;
static uint64_t number;

/* The status of the first step that fails. */
#define TRY(call)                                 \
    do {                                          \
        const samepage_status status = (call);    \
        if (status != samepage_ok) return status; \
    } while (0)

static const char* of(const char* name, const char* noun) {
    static char place[200];
    snprintf(place, sizeof place, "%s.%s", name, noun);
    return place;
}

static samepage_status begin(const char* name, int create) {
    if (create) {
        TRY(samepage_region_create_new(of(name, "region"), 4096, NULL, &region));
        TRY(samepage_cell_create_new(of(name, "cell"), NULL, &cell));
        TRY(samepage_lock_create_new(of(name, "lock"), NULL, &lock));
        TRY(samepage_channel_create_new(of(name, "channel"), NULL, &channel));
        TRY(samepage_queue_create_new(of(name, "queue"), NULL, &queue));
        TRY(samepage_table_create_new(of(name, "table"), NULL, &table));
    } else {
        TRY(samepage_region_open(of(name, "region"), NULL, &region));
        TRY(samepage_cell_open(of(name, "cell"), NULL, &cell));
        TRY(samepage_lock_open(of(name, "lock"), NULL, &lock));
        TRY(samepage_channel_open(of(name, "channel"), NULL, &channel));
        TRY(samepage_queue_open(of(name, "queue"), NULL, &queue));
        TRY(samepage_table_open(of(name, "table"), NULL, &table));
    }
    strcpy(answer, "ready");
    return samepage_channel_subscribe(channel, NULL, &subscriber);
}

static samepage_status be_sole(const char* name) {
    const samepage_cell_options cells = {.struct_size = sizeof cells, .sole_writer = 1};
    const samepage_channel_options channels = {.struct_size = sizeof channels, .sole_writer = 1};
    const samepage_table_options tables = {.struct_size = sizeof tables, .sole_writer = 1};
    TRY(samepage_cell_open(of(name, "cell"), &cells, &cell));
    TRY(samepage_channel_open(of(name, "channel"), &channels, &channel));
    TRY(samepage_table_open(of(name, "table"), &tables, &table));
    strcpy(answer, "alone");
    return samepage_ok;
}

static samepage_status work(void) {
    samepage_job* job;
    char reply[400];
    TRY(samepage_queue_take(queue, SAMEPAGE_FOREVER, &job));
    TRY(samepage_job_size(job, &size_bytes));
    if (size_bytes > sizeof reply / 2) return samepage_e_too_large;
    memcpy(reply, samepage_job_data(job), size_bytes);
    memcpy(reply + size_bytes, reply, size_bytes);
    TRY(samepage_job_reply(job, reply, 2 * size_bytes));
    samepage_job_close(job);
    strcpy(answer, "replied");
    return samepage_ok;
}

static void say(const char* text) {
    puts(text);
    fflush(stdout);
}

/* The number, and what is in `bytes`. */
static void say_later(const char* bytes) {
    snprintf(answer, sizeof answer, "%lu %.*s", (unsigned long)number, (int)size_bytes, bytes);
}

static samepage_status load_or_receive(int load) {
    char bytes[400];
    if (load) {
        TRY(samepage_cell_load(cell, bytes, sizeof bytes, &size_bytes, &number));
    } else {
        TRY(samepage_subscriber_receive(subscriber, bytes, sizeof bytes, SAMEPAGE_FOREVER, &size_bytes, &number, NULL));
    }
    say_later(bytes);
    return samepage_ok;
}

static samepage_status get_or_call(int get, const char* text) {
    if (get) {
        TRY(samepage_table_get(table, text, strlen(text), answer, sizeof answer - 1, &size_bytes, NULL));
    } else {
        TRY(samepage_queue_call(queue, text, strlen(text), SAMEPAGE_FOREVER, answer, sizeof answer - 1, &size_bytes));
    }
    answer[size_bytes] = '\0';
    return samepage_ok;
}

static samepage_status follow(const char* verb) {
    const void* key;
    int32_t erased;
    if (strcmp(verb, "keep") == 0) {
        strcpy(answer, "kept");
        return samepage_table_keep_history(table, 1 << 20, SAMEPAGE_FOREVER, NULL);
    }
    if (strcmp(verb, "follow") == 0) {
        strcpy(answer, "following");
        return samepage_table_subscribe(table, NULL, 0, samepage_newest, &feed);
    }
    TRY(samepage_feed_next(feed, SAMEPAGE_FOREVER, &key, &size_bytes, &number, &erased, NULL));
    snprintf(answer, sizeof answer, "%s %.*s %lu", erased ? "erased" : "put", (int)size_bytes, (const char*)key,
             (unsigned long)number);
    return samepage_ok;
}

static samepage_status array_verb(const char* verb, const char* text) {
    static const uint64_t shape[1] = {1000};
    unsigned char whole[1000];
    int fill = 0;
    if (strcmp(verb, "array") == 0) {
        strcpy(answer, "ready");
        return samepage_ndarray_create(text, "|u1", shape, 1, NULL, &array);
    }
    if (strcmp(verb, "whole") == 0) {
        TRY(samepage_ndarray_copy(array, whole, sizeof whole, SAMEPAGE_FOREVER, NULL, NULL));
        snprintf(answer, sizeof answer, "%d %d", whole[0], whole[999]);
        return samepage_ok;
    }
    sscanf(text, "%d", &fill);
    TRY(samepage_ndarray_begin_writing(array, SAMEPAGE_FOREVER, NULL));
    memset(samepage_ndarray_data(array), fill, strcmp(verb, "fill") == 0 ? 1000 : 500);
    strcpy(answer, "half");
    if (strcmp(verb, "half") == 0) return samepage_ok;
    TRY(samepage_ndarray_end_writing(array, 1, &number));
    snprintf(answer, sizeof answer, "%lu", (unsigned long)number);
    return samepage_ok;
}

static samepage_status count(const char* text) {
    char digits[24], message[8 * 20];
    unsigned long next = 0;
    size_t i;
    sscanf(text, "%lu", &next);
    for (;; ++next) {
        snprintf(digits, sizeof digits, "%08lu", next);
        for (i = 0; i < 20; ++i) memcpy(message + 8 * i, digits, 8);
        TRY(samepage_channel_send(channel, message, 8 * 20, SAMEPAGE_FOREVER, &number));
        say(digits);
    }
}

static samepage_status change(const char* verb, const char* text, const char* more) {
    if (strcmp(verb, "write") == 0) return samepage_region_write_text(region, text, 0);
    if (strcmp(verb, "store") == 0) return samepage_cell_store(cell, text, strlen(text), SAMEPAGE_FOREVER, &number);
    if (strcmp(verb, "await") == 0) {
        say("sleeping");
        return samepage_cell_wait(cell, (uint64_t)(text[0] - '0'), SAMEPAGE_FOREVER, &number);
    }
    if (strcmp(verb, "send") == 0) return samepage_channel_send(channel, text, strlen(text), SAMEPAGE_FOREVER, &number);
    return samepage_table_put(table, text, strlen(text), more, strlen(more), SAMEPAGE_FOREVER, &number);
}

static samepage_status do_it(const char* verb, const char* text, const char* more) {
    int32_t owner_died;
    if (strcmp(verb, "create") == 0 || strcmp(verb, "open") == 0) return begin(text, *verb == 'c');
    if (strcmp(verb, "sole") == 0) return be_sole(text);
    if (strcmp(verb, "read") == 0) return samepage_region_read_text(region, answer, sizeof answer, 0, NULL);
    if (strcmp(verb, "load") == 0 || strcmp(verb, "receive") == 0) return load_or_receive(*verb == 'l');
    if (strcmp(verb, "get") == 0 || strcmp(verb, "call") == 0) return get_or_call(*verb == 'g', text);
    if (strcmp(verb, "work") == 0) return work();
    if (strcmp(verb, "count") == 0) return count(text);
    if (strcmp(verb, "array") == 0 || strcmp(verb, "fill") == 0 || strcmp(verb, "half") == 0 ||
        strcmp(verb, "whole") == 0)
        return array_verb(verb, text);
    if (strcmp(verb, "keep") == 0 || strcmp(verb, "follow") == 0 || strcmp(verb, "next") == 0) return follow(verb);
    if (strcmp(verb, "acquire") == 0) {
        TRY(samepage_lock_acquire(lock, SAMEPAGE_FOREVER, &owner_died));
        strcpy(answer, owner_died ? "owner_died" : "acquired");
        return samepage_ok;
    }
    strcpy(answer, "released");
    if (strcmp(verb, "release") == 0) return samepage_lock_release(lock);
    number = 0;
    TRY(change(verb, text, more));
    snprintf(answer, sizeof answer, "%lu", (unsigned long)number);
    return samepage_ok;
}

int main(void) {
    char line[500], verb[20], text[300], more[300];
    while (fgets(line, sizeof line, stdin) != NULL) {
        samepage_status status;
        text[0] = more[0] = '\0';
        if (sscanf(line, "%19s %299s %299s", verb, text, more) < 1) return 2;
        status = do_it(verb, text, more);
        say(status == samepage_ok ? answer : samepage_status_name(status));
    }
    return 0;
}
