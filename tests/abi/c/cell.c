/* The C functions of cells. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static void values_go_in_and_out(void) {
    const char* const name = fresh_name("cell");
    samepage_cell *cell, *same;
    samepage_cell_options options;
    samepage_cell_info info;
    int32_t told = 7;
    size_t size_bytes = 0;
    uint64_t version = 0;
    char into[64], large[65] = "";
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.capacity_bytes = 64;
    OK(samepage_cell_create_new(name, &options, &cell));
    FAILS(samepage_e_already_exists, samepage_cell_create_new(name, NULL, &same));
    FAILS(samepage_e_empty, samepage_cell_load(cell, into, sizeof into, &size_bytes, &version));
    OK(samepage_cell_store(cell, "21.5", 4, SAMEPAGE_PATIENCE, &version));
    CHECK(version == 1);
    options.access = samepage_read_only;
    OK(samepage_cell_open(name, &options, &same));
    OK(samepage_cell_created(same, &told));
    CHECK(told == 0);
    OK(samepage_cell_access(same, &told));
    CHECK(told == samepage_read_only);
    OK(samepage_cell_check_name(same));
    OK(samepage_cell_load(same, into, sizeof into, &size_bytes, &version));
    CHECK(size_bytes == 4 && version == 1 && memcmp(into, "21.5", 4) == 0);
    version = 77;
    FAILS(samepage_e_too_large, samepage_cell_load(same, into, 3, &size_bytes, &version));
    CHECK(size_bytes == 4 && version == 77);
    FAILS(samepage_e_too_large, samepage_cell_load(same, NULL, 0, NULL, NULL));
    FAILS(samepage_e_denied, samepage_cell_store(same, "x", 1, 0, NULL));
    FAILS(samepage_e_too_large, samepage_cell_store(cell, large, sizeof large, 0, NULL));
    OK(samepage_cell_store(cell, NULL, 0, 0, NULL));
    OK(samepage_cell_load(same, NULL, 0, &size_bytes, &version));
    CHECK(size_bytes == 0 && version == 2);
    OK(samepage_cell_capacity(same, &version));
    CHECK(version == 64);
    memset(&info, 0xff, sizeof info);
    info.struct_size = sizeof info;
    OK(samepage_cell_info_get(cell, &info));
    CHECK(info.struct_size == sizeof info && info.version == 2 && info.size_bytes == 0 && info.capacity_bytes == 64);
    CHECK(info.writer_active == 0 && info.sole_writer_process == 0);
    /* An earlier version's program: no more than its struct is written. */
    memset(&info, 0x55, sizeof info);
    info.struct_size = offsetof(samepage_cell_info, size_bytes);
    OK(samepage_cell_info_get(cell, &info));
    CHECK(info.version == 2 && info.size_bytes == UINT64_C(0x5555555555555555));
    samepage_cell_close(same);
    samepage_cell_close(cell);
    FAILS(samepage_e_closed, samepage_cell_info_get(cell, &info));
}

static void versions_are_waited_for_and_compared(void) {
    samepage_cell* cell;
    uint64_t version = 0;
    intptr_t descriptor = -1;
    samepage_status status;
    OK(samepage_cell_create(fresh_name("versions"), NULL, &cell));
    FAILS(samepage_e_timed_out, samepage_cell_wait(cell, 0, 1000000, NULL));
    FAILS(samepage_e_timed_out, samepage_cell_wait(cell, 0, SAMEPAGE_NO_WAIT, NULL));
    OK(samepage_cell_compare_exchange(cell, 0, "a", 1, PATIENCE_NS, &version));
    CHECK(version == 1);
    FAILS(samepage_e_conflict, samepage_cell_compare_exchange(cell, 0, "b", 1, PATIENCE_NS, &version));
    OK(samepage_cell_compare_exchange(cell, 1, "b", 1, SAMEPAGE_FOREVER, &version));
    CHECK(version == 2);
    OK(samepage_cell_wait(cell, 1, SAMEPAGE_FOREVER, &version));
    CHECK(version == 2);
    version = 0;
    OK(samepage_cell_version(cell, &version));
    CHECK(version == 2);
    /* Windows has no descriptors. */
    status = samepage_cell_descriptor(cell, &descriptor);
    CHECK(status == samepage_ok || status == samepage_e_not_supported);
    CHECK((status == samepage_ok) == (descriptor >= 0));
    status = samepage_cell_arm(cell, &version);
    CHECK(status == samepage_ok || status == samepage_e_not_supported);
    samepage_cell_close(cell);
    FAILS(samepage_e_closed, samepage_cell_wait(cell, 0, SAMEPAGE_FOREVER, NULL));
}

static void a_sole_writer_is_alone(void) {
    const char* const name = fresh_name("sole");
    samepage_cell *cell, *sole, *second;
    samepage_cell_options options;
    samepage_cell_info info;
    OK(samepage_cell_create(name, NULL, &cell));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.sole_writer = 2;
    FAILS(samepage_e_invalid_argument, samepage_cell_open(name, &options, &sole));
    options.sole_writer = 1;
    OK(samepage_cell_open(name, &options, &sole));
    FAILS(samepage_e_denied, samepage_cell_open(name, &options, &second));
    FAILS(samepage_e_denied, samepage_cell_store(cell, "x", 1, PATIENCE_NS, NULL));
    OK(samepage_cell_store(sole, "x", 1, PATIENCE_NS, NULL));
    info.struct_size = sizeof info;
    OK(samepage_cell_info_get(cell, &info));
    CHECK(info.sole_writer_process != 0);
    samepage_cell_close(sole);
    OK(samepage_cell_info_get(cell, &info));
    CHECK(info.sole_writer_process == 0);
    OK(samepage_cell_store(cell, "x", 1, PATIENCE_NS, NULL));
    samepage_cell_close(cell);
}

void test_cell(void) {
    values_go_in_and_out();
    versions_are_waited_for_and_compared();
    a_sole_writer_is_alone();
}
