/* The C functions of tables, scans not among them. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "check.h"

static void records_are_put_and_found(void) {
    const char* const name = fresh_name("table");
    samepage_table *table, *same;
    samepage_table_options options;
    samepage_table_info info;
    int32_t told = 7;
    uint64_t version = 0, newer = 0, records = 0;
    size_t size_bytes = 0;
    char into[16];
    OK(samepage_table_create_new(name, NULL, &table));
    FAILS(samepage_e_already_exists, samepage_table_create_new(name, NULL, &same));
    OK(samepage_table_create(name, NULL, &same));
    OK(samepage_table_created(same, &told));
    CHECK(told == 0);
    samepage_table_close(same);
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.access = samepage_read_only;
    OK(samepage_table_open(name, &options, &same));
    OK(samepage_table_access(same, &told));
    CHECK(told == samepage_read_only);
    OK(samepage_table_check_name(same));
    FAILS(samepage_e_no_key, samepage_table_get(same, "bolt", 4, into, sizeof into, &size_bytes, &version));
    OK(samepage_table_put(table, "bolt", 4, "12", 2, SAMEPAGE_PATIENCE, &version));
    CHECK(version != 0);
    OK(samepage_table_get(same, "bolt", 4, into, sizeof into, &size_bytes, &newer));
    CHECK(newer == version && size_bytes == 2 && memcmp(into, "12", 2) == 0);
    FAILS(samepage_e_too_large, samepage_table_get(same, "bolt", 4, into, 1, &size_bytes, NULL));
    CHECK(size_bytes == 2);
    FAILS(samepage_e_denied, samepage_table_put(same, "bolt", 4, "13", 2, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_table_put(table, NULL, 0, "13", 2, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_table_put(table, "bolt", 4, NULL, 2, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_table_get(table, NULL, 4, into, 1, NULL, NULL));
    FAILS(samepage_e_already_exists, samepage_table_insert(table, "bolt", 4, "13", 2, PATIENCE_NS, NULL));
    OK(samepage_table_insert(table, "nut", 3, "7", 1, PATIENCE_NS, &newer));
    FAILS(samepage_e_conflict, samepage_table_compare_exchange(table, "bolt", 4, 0, "13", 2, PATIENCE_NS, &newer));
    OK(samepage_table_compare_exchange(table, "bolt", 4, version, "13", 2, PATIENCE_NS, &newer));
    CHECK(newer > version);
    OK(samepage_table_version(same, "bolt", 4, &version));
    CHECK(version == newer);
    OK(samepage_table_version(same, "screw", 5, &version));
    CHECK(version == 0);
    OK(samepage_table_size(same, &records));
    CHECK(records == 2);
    info.struct_size = sizeof info;
    OK(samepage_table_info_get(same, &info));
    CHECK(info.records == 2 && info.buckets > 0 && info.size_bytes > 0 && info.writers_active == 0);
    OK(samepage_table_erase(table, "nut", 3, PATIENCE_NS, &told));
    CHECK(told == 1);
    OK(samepage_table_erase(table, "nut", 3, PATIENCE_NS, &told));
    CHECK(told == 0);
    samepage_table_close(same);
    samepage_table_close(table);
    FAILS(samepage_e_closed, samepage_table_get(table, "bolt", 4, into, sizeof into, NULL, NULL));
}

static void records_expire(void) {
    const int64_t day_ns = INT64_C(86400000000000);
    samepage_table* table;
    uint64_t version = 0, at = 7, again = 7, sum = 0;
    OK(samepage_table_create(fresh_name("expiring"), NULL, &table));
    FAILS(samepage_e_no_key, samepage_table_expires(table, "k", 1, &at));
    OK(samepage_table_put_expiring(table, "k", 1, "v", 1, day_ns, PATIENCE_NS, &version));
    OK(samepage_table_expires(table, "k", 1, &at));
    CHECK(at > UINT64_C(1700000000000000000) + (uint64_t)day_ns);
    FAILS(samepage_e_already_exists, samepage_table_insert_expiring(table, "k", 1, "w", 1, day_ns, PATIENCE_NS, NULL));
    OK(samepage_table_compare_exchange_expiring(table, "k", 1, version, "w", 1, 0, PATIENCE_NS, &version));
    OK(samepage_table_expires(table, "k", 1, &again));
    CHECK(again == at);
    OK(samepage_table_compare_exchange(table, "k", 1, version, "w", 1, PATIENCE_NS, NULL));
    OK(samepage_table_expires(table, "k", 1, &again));
    CHECK(again == 0);
    OK(samepage_table_add_expiring(table, "n", 1, 5, day_ns, PATIENCE_NS, &sum));
    OK(samepage_table_add(table, "n", 1, 5, PATIENCE_NS, &sum));
    OK(samepage_table_expires(table, "n", 1, &at));
    CHECK(sum == 10 && at != 0);
    /* Until its moment: then there is none, and it may be inserted. */
    OK(samepage_table_put_expiring(table, "soon", 4, "v", 1, 1, PATIENCE_NS, &version));
    if (samepage_table_version(table, "soon", 4, &again) == samepage_ok && again == version)
        OK(samepage_table_wait(table, "soon", 4, version, SAMEPAGE_FOREVER, &again));
    CHECK(again == 0);
    OK(samepage_table_insert_expiring(table, "soon", 4, "v", 1, SAMEPAGE_FOREVER, PATIENCE_NS, NULL));
    OK(samepage_table_expires(table, "soon", 4, &at));
    CHECK(at == 0);
    samepage_table_close(table);
}

static void many_at_once_and_counters(void) {
    static const uint64_t keys[3] = {1, 2, 3};
    samepage_table* table;
    uint64_t values[3] = {0, 0, 0}, versions[3] = {7, 7, 7}, sum = 0;
    size_t found = 0;
    OK(samepage_table_create(fresh_name("counters"), NULL, &table));
    OK(samepage_table_add(table, &keys[0], 8, 5, PATIENCE_NS, &sum));
    CHECK(sum == 5);
    OK(samepage_table_add(table, &keys[0], 8, UINT64_C(0x100000000), PATIENCE_NS, &sum));
    CHECK(sum == UINT64_C(0x100000005));
    OK(samepage_table_add(table, &keys[2], 8, 9, PATIENCE_NS, NULL));
    OK(samepage_table_get_many(table, keys, 8, 3, values, 8, versions, &found));
    CHECK(found == 2 && values[0] == sum && values[2] == 9 && versions[0] != 0 && versions[1] == 0);
    FAILS(samepage_e_wrong_kind, samepage_table_get_many(table, keys, 8, 3, values, 4, versions, &found));
    FAILS(samepage_e_invalid_argument, samepage_table_get_many(table, keys, 8, SIZE_MAX, values, 8, versions, &found));
    FAILS(samepage_e_invalid_argument, samepage_table_get_many(table, keys, 8, 3, values, 8, NULL, &found));
    FAILS(samepage_e_invalid_argument, samepage_table_get_many(table, NULL, 8, 3, values, 8, versions, &found));
    samepage_table_close(table);
}

static void many_are_put_at_once(void) {
    static const uint64_t keys[3] = {1, 2, 3}, values[3] = {10, 20, 30};
    const int64_t day_ns = INT64_C(86400000000000);
    samepage_table* table;
    uint64_t seen[3] = {0, 0, 0}, versions[3] = {7, 7, 7}, newer[3] = {7, 7, 7}, at = 0;
    size_t put = 7, found = 0;
    OK(samepage_table_create(fresh_name("put-many"), NULL, &table));
    OK(samepage_table_put_many(table, keys, 8, 3, values, 8, SAMEPAGE_FOREVER, PATIENCE_NS, versions, &put));
    CHECK(put == 3);
    OK(samepage_table_get_many(table, keys, 8, 3, seen, 8, newer, &found));
    CHECK(found == 3 && memcmp(seen, values, sizeof seen) == 0 && memcmp(newer, versions, sizeof newer) == 0);
    OK(samepage_table_expires(table, &keys[1], 8, &at));
    CHECK(at == 0);
    OK(samepage_table_put_many(table, keys, 8, 2, values, 8, day_ns, PATIENCE_NS, newer, NULL));
    CHECK(newer[0] > versions[0] && newer[1] > versions[1]);
    OK(samepage_table_expires(table, &keys[1], 8, &at));
    CHECK(at > UINT64_C(1700000000000000000) + (uint64_t)day_ns);
    FAILS(samepage_e_invalid_argument,
          samepage_table_put_many(table, keys, 8, SIZE_MAX, values, 8, SAMEPAGE_FOREVER, 0, versions, &put));
    FAILS(samepage_e_invalid_argument,
          samepage_table_put_many(table, keys, 8, 3, values, 8, SAMEPAGE_FOREVER, 0, NULL, &put));
    FAILS(samepage_e_invalid_argument,
          samepage_table_put_many(table, keys, 8, 3, NULL, 8, SAMEPAGE_FOREVER, 0, versions, &put));
    CHECK(put == 3);
    samepage_table_close(table);
}

static void a_table_is_compacted(void) {
    const char* const name = fresh_name("compacted");
    samepage_table *table, *other;
    samepage_table_compaction_info done;
    samepage_table_info before, after;
    char value[100] = "";
    uint64_t key, records = 0;
    int32_t erased = 0;
    OK(samepage_table_create_new(name, NULL, &table));
    for (key = 0; key < 50000; ++key)
        OK(samepage_table_put(table, &key, sizeof key, value, sizeof value, PATIENCE_NS, NULL));
    for (key = 0; key < 50000; ++key)
        if (key % 10 != 0) OK(samepage_table_erase(table, &key, sizeof key, PATIENCE_NS, &erased));
    memset(&before, 0, sizeof before);
    before.struct_size = sizeof before;
    OK(samepage_table_info_get(table, &before));
    /* While another handle has it, what is free stays with the table. */
    OK(samepage_table_open(name, NULL, &other));
    done.struct_size = 0;
    FAILS(samepage_e_invalid_argument, samepage_table_compact(table, PATIENCE_NS, &done));
    done.struct_size = sizeof done;
    OK(samepage_table_compact(table, PATIENCE_NS, &done));
    CHECK(done.struct_size == sizeof done && done.records_moved > 0 && done.records_moved <= 5000);
    CHECK(done.given_bytes == 0 && done.size_bytes >= done.pending_bytes);
#ifdef C_TEST_POSIX
    CHECK(done.pending_bytes > 0);
#endif
    samepage_table_close(other);
    OK(samepage_table_compact(table, PATIENCE_NS, &done));
    after = before;
    OK(samepage_table_info_get(table, &after));
    CHECK(after.records == 5000);
#ifdef C_TEST_POSIX
    CHECK(done.given_bytes > 0 && done.size_bytes < before.size_bytes);
#endif
    OK(samepage_table_compact(table, PATIENCE_NS, NULL));
    OK(samepage_table_verify(table, PATIENCE_NS, &records, NULL));
    CHECK(records == 5000);
    samepage_table_close(table);
    FAILS(samepage_e_closed, samepage_table_compact(table, 0, NULL));
}

static void a_sole_writer_is_alone(void) {
    const char* const name = fresh_name("sole");
    samepage_table *table, *sole, *second;
    samepage_table_options options;
    samepage_table_info info;
    OK(samepage_table_create(name, NULL, &table));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.sole_writer = 2;
    FAILS(samepage_e_invalid_argument, samepage_table_open(name, &options, &sole));
    options.sole_writer = 1;
    OK(samepage_table_open(name, &options, &sole));
    FAILS(samepage_e_denied, samepage_table_open(name, &options, &second));
    FAILS(samepage_e_denied, samepage_table_put(table, "k", 1, "v", 1, PATIENCE_NS, NULL));
    OK(samepage_table_put(sole, "k", 1, "v", 1, PATIENCE_NS, NULL));
    info.struct_size = sizeof info;
    OK(samepage_table_info_get(table, &info));
    CHECK(info.sole_writer_process != 0);
    /* An earlier version's program has no such option. */
    options.struct_size = offsetof(samepage_table_options, sole_writer);
    OK(samepage_table_open(name, &options, &second));
    samepage_table_close(second);
    samepage_table_close(sole);
    OK(samepage_table_info_get(table, &info));
    CHECK(info.sole_writer_process == 0);
    OK(samepage_table_put(table, "k", 1, "w", 1, PATIENCE_NS, NULL));
    samepage_table_close(table);
}

static void changes_are_waited_for(void) {
    samepage_table* table;
    uint64_t version = 0, changes = 77, later = 0;
    OK(samepage_table_create(fresh_name("changes"), NULL, &table));
    OK(samepage_table_changes(table, &changes));
    FAILS(samepage_e_timed_out, samepage_table_wait(table, "key", 3, 0, 1000000, NULL));
    FAILS(samepage_e_timed_out, samepage_table_wait_any(table, changes, 1000000, NULL));
    OK(samepage_table_put(table, "key", 3, "x", 1, PATIENCE_NS, NULL));
    OK(samepage_table_wait(table, "key", 3, 0, SAMEPAGE_FOREVER, &version));
    CHECK(version != 0);
    OK(samepage_table_wait_any(table, changes, SAMEPAGE_FOREVER, &later));
    CHECK(later != changes);
    samepage_table_close(table);
}

static void keys_are_locked(void) {
    const char* const name = fresh_name("locks");
    samepage_table *table, *other;
    samepage_held *held, *second;
    int32_t died = 7;
    OK(samepage_table_create(name, NULL, &table));
    OK(samepage_table_open(name, NULL, &other));
    OK(samepage_table_lock(table, "bolt", 4, SAMEPAGE_FOREVER, &held, &died));
    CHECK(died == 0);
    FAILS(samepage_e_timed_out, samepage_table_put(other, "bolt", 4, "1", 1, 1000000, NULL));
    FAILS(samepage_e_timed_out, samepage_table_lock(other, "bolt", 4, 1000000, &second, NULL));
    CHECK(second == NULL);
    FAILS(samepage_e_timed_out, samepage_table_lock_all(other, 1000000, &second, NULL));
    OK(samepage_table_put(table, "bolt", 4, "2", 1, PATIENCE_NS, NULL));
    OK(samepage_table_put(other, "nut", 3, "3", 1, PATIENCE_NS, NULL));
    OK(samepage_held_mark_repaired(held));
    OK(samepage_held_release(held));
    FAILS(samepage_e_not_owner, samepage_held_release(held));
    FAILS(samepage_e_not_owner, samepage_held_mark_repaired(held));
    samepage_held_close(held);
    FAILS(samepage_e_closed, samepage_held_release(held));
    OK(samepage_table_lock_all(other, PATIENCE_NS, &second, &died));
    FAILS(samepage_e_timed_out, samepage_table_put(table, "bolt", 4, "4", 1, 1000000, NULL));
    /* The table's handle ends when both are closed. */
    samepage_table_close(other);
    FAILS(samepage_e_timed_out, samepage_table_put(table, "bolt", 4, "4", 1, 1000000, NULL));
    samepage_held_close(second);
    OK(samepage_table_put(table, "bolt", 4, "5", 1, PATIENCE_NS, NULL));
    FAILS(samepage_e_invalid_argument, samepage_table_lock(table, "bolt", 4, 0, NULL, NULL));
    FAILS(samepage_e_invalid_argument, samepage_table_lock(table, NULL, 4, 0, &held, NULL));
    samepage_table_close(table);
}

static void a_table_is_verified(void) {
    samepage_table* table;
    samepage_table_info info;
    uint64_t records = 7, free_bytes = 0;
    OK(samepage_table_create(fresh_name("verified"), NULL, &table));
    OK(samepage_table_put(table, "bolt", 4, "12", 2, PATIENCE_NS, NULL));
    OK(samepage_table_verify(table, PATIENCE_NS, &records, &free_bytes));
    CHECK(records == 1 && free_bytes > 0);
    OK(samepage_table_verify(table, 0, NULL, NULL));
    info.struct_size = sizeof info;
    OK(samepage_table_info_get(table, &info));
    CHECK(info.deaths_recovered == 0 && info.deaths_pending == 0 && info.load_percent <= 1);
    samepage_table_close(table);
    FAILS(samepage_e_closed, samepage_table_verify(table, 0, NULL, NULL));
}

static void a_table_has_checkpoints(void) {
    char path[120], beside[140];
    samepage_table_options options;
    samepage_table_checkpoint_info made;
    samepage_table_info info;
    samepage_table* table;
    int32_t went_back = 7;
    snprintf(path, sizeof path, "./%s.page", fresh_name("stock"));
    snprintf(beside, sizeof beside, "%s.checkpoint", path);
    OK(samepage_table_create_new(path, NULL, &table));
    OK(samepage_table_put(table, "bolt", 4, "12", 2, PATIENCE_NS, NULL));
    made.struct_size = sizeof made;
    OK(samepage_table_checkpoint(table, PATIENCE_NS, &made));
    CHECK(made.records == 1 && made.size_bytes > 0 && made.stall_ns > 0);
    OK(samepage_table_checkpoint(table, PATIENCE_NS, NULL));
    made.struct_size = 0;
    FAILS(samepage_e_invalid_argument, samepage_table_checkpoint(table, PATIENCE_NS, &made));
    OK(samepage_table_went_back(table, &went_back));
    CHECK(went_back == 0);
    info.struct_size = sizeof info;
    OK(samepage_table_info_get(table, &info));
    CHECK(info.checkpoint_unix_ns > 0 && info.returned_unix_ns == 0 && info.is_clean == 0);
    samepage_table_close(table);
    FAILS(samepage_e_closed, samepage_table_checkpoint(table, 0, NULL));
    FAILS(samepage_e_closed, samepage_table_went_back(table, NULL));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.as_it_is = 2;
    FAILS(samepage_e_invalid_argument, samepage_table_open(path, &options, &table));
    options.as_it_is = 1;
    OK(samepage_table_open(path, &options, &table));
    OK(samepage_table_info_get(table, &info));
    CHECK(info.is_clean == 1);
    samepage_table_close(table);
    OK(samepage_table_open(beside, NULL, &table));
    samepage_table_close(table);
    CHECK(remove(path) == 0 && remove(beside) == 0);
    OK(samepage_table_create(fresh_name("named"), NULL, &table));
    FAILS(samepage_e_not_supported, samepage_table_checkpoint(table, 0, NULL));
    samepage_table_close(table);
}

void test_table(void) {
    records_are_put_and_found();
    records_expire();
    many_at_once_and_counters();
    many_are_put_at_once();
    changes_are_waited_for();
    keys_are_locked();
    a_table_is_verified();
    a_table_has_checkpoints();
    a_table_is_compacted();
    a_sole_writer_is_alone();
}
