/* What the tests of the C functions use: checks that end the program, and names of their own. */
/* SPDX-License-Identifier: MIT */
#ifndef CHECK_H
#define CHECK_H

#include <samepage/samepage.h>
#include <string.h>

/* Nanoseconds after which something counts as a hang. */
#define PATIENCE_NS INT64_C(60000000000)

#define CHECK(condition) check((condition) != 0, __FILE__, __LINE__, #condition)
#define OK(call) check_status((call), samepage_ok, __FILE__, __LINE__, #call)
#define FAILS(status, call) check_status((call), (status), __FILE__, __LINE__, #call)

void check(int is_so, const char* file, int line, const char* what);
void check_status(samepage_status seen, samepage_status expected, const char* file, int line, const char* what);

/* A name that no other call and no other run gives; stays until the eighth call after it. */
const char* fresh_name(const char* word);

void test_errors(void);
void test_layout(void);
void test_region(void);
void test_cell(void);
void test_lock(void);
void test_channel(void);
void test_subscriber(void);
void test_queue(void);
void test_table(void);
void test_scan(void);
void test_feed(void);
void test_ndarray(void);
void test_catalog(void);
void test_posix(void);    /* where there is POSIX */
void test_declared(void); /* of 32 bit */

#endif
