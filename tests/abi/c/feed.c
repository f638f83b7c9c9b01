/* The C functions of a table's history and of those who read it along. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static const void* key;
static size_t key_bytes;
static uint64_t version, missed;
static int32_t erased;

static samepage_status next(samepage_feed* feed, int64_t timeout_ns) {
    return samepage_feed_next(feed, timeout_ns, &key, &key_bytes, &version, &erased, &missed);
}

static int is_key(const char* text) { return key_bytes == strlen(text) && memcmp(key, text, key_bytes) == 0; }

static void changes_are_read_along(void) {
    const char* const name = fresh_name("feed");
    samepage_table *table, *reader;
    samepage_table_options options;
    samepage_table_info info;
    samepage_feed *all, *some, *none = (samepage_feed*)&table;
    uint64_t bytes = 0, again = 0, put_as = 0, seen = 0;
    OK(samepage_table_create(name, NULL, &table));
    FAILS(samepage_e_not_supported, samepage_table_subscribe(table, NULL, 0, samepage_newest, &none));
    CHECK(none == NULL);
    FAILS(samepage_e_invalid_argument, samepage_table_keep_history(table, 0, PATIENCE_NS, NULL));
    OK(samepage_table_keep_history(table, 100000, PATIENCE_NS, &bytes));
    CHECK(bytes >= 100000);
    OK(samepage_table_keep_history(table, 1000000, PATIENCE_NS, &again));
    CHECK(again == bytes);
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.access = samepage_read_only;
    OK(samepage_table_open(name, &options, &reader));
    FAILS(samepage_e_denied, samepage_table_keep_history(reader, 1000, 0, NULL));
    OK(samepage_table_subscribe(reader, NULL, 0, samepage_newest, &all));
    FAILS(samepage_e_timed_out, next(all, 0));
    OK(samepage_table_put(table, "bolt", 4, "1", 1, PATIENCE_NS, &put_as));
    OK(next(all, SAMEPAGE_FOREVER));
    CHECK(is_key("bolt") && version == put_as && erased == 0 && missed == 0);
    FAILS(samepage_e_timed_out, next(all, 1000000));
    OK(samepage_table_put(table, "bolt", 4, "2", 1, PATIENCE_NS, &put_as));
    OK(samepage_table_put(table, "nut", 3, "3", 1, PATIENCE_NS, &seen));
    OK(samepage_table_erase(table, "bolt", 4, PATIENCE_NS, NULL));
    /* From the oldest on, and of some keys. */
    OK(samepage_table_subscribe(table, "bo", 2, samepage_oldest, &some));
    OK(next(some, PATIENCE_NS));
    CHECK(is_key("bolt") && version < put_as && !erased);
    OK(next(some, PATIENCE_NS));
    CHECK(is_key("bolt") && version == put_as && !erased);
    OK(next(some, PATIENCE_NS));
    CHECK(is_key("bolt") && version == put_as && erased == 1);
    FAILS(samepage_e_timed_out, next(some, 0));
    OK(samepage_feed_next(all, 0, NULL, NULL, NULL, NULL, NULL));
    info.struct_size = sizeof info;
    OK(samepage_table_info_get(table, &info));
    CHECK(info.history_bytes == bytes && info.history_changes == 4);
    FAILS(samepage_e_invalid_argument, samepage_table_subscribe(table, NULL, 1, samepage_newest, &none));
    FAILS(samepage_e_invalid_argument, samepage_table_subscribe(table, NULL, 0, 2, &none));
    FAILS(samepage_e_invalid_argument, samepage_table_subscribe(table, NULL, 0, samepage_newest, NULL));
    /* The table's handles may go first. */
    samepage_table_close(table);
    samepage_table_close(reader);
    FAILS(samepage_e_closed, samepage_table_subscribe(reader, NULL, 0, samepage_newest, &none));
    FAILS(samepage_e_closed, samepage_table_keep_history(table, 1000, 0, NULL));
    OK(next(all, 0));
    samepage_feed_close(all);
    samepage_feed_close(some);
    FAILS(samepage_e_closed, next(all, 0));
}

/* How many there were is told, whatever was read. */
static void what_was_missed_is_told(void) {
    enum { changes = 20000 };
    samepage_table* table;
    samepage_feed* feed;
    uint64_t told = 0, last = 0;
    samepage_status status;
    int i;
    OK(samepage_table_create(fresh_name("overrun"), NULL, &table));
    OK(samepage_table_keep_history(table, 1, PATIENCE_NS, NULL));
    OK(samepage_table_subscribe(table, NULL, 0, samepage_newest, &feed));
    for (i = 0; i < changes; ++i) OK(samepage_table_put(table, "key", 3, "v", 1, PATIENCE_NS, &last));
    while ((status = next(feed, 0)) == samepage_ok) told += missed + (key_bytes != 0);
    CHECK(status == samepage_e_timed_out && told == changes && version == last);
    samepage_feed_close(feed);
    samepage_table_close(table);
}

static void event_loops_are_told(void) {
    samepage_table* table;
    samepage_feed* feed;
    intptr_t descriptor = -1;
    samepage_status status;
    OK(samepage_table_create(fresh_name("bell"), NULL, &table));
    OK(samepage_table_keep_history(table, 1, PATIENCE_NS, NULL));
    OK(samepage_table_subscribe(table, NULL, 0, samepage_newest, &feed));
    status = samepage_table_descriptor(table, &descriptor);
    CHECK(status == samepage_ok || status == samepage_e_not_supported || status == samepage_e_full);
    if (status == samepage_ok) {
        CHECK(descriptor >= 0);
        OK(samepage_table_arm(table));
    }
    OK(samepage_table_put(table, "key", 3, "v", 1, PATIENCE_NS, NULL));
    OK(next(feed, 0));
    samepage_feed_close(feed);
    samepage_table_close(table);
    FAILS(samepage_e_closed, samepage_table_descriptor(table, &descriptor));
    FAILS(samepage_e_closed, samepage_table_arm(table));
}

void test_feed(void) {
    changes_are_read_along();
    what_was_missed_is_told();
    event_loops_are_told();
}
