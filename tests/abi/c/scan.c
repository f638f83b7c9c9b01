/* The C functions of scans over tables. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

enum { many = 2000 };

static void put(samepage_table* table, const char* word, int number) {
    char key[32], value[32];
    const int key_bytes = snprintf(key, sizeof key, "%s-%d", word, number);
    const int value_bytes = snprintf(value, sizeof value, "%d", number);
    OK(samepage_table_put(table, key, (size_t)key_bytes, value, (size_t)value_bytes, PATIENCE_NS, NULL));
}

void test_scan(void) {
    static unsigned char seen[many];
    samepage_table* table;
    samepage_scan *scan, *none = (samepage_scan*)&table;
    samepage_status status;
    const void *key, *value;
    size_t key_bytes, value_bytes;
    uint64_t version;
    int i, count = 0;
    OK(samepage_table_create(fresh_name("scan"), NULL, &table));
    OK(samepage_table_scan(table, NULL, 0, &scan));
    FAILS(samepage_e_no_key, samepage_scan_next(scan, &key, &key_bytes, &value, &value_bytes, &version));
    samepage_scan_close(scan);
    for (i = 0; i < many; ++i) put(table, "bolt", i);
    put(table, "nut", 1);
    OK(samepage_table_scan(table, "bolt-", 5, &scan));
    /* What is put meanwhile makes the table grow; what was there comes once. */
    while ((status = samepage_scan_next(scan, &key, &key_bytes, &value, &value_bytes, &version)) == samepage_ok) {
        char text[32];
        CHECK(key_bytes > 5 && memcmp(key, "bolt-", 5) == 0 && value_bytes < sizeof text && version != 0);
        memcpy(text, value, value_bytes);
        text[value_bytes] = '\0';
        i = atoi(text);
        CHECK(i >= 0 && i < many && seen[i] == 0);
        seen[i] = 1;
        put(table, "screw", count++);
        put(table, "washer", count);
    }
    CHECK(status == samepage_e_no_key && count == many);
    FAILS(samepage_e_no_key, samepage_scan_next(scan, NULL, NULL, NULL, NULL, NULL));
    samepage_scan_close(scan);
    FAILS(samepage_e_closed, samepage_scan_next(scan, &key, &key_bytes, &value, &value_bytes, &version));
    FAILS(samepage_e_invalid_argument, samepage_table_scan(table, NULL, 1, &none));
    CHECK(none == NULL);
    FAILS(samepage_e_invalid_argument, samepage_table_scan(table, NULL, 0, NULL));
    /* The table's handle may go first. */
    OK(samepage_table_scan(table, "nut", 3, &scan));
    samepage_table_close(table);
    OK(samepage_scan_next(scan, &key, &key_bytes, &value, &value_bytes, NULL));
    CHECK(key_bytes == 5 && memcmp(key, "nut-1", 5) == 0 && value_bytes == 1);
    samepage_scan_close(scan);
    FAILS(samepage_e_closed, samepage_table_scan(table, NULL, 0, &scan));
}
