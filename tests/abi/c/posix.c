/* What only POSIX has: forked children, whose handles own nothing of their parent's, and descriptors as files. */
/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static int child(samepage_cell* cell, samepage_lock* lock, samepage_queue* queue, samepage_job* job,
                 samepage_subscriber* subscriber) {
    uint64_t version = 0;
    samepage_lock* mine;
    samepage_job* none;
    if (samepage_lock_try_acquire(lock, NULL) != samepage_e_timed_out) return 10;
    if (samepage_lock_release(lock) != samepage_e_not_owner) return 11;
    if (samepage_job_acknowledge(job) != samepage_e_not_owner) return 12;
    samepage_job_close(job);
    if (samepage_queue_take(queue, 0, &none) != samepage_e_empty) return 13;
    if (samepage_cell_store(cell, "child", 5, PATIENCE_NS, &version) != samepage_ok || version != 2) return 14;
    if (samepage_subscriber_receive(subscriber, NULL, 0, 0, NULL, NULL, NULL) != samepage_e_not_owner) return 15;
    /* New handles can be made and closed, too. */
    if (samepage_lock_create(fresh_name("child"), NULL, &mine) != samepage_ok) return 16;
    if (samepage_lock_acquire(mine, 0, NULL) != samepage_ok) return 17;
    samepage_lock_close(mine);
    samepage_lock_close(lock);
    samepage_cell_close(cell);
    return 0;
}

static void a_name_leads_to_an_open_file(void) {
    char path[120];
    samepage_region* over;
    int file;
    snprintf(path, sizeof path, "./%s.page", fresh_name("open"));
    file = open(path, O_CREAT | O_RDWR, 0600);
    CHECK(file >= 0 && write(file, "in a file", 10) == 10);
    OK(samepage_region_create_over(fresh_name("over"), 0, file, NULL, &over));
    CHECK(strcmp(samepage_region_data(over), "in a file") == 0);
    samepage_region_close(over);
    CHECK(close(file) == 0 && remove(path) == 0);
}

static void a_child_owns_nothing_of_its_parents(void) {
    samepage_cell* cell;
    samepage_lock* lock;
    samepage_queue* queue;
    samepage_job* job;
    samepage_channel* channel;
    samepage_subscriber* subscriber;
    samepage_subscribe_options registered;
    pid_t pid;
    int status = -1;
    char into[8];
    OK(samepage_cell_create(fresh_name("fork"), NULL, &cell));
    OK(samepage_lock_create(fresh_name("fork"), NULL, &lock));
    OK(samepage_queue_create(fresh_name("fork"), NULL, &queue));
    OK(samepage_channel_create(fresh_name("fork"), NULL, &channel));
    memset(&registered, 0, sizeof registered);
    registered.struct_size = sizeof registered;
    registered.registered = 1;
    OK(samepage_channel_subscribe(channel, &registered, &subscriber));
    OK(samepage_cell_store(cell, "parent", 6, PATIENCE_NS, NULL));
    OK(samepage_lock_acquire(lock, 0, NULL));
    OK(samepage_queue_push(queue, "job", 3, 0, NULL));
    OK(samepage_queue_take(queue, 0, &job));
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) _exit(child(cell, lock, queue, job, subscriber));
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    OK(samepage_job_acknowledge(job));
    samepage_job_close(job);
    OK(samepage_lock_release(lock));
    OK(samepage_cell_load(cell, into, sizeof into, NULL, NULL));
    CHECK(memcmp(into, "child", 5) == 0);
    OK(samepage_channel_send(channel, "x", 1, 0, NULL));
    OK(samepage_subscriber_receive(subscriber, into, sizeof into, 0, NULL, NULL, NULL));
    samepage_subscriber_close(subscriber);
    samepage_channel_close(channel);
    samepage_queue_close(queue);
    samepage_lock_close(lock);
    samepage_cell_close(cell);
}

void test_posix(void) {
    a_child_owns_nothing_of_its_parents();
    a_name_leads_to_an_open_file();
}
