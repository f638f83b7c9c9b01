/* The C functions of queues and jobs. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static void jobs_go_to_one_worker(void) {
    const char* const name = fresh_name("queue");
    samepage_queue *queue, *same;
    samepage_queue_options options;
    samepage_queue_info info;
    samepage_queued_job listed[3];
    samepage_job *job, *none = (samepage_job*)&queue;
    int32_t told = 7;
    uint32_t deliveries = 0;
    uint64_t number = 0;
    size_t size = 0;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.capacity_bytes = 1024;
    OK(samepage_queue_create_new(name, &options, &queue));
    FAILS(samepage_e_already_exists, samepage_queue_create_new(name, NULL, &same));
    OK(samepage_queue_open(name, NULL, &same));
    OK(samepage_queue_created(same, &told));
    CHECK(told == 0);
    OK(samepage_queue_check_name(same));
    OK(samepage_queue_capacity(same, &number));
    CHECK(number == 1024);
    FAILS(samepage_e_empty, samepage_queue_take(same, SAMEPAGE_NO_WAIT, &none));
    CHECK(none == NULL);
    FAILS(samepage_e_timed_out, samepage_queue_take(same, 1000000, &none));
    FAILS(samepage_e_invalid_argument, samepage_queue_take(same, 0, NULL));
    OK(samepage_queue_push(queue, "resize", 6, SAMEPAGE_PATIENCE, &number));
    CHECK(number == 1);
    OK(samepage_queue_push(queue, "rotate", 6, SAMEPAGE_PATIENCE, &number));
    FAILS(samepage_e_too_large, samepage_queue_push(queue, "x", (size_t)1 << 30, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_queue_push(queue, NULL, 1, 0, NULL));
    OK(samepage_queue_take(same, PATIENCE_NS, &job));
    OK(samepage_job_size(job, &size));
    CHECK(size == 6 && memcmp(samepage_job_data(job), "resize", 6) == 0);
    OK(samepage_job_id(job, &number));
    CHECK(number == 1);
    OK(samepage_job_deliveries(job, &deliveries));
    CHECK(deliveries == 1);
    OK(samepage_job_is_call(job, &told, &number));
    CHECK(told == 0 && number == 0);
    info.struct_size = sizeof info;
    OK(samepage_queue_info_get(queue, &info));
    CHECK(info.jobs_ready == 1 && info.jobs_taken == 1 && info.next_id == 3 && info.oldest_taken == 1);
    OK(samepage_queue_jobs(queue, listed, sizeof *listed, 3, &size));
    CHECK(size == 2 && listed[0].id == 1 && listed[0].state == samepage_job_taken && listed[0].deliveries == 1);
    CHECK(listed[1].id == 2 && listed[1].state == samepage_job_ready && listed[1].size_bytes == 6);
    FAILS(samepage_e_invalid_argument, samepage_queue_jobs(queue, NULL, sizeof *listed, 3, &size));
    OK(samepage_job_give_back(job));
    FAILS(samepage_e_not_owner, samepage_job_acknowledge(job));
    samepage_job_close(job);
    CHECK(samepage_job_data(job) == NULL);
    FAILS(samepage_e_closed, samepage_job_acknowledge(job));
    /* The queue's handle may go first, and a job that is closed goes back. */
    OK(samepage_queue_take(same, PATIENCE_NS, &job));
    samepage_queue_close(same);
    samepage_job_close(job);
    OK(samepage_queue_take(queue, PATIENCE_NS, &job));
    OK(samepage_job_deliveries(job, &deliveries));
    CHECK(deliveries == 3);
    OK(samepage_job_acknowledge(job));
    CHECK(memcmp(samepage_job_data(job), "resize", 6) == 0);
    samepage_job_close(job);
    samepage_queue_close(queue);
    FAILS(samepage_e_closed, samepage_queue_push(queue, "x", 1, 0, NULL));
}

/* Who calls waits, so the other side of it is in the tests of two processes. */
static void calls_wait_for_their_reply(void) {
    samepage_queue* queue;
    samepage_job* job;
    intptr_t descriptor = -1;
    samepage_status status;
    char reply[16];
    size_t reply_bytes = 77;
    OK(samepage_queue_create(fresh_name("call"), NULL, &queue));
    FAILS(samepage_e_timed_out, samepage_queue_call(queue, "ask", 3, 1000000, reply, sizeof reply, &reply_bytes));
    FAILS(samepage_e_invalid_argument, samepage_queue_call(queue, "ask", 3, 0, NULL, 5, &reply_bytes));
    CHECK(reply_bytes == 77);
    OK(samepage_queue_push(queue, "job", 3, 0, NULL));
    OK(samepage_queue_take(queue, PATIENCE_NS, &job));
    FAILS(samepage_e_invalid_argument, samepage_job_reply(job, NULL, 1));
    OK(samepage_job_reply(job, "to nobody", 9));
    samepage_job_close(job);
    status = samepage_queue_descriptor(queue, &descriptor);
    CHECK(status == samepage_ok || status == samepage_e_not_supported);
    CHECK((status == samepage_ok) == (descriptor >= 0));
    status = samepage_queue_arm(queue);
    CHECK(status == samepage_ok || status == samepage_e_not_supported);
    samepage_queue_close(queue);
}

void test_queue(void) {
    jobs_go_to_one_worker();
    calls_wait_for_their_reply();
}
