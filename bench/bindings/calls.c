/* Times calls of the C functions for bindings_bench.py: a line "COUNT VERB" in, nanoseconds a call out. */
/* SPDX-License-Identifier: MIT */
#include <samepage/samepage.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static samepage_cell* cell;
static samepage_table* table;
static samepage_lock* named;
static samepage_channel* channel;
static samepage_subscriber* subscriber;
static samepage_queue* queue;

static int opened(const char* name) {
    char place[5][100];
    const char* const ends[] = {"", ".table", ".lock", ".channel", ".queue"};
    int i;
    for (i = 0; i < 5; ++i) snprintf(place[i], sizeof place[i], "%s%s", name, ends[i]);
    return samepage_cell_open(place[0], NULL, &cell) == samepage_ok &&
           samepage_table_open(place[1], NULL, &table) == samepage_ok &&
           samepage_lock_open(place[2], NULL, &named) == samepage_ok &&
           samepage_channel_open(place[3], NULL, &channel) == samepage_ok &&
           samepage_channel_subscribe(channel, NULL, &subscriber) == samepage_ok &&
           samepage_queue_open(place[4], NULL, &queue) == samepage_ok;
}

static int call(const char* verb, long calls) {
    char bytes[64], into[64];
    size_t size_bytes;
    uint64_t version, missed;
    int32_t owner_died;
    samepage_job* job;
    int status = 0;
    long i;
    memset(bytes, 'x', sizeof bytes);
    if (strcmp(verb, "cell.load") == 0)
        for (i = 0; i < calls; ++i) status |= samepage_cell_load(cell, into, sizeof into, &size_bytes, &version);
    else if (strcmp(verb, "cell.store") == 0)
        for (i = 0; i < calls; ++i) status |= samepage_cell_store(cell, bytes, 64, SAMEPAGE_PATIENCE, &version);
    else if (strcmp(verb, "table.get") == 0)
        for (i = 0; i < calls; ++i)
            status |= samepage_table_get(table, "key", 3, into, sizeof into, &size_bytes, &version);
    else if (strcmp(verb, "table.put") == 0)
        for (i = 0; i < calls; ++i)
            status |= samepage_table_put(table, "key", 3, bytes, 64, SAMEPAGE_PATIENCE, &version);
    else if (strcmp(verb, "lock.acquire, release") == 0)
        for (i = 0; i < calls; ++i) {
            status |= samepage_lock_acquire(named, SAMEPAGE_FOREVER, &owner_died);
            status |= samepage_lock_release(named);
        }
    else if (strcmp(verb, "channel.send, receive") == 0)
        for (i = 0; i < calls; ++i) {
            status |= samepage_channel_send(channel, bytes, 64, SAMEPAGE_PATIENCE, &version);
            status |= samepage_subscriber_receive(subscriber, into, sizeof into, SAMEPAGE_FOREVER, &size_bytes,
                                                  &version, &missed);
        }
    else
        for (i = 0; i < calls; ++i) {
            status |= samepage_queue_push(queue, bytes, 64, SAMEPAGE_PATIENCE, &version);
            status |= samepage_queue_take(queue, SAMEPAGE_FOREVER, &job);
            status |= samepage_job_acknowledge(job);
            samepage_job_close(job);
        }
    return status;
}

int main(int count, char** words) {
    char line[100], verb[50];
    long calls;
    if (count != 2 || !opened(words[1])) return 1;
    while (fgets(line, sizeof line, stdin) != NULL && sscanf(line, "%ld %49[^\n]", &calls, verb) == 2) {
        const double begin = now_ns();
        if (call(verb, calls) != samepage_ok) return 1;
        printf("%.2f\n", (now_ns() - begin) / (double)calls);
        fflush(stdout);
    }
    return 0;
}
