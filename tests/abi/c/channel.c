/* The C functions of channels and loans. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static void messages_are_sent(void) {
    const char* const name = fresh_name("channel");
    const void* const list[3] = {"one", "two", NULL};
    const size_t list_bytes[3] = {3, 3, 0};
    samepage_channel *channel, *same;
    samepage_channel_options options;
    samepage_channel_info info;
    int32_t told = 7;
    uint64_t number = 0;
    size_t sent = 0;
    static char large[1025];
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.capacity_bytes = 1024;
    options.loans = -1;
    OK(samepage_channel_create_new(name, &options, &channel));
    FAILS(samepage_e_already_exists, samepage_channel_create_new(name, NULL, &same));
    OK(samepage_channel_create(name, NULL, &same));
    OK(samepage_channel_created(same, &told));
    CHECK(told == 0);
    samepage_channel_close(same);
    options.access = samepage_read_only;
    OK(samepage_channel_open(name, &options, &same));
    OK(samepage_channel_access(same, &told));
    CHECK(told == samepage_read_only);
    OK(samepage_channel_capacity(same, &number));
    CHECK(number == 1024);
    OK(samepage_channel_check_name(same));
    OK(samepage_channel_send(channel, "hello", 5, SAMEPAGE_PATIENCE, &number));
    CHECK(number == 1);
    FAILS(samepage_e_denied, samepage_channel_send(same, "hello", 5, 0, NULL));
    FAILS(samepage_e_too_large, samepage_channel_send(channel, large, sizeof large, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_channel_send(channel, NULL, 1, 0, NULL));
    OK(samepage_channel_send_many(channel, list, list_bytes, 3, SAMEPAGE_PATIENCE, &sent));
    CHECK(sent == 3);
    FAILS(samepage_e_invalid_argument, samepage_channel_send_many(channel, NULL, NULL, 1, 0, &sent));
    info.struct_size = sizeof info;
    OK(samepage_channel_info_get(channel, &info));
    CHECK(info.next_sequence == 5 && info.oldest_sequence == 1 && info.capacity_bytes == 1024 && info.loans == 0);
    CHECK(info.registered == 0 && info.ring_bytes >= 2048);
    options.loans = -2;
    samepage_channel_close(same);
    FAILS(samepage_e_invalid_argument, samepage_channel_open(name, &options, &same));
    samepage_channel_close(channel);
    FAILS(samepage_e_closed, samepage_channel_send(channel, "x", 1, 0, NULL));
}

static void loans_are_sent_without_a_copy(void) {
    samepage_channel* channel;
    samepage_loan *loan, *dropped, *none = (samepage_loan*)&channel;
    samepage_subscriber* subscriber;
    samepage_channel_info info;
    uint64_t sequence = 0;
    size_t size_bytes = 0;
    char into[16];
    OK(samepage_channel_create(fresh_name("loans"), NULL, &channel));
    OK(samepage_channel_subscribe(channel, NULL, &subscriber));
    OK(samepage_channel_borrow(channel, 10, SAMEPAGE_PATIENCE, &loan));
    OK(samepage_channel_borrow(channel, 10, SAMEPAGE_PATIENCE, &dropped));
    FAILS(samepage_e_too_large, samepage_channel_borrow(channel, (size_t)1 << 30, 0, &none));
    CHECK(none == NULL);
    info.struct_size = sizeof info;
    OK(samepage_channel_info_get(channel, &info));
    CHECK(info.loans == 4 && info.loans_out == 2);
    samepage_loan_close(dropped);
    CHECK(samepage_loan_data(dropped) == NULL);
    memcpy(samepage_loan_data(loan), "in place..", 10);
    samepage_channel_close(channel);
    OK(samepage_loan_publish(loan, 8, SAMEPAGE_PATIENCE, &sequence));
    CHECK(sequence == 1 && samepage_loan_data(loan) == NULL);
    CHECK(samepage_loan_publish(loan, 8, 0, &sequence) != samepage_ok);
    samepage_loan_close(loan);
    FAILS(samepage_e_closed, samepage_loan_publish(loan, 8, 0, &sequence));
    OK(samepage_subscriber_receive(subscriber, into, sizeof into, PATIENCE_NS, &size_bytes, NULL, NULL));
    CHECK(size_bytes == 8 && memcmp(into, "in place", 8) == 0);
    samepage_subscriber_close(subscriber);
}

static void descriptors_are_given_where_there_are_some(void) {
    samepage_channel* channel;
    intptr_t descriptor = -1;
    samepage_status status;
    OK(samepage_channel_create(fresh_name("bell"), NULL, &channel));
    status = samepage_channel_descriptor(channel, &descriptor);
    CHECK(status == samepage_ok || status == samepage_e_not_supported);
    CHECK((status == samepage_ok) == (descriptor >= 0));
    status = samepage_channel_arm(channel);
    CHECK(status == samepage_ok || status == samepage_e_not_supported);
    samepage_channel_close(channel);
}

static void a_sole_writer_is_alone(void) {
    const char* const name = fresh_name("sole");
    samepage_channel *channel, *sole, *second;
    samepage_channel_options options;
    samepage_channel_info info;
    OK(samepage_channel_create(name, NULL, &channel));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.sole_writer = 2;
    FAILS(samepage_e_invalid_argument, samepage_channel_open(name, &options, &sole));
    options.sole_writer = 1;
    OK(samepage_channel_open(name, &options, &sole));
    FAILS(samepage_e_denied, samepage_channel_open(name, &options, &second));
    FAILS(samepage_e_denied, samepage_channel_send(channel, "x", 1, PATIENCE_NS, NULL));
    OK(samepage_channel_send(sole, "x", 1, PATIENCE_NS, NULL));
    info.struct_size = sizeof info;
    OK(samepage_channel_info_get(channel, &info));
    CHECK(info.sole_writer_process != 0);
    /* An earlier version's program has no such option. */
    options.struct_size = offsetof(samepage_channel_options, sole_writer);
    OK(samepage_channel_open(name, &options, &second));
    samepage_channel_close(second);
    samepage_channel_close(sole);
    OK(samepage_channel_info_get(channel, &info));
    CHECK(info.sole_writer_process == 0);
    OK(samepage_channel_send(channel, "x", 1, PATIENCE_NS, NULL));
    samepage_channel_close(channel);
}

void test_channel(void) {
    messages_are_sent();
    loans_are_sent_without_a_copy();
    descriptors_are_given_where_there_are_some();
    a_sole_writer_is_alone();
}
