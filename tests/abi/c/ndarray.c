/* The C functions of arrays. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static void an_array_says_what_it_is(void) {
    static const uint64_t shape[3] = {3, 4, 2};
    const char* const name = fresh_name("array");
    samepage_ndarray *array, *same, *none;
    samepage_ndarray_options options;
    uint64_t seen[3] = {0, 0, 0}, strides[3] = {0, 0, 0}, size = 0;
    size_t dimensions = 0;
    int32_t told = 7;
    OK(samepage_ndarray_create(name, "<f4", shape, 3, NULL, &array));
    OK(samepage_ndarray_created(array, &told));
    CHECK(told == 1);
    FAILS(samepage_e_already_exists, samepage_ndarray_create_new(name, "<f4", shape, 3, NULL, &none));
    FAILS(samepage_e_wrong_kind, samepage_ndarray_create(name, "<f4", shape, 2, NULL, &none));
    FAILS(samepage_e_wrong_kind, samepage_ndarray_create(name, "<i4", shape, 3, NULL, &none));
    CHECK(none == NULL);
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.access = samepage_read_only;
    OK(samepage_ndarray_open(name, &options, &same));
    OK(samepage_ndarray_access(same, &told));
    CHECK(told == samepage_read_only);
    OK(samepage_ndarray_created(same, &told));
    CHECK(told == 0 && strcmp(samepage_ndarray_dtype(same), "<f4") == 0);
    OK(samepage_ndarray_size(same, &size));
    CHECK(size == 96);
    OK(samepage_ndarray_shape(same, seen, strides, 3, &dimensions));
    CHECK(dimensions == 3 && memcmp(seen, shape, sizeof seen) == 0);
    CHECK(strides[0] == 32 && strides[1] == 8 && strides[2] == 4);
    OK(samepage_ndarray_shape(same, NULL, NULL, 0, NULL));
    OK(samepage_ndarray_check_name(same));
    OK(samepage_ndarray_flush(same));
    FAILS(samepage_e_denied, samepage_ndarray_begin_writing(same, 0, NULL));
    FAILS(samepage_e_invalid_argument, samepage_ndarray_create(name, "f4", shape, 3, NULL, &none));
    FAILS(samepage_e_invalid_argument, samepage_ndarray_create(name, NULL, shape, 3, NULL, &none));
    FAILS(samepage_e_invalid_argument, samepage_ndarray_create(name, "<f4", NULL, 3, NULL, &none));
    FAILS(samepage_e_invalid_argument, samepage_ndarray_create(name, "<f4", shape, 33, NULL, &none));
    FAILS(samepage_e_invalid_argument, samepage_ndarray_create(name, "<f4", shape, 3, &options, &none));
    FAILS(samepage_e_not_found, samepage_ndarray_open(fresh_name("array"), NULL, &none));
    samepage_ndarray_close(array);
    samepage_ndarray_close(same);
    FAILS(samepage_e_closed, samepage_ndarray_size(same, &size));
    CHECK(samepage_ndarray_data(same) == NULL && samepage_ndarray_dtype(same) == NULL);
}

static void copies_are_whole(void) {
    static const uint64_t shape[1] = {10};
    const char* const name = fresh_name("whole");
    samepage_ndarray *array, *other;
    unsigned char into[10];
    size_t size_bytes = 0;
    uint64_t version = 7;
    int32_t was_torn = 7;
    OK(samepage_ndarray_create_new(name, "|u1", shape, 1, NULL, &array));
    OK(samepage_ndarray_open(name, NULL, &other));
    OK(samepage_ndarray_copy(other, into, sizeof into, 0, &size_bytes, &version));
    CHECK(size_bytes == 10 && version == 0 && into[9] == 0);
    FAILS(samepage_e_not_owner, samepage_ndarray_end_writing(array, 1, NULL));
    OK(samepage_ndarray_begin_writing(array, SAMEPAGE_PATIENCE, &was_torn));
    CHECK(was_torn == 0);
    memset(samepage_ndarray_data(array), 5, 10);
    FAILS(samepage_e_timed_out, samepage_ndarray_begin_writing(other, 1000000, NULL));
    FAILS(samepage_e_timed_out, samepage_ndarray_begin_writing(array, 0, NULL));
    FAILS(samepage_e_timed_out, samepage_ndarray_copy(other, into, sizeof into, 1000000, NULL, NULL));
    OK(samepage_ndarray_end_writing(array, 1, &version));
    CHECK(version == 1);
    FAILS(samepage_e_not_owner, samepage_ndarray_end_writing(array, 1, NULL));
    OK(samepage_ndarray_copy(other, into, sizeof into, 0, NULL, &version));
    CHECK(version == 1 && into[0] == 5 && into[9] == 5);
    FAILS(samepage_e_too_large, samepage_ndarray_copy(other, into, 9, 0, &size_bytes, NULL));
    CHECK(size_bytes == 10);
    /* Who gives up leaves it torn, and the next one mends it. */
    OK(samepage_ndarray_begin_writing(array, 0, NULL));
    OK(samepage_ndarray_end_writing(array, 0, NULL));
    FAILS(samepage_e_torn, samepage_ndarray_copy(other, into, sizeof into, SAMEPAGE_FOREVER, NULL, NULL));
    OK(samepage_ndarray_begin_writing(other, 0, &was_torn));
    CHECK(was_torn == 1);
    samepage_ndarray_close(other);
    FAILS(samepage_e_torn, samepage_ndarray_copy(array, into, sizeof into, 0, NULL, NULL));
    OK(samepage_ndarray_begin_writing(array, 0, &was_torn));
    CHECK(was_torn == 1);
    OK(samepage_ndarray_end_writing(array, 1, NULL));
    OK(samepage_ndarray_copy(array, into, sizeof into, 0, NULL, NULL));
    OK(samepage_ndarray_version(array, &version));
    CHECK(version == 4);
    samepage_ndarray_close(array);
}

void test_ndarray(void) {
    an_array_says_what_it_is();
    copies_are_whole();
}
