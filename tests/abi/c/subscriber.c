/* The C functions of subscribers. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static void messages_come_one_by_one(void) {
    samepage_channel* channel;
    samepage_subscriber* subscriber;
    samepage_subscribe_options options;
    size_t size_bytes = 0;
    uint64_t sequence = 0, missed = 77;
    int32_t registered = 7;
    char into[16];
    OK(samepage_channel_create(fresh_name("one"), NULL, &channel));
    OK(samepage_channel_send(channel, "first", 5, SAMEPAGE_PATIENCE, NULL));
    OK(samepage_channel_send(channel, "second", 6, SAMEPAGE_PATIENCE, NULL));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.start = samepage_oldest;
    OK(samepage_channel_subscribe(channel, &options, &subscriber));
    OK(samepage_subscriber_is_registered(subscriber, &registered));
    CHECK(registered == 0);
    OK(samepage_subscriber_wait(subscriber, PATIENCE_NS));
    OK(samepage_subscriber_receive(subscriber, into, sizeof into, SAMEPAGE_NO_WAIT, &size_bytes, &sequence, &missed));
    CHECK(size_bytes == 5 && sequence == 1 && missed == 0 && memcmp(into, "first", 5) == 0);
    OK(samepage_subscriber_next_sequence(subscriber, &sequence));
    CHECK(sequence == 2);
    FAILS(samepage_e_too_large, samepage_subscriber_receive(subscriber, into, 5, 0, &size_bytes, NULL, NULL));
    CHECK(size_bytes == 6);
    OK(samepage_subscriber_receive(subscriber, into, 6, 0, &size_bytes, &sequence, NULL));
    CHECK(sequence == 2 && memcmp(into, "second", 6) == 0);
    FAILS(samepage_e_timed_out, samepage_subscriber_receive(subscriber, into, 6, 0, NULL, NULL, NULL));
    FAILS(samepage_e_timed_out, samepage_subscriber_wait(subscriber, 1000000));
    samepage_subscriber_close(subscriber);
    options.sequence = 2;
    OK(samepage_channel_subscribe(channel, &options, &subscriber));
    OK(samepage_subscriber_receive(subscriber, into, 6, 0, NULL, &sequence, NULL));
    CHECK(sequence == 2);
    samepage_subscriber_close(subscriber);
    FAILS(samepage_e_closed, samepage_subscriber_receive(subscriber, into, 6, 0, NULL, NULL, NULL));
    options.start = 2;
    FAILS(samepage_e_invalid_argument, samepage_channel_subscribe(channel, &options, &subscriber));
    CHECK(subscriber == NULL);
    samepage_channel_close(channel);
    FAILS(samepage_e_closed, samepage_channel_subscribe(channel, NULL, &subscriber));
}

static void messages_are_seen_where_they_lie(void) {
    samepage_channel* channel;
    samepage_channel_options options;
    samepage_subscriber* subscriber;
    const void* data = NULL;
    size_t size_bytes = 0;
    uint64_t sequence = 0, missed = 77;
    int i;
    char into[16];
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.capacity_bytes = 16;
    OK(samepage_channel_create(fresh_name("view"), &options, &channel));
    OK(samepage_channel_subscribe(channel, NULL, &subscriber));
    FAILS(samepage_e_closed, samepage_subscriber_view_check(subscriber));
    FAILS(samepage_e_timed_out, samepage_subscriber_receive_view(subscriber, 0, &data, &size_bytes, NULL, NULL));
    OK(samepage_channel_send(channel, "seen", 4, SAMEPAGE_PATIENCE, NULL));
    OK(samepage_subscriber_receive_view(subscriber, PATIENCE_NS, &data, &size_bytes, &sequence, &missed));
    CHECK(size_bytes == 4 && sequence == 1 && missed == 0 && memcmp(data, "seen", 4) == 0);
    OK(samepage_subscriber_view_check(subscriber));
    for (i = 0; i < 1000; ++i) OK(samepage_channel_send(channel, "overwrites it", 13, SAMEPAGE_PATIENCE, NULL));
    FAILS(samepage_e_busy, samepage_subscriber_view_check(subscriber));
    OK(samepage_subscriber_receive(subscriber, into, sizeof into, 0, &size_bytes, &sequence, &missed));
    CHECK(size_bytes == 13 && missed > 0 && sequence == missed + 2);
    FAILS(samepage_e_closed, samepage_subscriber_view_check(subscriber));
    samepage_subscriber_close(subscriber);
    samepage_channel_close(channel);
}

static void many_come_at_once(void) {
    samepage_channel* channel;
    samepage_subscriber* subscriber;
    samepage_part parts[4];
    uint64_t narrow[4][2];
    size_t count = 0;
    int i;
    char into[100];
    OK(samepage_channel_create(fresh_name("many"), NULL, &channel));
    OK(samepage_channel_subscribe(channel, NULL, &subscriber));
    FAILS(samepage_e_timed_out,
          samepage_subscriber_receive_many(subscriber, into, sizeof into, parts, sizeof *parts, 4, 0, &count));
    for (i = 0; i < 6; ++i) OK(samepage_channel_send(channel, "012345", (size_t)i + 1, SAMEPAGE_PATIENCE, NULL));
    OK(samepage_subscriber_receive_many(subscriber, into, sizeof into, parts, sizeof *parts, 4, PATIENCE_NS, &count));
    CHECK(count == 4);
    for (i = 0; i < 4; ++i) {
        CHECK(parts[i].sequence == (uint64_t)i + 1 && parts[i].missed == 0 && parts[i].size_bytes == (uint64_t)i + 1);
        CHECK(memcmp(into + parts[i].offset_bytes, "012345", (size_t)parts[i].size_bytes) == 0);
    }
    /* An earlier version's program, with a shorter struct. */
    OK(samepage_subscriber_receive_many(subscriber, into, sizeof into, (samepage_part*)narrow, sizeof *narrow, 4, 0,
                                        &count));
    CHECK(count == 2 && narrow[0][0] == 5 && narrow[1][0] == 6 && narrow[1][1] == 0);
    FAILS(samepage_e_invalid_argument, samepage_subscriber_receive_many(subscriber, into, 1, NULL, 32, 1, 0, &count));
    FAILS(samepage_e_invalid_argument, samepage_subscriber_receive_many(subscriber, into, 1, parts, 0, 1, 0, &count));
    samepage_subscriber_close(subscriber);
    samepage_channel_close(channel);
}

static void registered_ones_are_waited_for(void) {
    samepage_channel* channel;
    samepage_channel_options options;
    samepage_subscribe_options registered;
    samepage_subscriber* subscriber;
    samepage_registered who[2];
    size_t count = 0;
    int32_t is_so = 0;
    samepage_status status = samepage_ok;
    int sent = 0;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.capacity_bytes = 16;
    OK(samepage_channel_create(fresh_name("registered"), &options, &channel));
    memset(&registered, 0, sizeof registered);
    registered.struct_size = sizeof registered;
    registered.registered = 1;
    OK(samepage_channel_subscribe(channel, &registered, &subscriber));
    OK(samepage_subscriber_is_registered(subscriber, &is_so));
    CHECK(is_so == 1);
    while (sent < 100000 && (status = samepage_channel_send(channel, "x", 1, 0, NULL)) == samepage_ok) ++sent;
    CHECK(status == samepage_e_full && sent > 1);
    OK(samepage_channel_registered(channel, who, sizeof *who, 2, &count));
    CHECK(count == 1 && who[0].live == 1 && who[0].lag_messages == (uint64_t)sent && who[0].lag_bytes > 0);
    OK(samepage_channel_registered(channel, NULL, sizeof *who, 0, &count));
    CHECK(count == 0);
    FAILS(samepage_e_invalid_argument, samepage_channel_registered(channel, NULL, sizeof *who, 1, &count));
    samepage_subscriber_close(subscriber);
    OK(samepage_channel_send(channel, "x", 1, 0, NULL));
    samepage_channel_close(channel);
}

void test_subscriber(void) {
    messages_come_one_by_one();
    messages_are_seen_where_they_lie();
    many_come_at_once();
    registered_ones_are_waited_for();
}
