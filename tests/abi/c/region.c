/* The C functions of regions and views. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static void made_opened_and_told(void) {
    const char* const name = fresh_name("region");
    samepage_region *region, *same, *third;
    int32_t created = 7, access = 7;
    uint64_t size_bytes = 0;
    intptr_t native = -1;
    OK(samepage_region_create(name, 8192, NULL, &region));
    OK(samepage_region_created(region, &created));
    CHECK(created == 1);
    OK(samepage_region_size(region, &size_bytes));
    CHECK(size_bytes == 8192);
    OK(samepage_region_access(region, &access));
    CHECK(access == samepage_read_write);
    OK(samepage_region_native(region, &native));
    CHECK(native != -1 && native != 0);
    OK(samepage_region_check_name(region));
    FAILS(samepage_e_already_exists, samepage_region_create_new(name, 8192, NULL, &third));
    CHECK(third == NULL);
    OK(samepage_region_create(name, 8192, NULL, &same));
    OK(samepage_region_created(same, &created));
    CHECK(created == 0);
    memcpy(samepage_region_data(region), "both", 5);
    CHECK(strcmp(samepage_region_data(same), "both") == 0);
    samepage_region_close(same);
    CHECK(samepage_region_data(same) == NULL);
    OK(samepage_region_from_native(native, 0, NULL, &same));
    CHECK(strcmp(samepage_region_data(same), "both") == 0);
    samepage_region_close(same);
    samepage_region_close(region);
    FAILS(samepage_e_not_found, samepage_region_open(name, NULL, &region));
    OK(samepage_region_create_new(name, 8192, NULL, &region));
    samepage_region_close(region);
}

static void text_is_bounded(void) {
    const char* const name = fresh_name("text");
    samepage_region *region, *reader;
    samepage_region_options options;
    int32_t access;
    size_t size_bytes = 0;
    char into[254];
    OK(samepage_region_create(name, 4096, NULL, &region));
    OK(samepage_region_write_text(region, "Hello world, I'm writing to a shared page file.", 0));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.access = samepage_read_only;
    options.timeout_ns = SAMEPAGE_FOREVER;
    OK(samepage_region_open(name, &options, &reader));
    OK(samepage_region_access(reader, &access));
    CHECK(access == samepage_read_only);
    OK(samepage_region_read_text(reader, into, sizeof into, 0, &size_bytes));
    CHECK(size_bytes == 47 && strcmp(into, "Hello world, I'm writing to a shared page file.") == 0);
    OK(samepage_region_read_text(reader, into, 6, 0, &size_bytes));
    CHECK(size_bytes == 5 && strcmp(into, "Hello") == 0);
    OK(samepage_region_read_text(reader, into, sizeof into, 13, NULL));
    CHECK(strcmp(into, "I'm writing to a shared page file.") == 0);
    FAILS(samepage_e_invalid_argument, samepage_region_read_text(reader, into, 0, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_region_read_text(reader, NULL, 5, 0, NULL));
    FAILS(samepage_e_too_large, samepage_region_write_text(region, "four", 4092));
    FAILS(samepage_e_invalid_argument, samepage_region_write_text(region, NULL, 0));
    OK(samepage_region_write_text(region, "four", 4091));
    samepage_region_close(reader);
    samepage_region_close(region);
}

static void windows_outlive_their_region(void) {
    samepage_region* region;
    samepage_region_options options;
    samepage_view *view, *outside = (samepage_view*)&view;
    size_t size_bytes = 0;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.windows_only = 1;
    OK(samepage_region_create(fresh_name("windows"), 65536, &options, &region));
    CHECK(samepage_region_data(region) == NULL);
    OK(samepage_region_map(region, 5000, 100, &view));
    OK(samepage_view_size(view, &size_bytes));
    CHECK(size_bytes == 100);
    FAILS(samepage_e_invalid_argument, samepage_region_map(region, 70000, 1, &outside));
    CHECK(outside == NULL);
    FAILS(samepage_e_invalid_argument, samepage_region_map(region, 0, 0, NULL));
    samepage_region_close(region);
    FAILS(samepage_e_closed, samepage_region_map(region, 0, 0, &outside));
    memset(samepage_view_data(view), 'x', 100);
    OK(samepage_view_flush(view));
    samepage_view_close(view);
    CHECK(samepage_view_data(view) == NULL);
    FAILS(samepage_e_closed, samepage_view_size(view, &size_bytes));
    FAILS(samepage_e_closed, samepage_view_flush(view));
}

static void files_and_no_names(void) {
    char path[120];
    const char* name;
    samepage_region *file, *named, *over = (samepage_region*)&file;
    snprintf(path, sizeof path, "./%s.page", fresh_name("file"));
    OK(samepage_region_create(path, 4096, NULL, &file));
    OK(samepage_region_write_text(file, "in a file", 0));
    OK(samepage_region_flush(file));
    name = fresh_name("backed");
    OK(samepage_region_create_backed(name, 0, path, NULL, &named));
    CHECK(strcmp(samepage_region_data(named), "in a file") == 0);
    samepage_region_close(named);
    FAILS(samepage_e_invalid_argument, samepage_region_create_backed(name, 0, NULL, NULL, &named));
    CHECK(samepage_region_create_over(fresh_name("over"), 0, -1, NULL, &over) != samepage_ok);
    CHECK(over == NULL);
    samepage_region_close(file);
    CHECK(remove(path) == 0);
    OK(samepage_region_anonymous(100, NULL, &file));
    CHECK(*(char*)samepage_region_data(file) == '\0');
    samepage_region_close(file);
}

void test_region(void) {
    made_opened_and_told();
    text_is_bounded();
    windows_outlive_their_region();
    files_and_no_names();
}
