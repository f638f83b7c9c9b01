/* Calls the functions as 32-bit FoxPro does, found in this program itself: the same way to call on 32-bit Linux. */
/* SPDX-License-Identifier: MIT */
#include <samepage/samepage.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "declared.h"

#define NAMED(name) \
    { #name, (any_function)name }

static const struct {
    const char* name;
    any_function function;
} all[] = {
    NAMED(samepage_region_create), NAMED(samepage_region_open),       NAMED(samepage_region_size),
    NAMED(samepage_region_data),   NAMED(samepage_region_write_text), NAMED(samepage_region_read_text),
    NAMED(samepage_region_close),  NAMED(samepage_error_message),     NAMED(samepage_cell_create),
    NAMED(samepage_cell_store),    NAMED(samepage_cell_wait),         NAMED(samepage_cell_close),
    NAMED(samepage_table_create),  NAMED(samepage_table_add),         NAMED(samepage_table_close),
};

any_function find(const char* name) {
    size_t i;
    for (i = 0; i < sizeof all / sizeof *all; ++i) {
        if (strcmp(all[i].name, name) == 0) return all[i].function;
    }
    return NULL;
}

void test_declared(void) {
    const int line = call_as_declared(fresh_name("declared"));
    if (line != 0) printf("declared.c:%d\n", line);
    CHECK(line == 0);
}
