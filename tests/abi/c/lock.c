/* The C functions of locks. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

void test_lock(void) {
    const char* const name = fresh_name("lock");
    samepage_lock *lock, *other;
    samepage_lock_options options;
    samepage_lock_info info;
    int32_t told = 7;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.strategy = samepage_sleep;
    OK(samepage_lock_create_new(name, &options, &lock));
    FAILS(samepage_e_already_exists, samepage_lock_create_new(name, NULL, &other));
    OK(samepage_lock_open(name, NULL, &other));
    OK(samepage_lock_created(other, &told));
    CHECK(told == 0);
    OK(samepage_lock_check_name(other));
    FAILS(samepage_e_not_owner, samepage_lock_release(lock));
    FAILS(samepage_e_not_owner, samepage_lock_mark_repaired(lock));
    told = 7;
    OK(samepage_lock_acquire(lock, SAMEPAGE_FOREVER, &told));
    CHECK(told == 0);
    FAILS(samepage_e_timed_out, samepage_lock_try_acquire(other, &told));
    FAILS(samepage_e_timed_out, samepage_lock_acquire(other, 1000000, &told));
    FAILS(samepage_e_timed_out, samepage_lock_try_acquire(lock, NULL));
    FAILS(samepage_e_not_owner, samepage_lock_release(other));
    info.struct_size = sizeof info;
    OK(samepage_lock_info_get(other, &info));
    CHECK(info.owned == 1 && info.owner_died == 0);
    OK(samepage_lock_mark_repaired(lock));
    OK(samepage_lock_release(lock));
    FAILS(samepage_e_not_owner, samepage_lock_release(lock));
    OK(samepage_lock_try_acquire(other, &told));
    CHECK(told == 0);
    /* Closing releases. */
    samepage_lock_close(other);
    OK(samepage_lock_try_acquire(lock, NULL));
    OK(samepage_lock_release(lock));
    samepage_lock_close(lock);
    OK(samepage_lock_create(name, NULL, &lock));
    OK(samepage_lock_created(lock, &told));
    CHECK(told == 1);
    samepage_lock_close(lock);
    FAILS(samepage_e_closed, samepage_lock_acquire(lock, 0, NULL));
    FAILS(samepage_e_closed, samepage_lock_info_get(lock, &info));
}
