/* Calls every C function, its failures included: `c_test [VERSION]` wants the library to be that version. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"

void check(int is_so, const char* file, int line, const char* what) {
    if (is_so) return;
    printf("%s:%d: not so: %s\nlast error: %s\n", file, line, what, samepage_error_message());
    exit(1);
}

void check_status(samepage_status seen, samepage_status expected, const char* file, int line, const char* what) {
    if (seen == expected) return;
    printf("%s:%d: %s gave %s, not %s\nlast error: %s\n", file, line, what, samepage_status_name(seen),
           samepage_status_name(expected), samepage_error_message());
    exit(1);
}

const char* fresh_name(const char* word) {
    static char names[8][100];
    static unsigned count;
    char* const name = names[count % 8];
    /* The stack lies elsewhere in each process. */
    snprintf(name, sizeof names[0], "c-%s-%lx-%lx-%u", word, (unsigned long)time(NULL),
             (unsigned long)(uintptr_t)&name & 0xffffffffUL, count);
    ++count;
    return name;
}

int main(int argc, char** argv) {
    if (argc > 1) CHECK(strcmp(samepage_version_text(), argv[1]) == 0);
    CHECK(samepage_version() ==
          SAMEPAGE_VERSION_MAJOR * 1000000 + SAMEPAGE_VERSION_MINOR * 1000 + SAMEPAGE_VERSION_PATCH);
    test_errors();
    test_layout();
    test_region();
    test_cell();
    test_lock();
    test_channel();
    test_subscriber();
    test_queue();
    test_table();
    test_scan();
    test_feed();
    test_ndarray();
    test_catalog();
#ifdef C_TEST_POSIX
    test_posix();
#endif
#ifdef C_TEST_DECLARED
    test_declared();
#endif
    puts("every call did what it says");
    return 0;
}
