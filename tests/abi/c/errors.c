/* Statuses, a thread's last failure, and handles and arguments that are none. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static void statuses_have_names_and_texts(void) {
    samepage_status s;
    CHECK(strcmp(samepage_status_name(samepage_ok), "ok") == 0);
    CHECK(strcmp(samepage_status_name(samepage_e_not_found), "not_found") == 0);
    CHECK(strstr(samepage_status_text(samepage_e_not_found), "start the process that creates it") != NULL);
    CHECK(samepage_e_no_key == 21);
    for (s = samepage_ok; s <= samepage_e_no_key; ++s) {
        CHECK(strcmp(samepage_status_name(s), "unknown") != 0);
        CHECK(strlen(samepage_status_text(s)) > 5);
    }
    CHECK(strcmp(samepage_status_name(-1), "unknown") == 0);
    CHECK(strcmp(samepage_status_name(1000), "unknown") == 0);
    CHECK(strlen(samepage_status_text(1000)) > 5);
}

static void a_failure_stays_and_a_success_leaves_it(void) {
    samepage_region* region = (samepage_region*)&region; /* made NULL by the failure */
    char seen[1024];
    CHECK(samepage_error_status() == samepage_ok);
    CHECK(*samepage_error_message() == '\0' && *samepage_error_detail() == '\0' && *samepage_error_operation() == '\0');
    FAILS(samepage_e_not_found, samepage_region_open(fresh_name("missing"), NULL, &region));
    CHECK(region == NULL);
    CHECK(samepage_error_status() == samepage_e_not_found);
    CHECK(strncmp(samepage_error_message(), "not_found: ", 11) == 0);
    CHECK(strstr(samepage_error_message(), samepage_error_detail()) != NULL);
    CHECK(strstr(samepage_error_message(), samepage_error_operation()) != NULL);
    CHECK(strlen(samepage_error_operation()) > 3 && strlen(samepage_error_detail()) > 10);
    CHECK(samepage_error_system_code() >= 0);
    strcpy(seen, samepage_error_message());
    OK(samepage_region_anonymous(4096, NULL, &region));
    CHECK(strcmp(seen, samepage_error_message()) == 0);
    samepage_region_close(region);
    CHECK(strcmp(seen, samepage_error_message()) == 0);
}

static void handles_that_are_none_are_refused(void) {
    samepage_cell* cell;
    samepage_lock* lock;
    uint64_t version = 77;
    uintptr_t i;
    OK(samepage_cell_create(fresh_name("handles"), NULL, &cell));
    OK(samepage_lock_create(fresh_name("handles"), NULL, &lock));
    FAILS(samepage_e_closed, samepage_cell_version(NULL, &version));
    FAILS(samepage_e_invalid_argument, samepage_cell_version((samepage_cell*)lock, &version));
    FAILS(samepage_e_invalid_argument, samepage_lock_release((samepage_lock*)cell));
    for (i = 1; i != 0; i <<= 1) {
        FAILS(samepage_e_invalid_argument, samepage_cell_version((samepage_cell*)i, &version));
        FAILS(samepage_e_invalid_argument, samepage_cell_version((samepage_cell*)((uintptr_t)cell + 1), &version));
        samepage_cell_close((samepage_cell*)i);
        CHECK(samepage_region_data((samepage_region*)i) == NULL);
    }
    CHECK(version == 77);
    samepage_cell_close((samepage_cell*)lock);
    OK(samepage_lock_acquire(lock, 0, NULL));
    OK(samepage_cell_version(cell, &version));
    samepage_cell_close(cell);
    FAILS(samepage_e_closed, samepage_cell_version(cell, &version));
    FAILS(samepage_e_closed, samepage_cell_store(cell, "x", 1, 0, NULL));
    samepage_cell_close(cell);
    samepage_cell_close(NULL);
    samepage_lock_close(lock);
    FAILS(samepage_e_closed, samepage_lock_release(lock));
}

/* More handles at once than the first piece of memory for them has, and then all of them anew. */
static void there_are_as_many_handles_as_one_wants(void) {
    enum { many = 300 };
    static samepage_region* all[many];
    int i, round;
    for (round = 0; round < 2; ++round) {
        for (i = 0; i < many; ++i) {
            OK(samepage_region_anonymous(1, NULL, &all[i]));
            *(unsigned char*)samepage_region_data(all[i]) = (unsigned char)i;
        }
        for (i = 0; i < many; ++i) CHECK(*(unsigned char*)samepage_region_data(all[i]) == (unsigned char)i);
        for (i = 0; i < many; ++i) samepage_region_close(all[i]);
        for (i = 0; i < many; ++i) CHECK(samepage_region_data(all[i]) == NULL);
    }
}

static void bad_arguments_are_refused(void) {
    samepage_cell* cell = NULL;
    samepage_cell_options options;
    samepage_cell_info info;
    /* What a later version's program gives. */
    struct {
        samepage_cell_options known;
        uint64_t unknown;
    } later;
    FAILS(samepage_e_invalid_argument, samepage_cell_create(NULL, NULL, &cell));
    FAILS(samepage_e_invalid_argument, samepage_cell_create(fresh_name("bad"), NULL, NULL));
    FAILS(samepage_e_invalid_name, samepage_cell_create("", NULL, &cell));
    memset(&options, 0, sizeof options);
    FAILS(samepage_e_invalid_argument, samepage_cell_create(fresh_name("bad"), &options, &cell));
    options.struct_size = 0xdeadbeef;
    FAILS(samepage_e_invalid_argument, samepage_cell_create(fresh_name("bad"), &options, &cell));
    options.struct_size = sizeof options;
    options.access = 2;
    FAILS(samepage_e_invalid_argument, samepage_cell_create(fresh_name("bad"), &options, &cell));
    options.access = samepage_read_write;
    options.strategy = 3;
    FAILS(samepage_e_invalid_argument, samepage_cell_create(fresh_name("bad"), &options, &cell));
    memset(&later, 0, sizeof later);
    later.known.struct_size = sizeof later;
    later.unknown = 1;
    FAILS(samepage_e_invalid_argument, samepage_cell_create(fresh_name("bad"), &later.known, &cell));
    CHECK(cell == NULL);
    later.unknown = 0;
    OK(samepage_cell_create(fresh_name("bad"), &later.known, &cell));
    FAILS(samepage_e_invalid_argument, samepage_cell_store(cell, NULL, 1, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_cell_load(cell, NULL, 1, NULL, NULL));
    FAILS(samepage_e_invalid_argument, samepage_cell_info_get(cell, NULL));
    info.struct_size = 0;
    FAILS(samepage_e_invalid_argument, samepage_cell_info_get(cell, &info));
    samepage_cell_close(cell);
    /* An earlier version's program, whose struct ends sooner: what it lacks is the default. */
    memset(&options, 0xff, sizeof options);
    options.struct_size = offsetof(samepage_cell_options, capacity_bytes);
    options.access = samepage_read_write;
    OK(samepage_cell_create(fresh_name("bad"), &options, &cell));
    {
        uint64_t capacity_bytes;
        OK(samepage_cell_capacity(cell, &capacity_bytes));
        CHECK(capacity_bytes == 4096);
    }
    samepage_cell_close(cell);
}

void test_errors(void) {
    statuses_have_names_and_texts();
    a_failure_stays_and_a_success_leaves_it();
    handles_that_are_none_are_refused();
    there_are_as_many_handles_as_one_wants();
    bad_arguments_are_refused();
}
