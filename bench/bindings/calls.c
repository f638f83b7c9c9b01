/* Times calls of the C functions for bindings_bench.py: a line "VERB COUNT" in, nanoseconds a call out. */
/* SPDX-License-Identifier: MIT */
#include <samepage/samepage.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int count, char** words) {
    char line[100], verb[50], bytes[64], into[64];
    samepage_cell* cell;
    samepage_table* table;
    long calls, i;
    if (count != 2 || samepage_cell_open(words[1], NULL, &cell) != samepage_ok) return 1;
    snprintf(line, sizeof line, "%s.table", words[1]);
    if (samepage_table_open(line, NULL, &table) != samepage_ok) return 1;
    memset(bytes, 'x', sizeof bytes);
    while (fgets(line, sizeof line, stdin) != NULL && sscanf(line, "%49s %ld", verb, &calls) == 2) {
        samepage_status status = samepage_ok;
        size_t size_bytes;
        uint64_t version;
        const double begin = now_ns();
        if (strcmp(verb, "cell.load") == 0)
            for (i = 0; i < calls; ++i) status |= samepage_cell_load(cell, into, sizeof into, &size_bytes, &version);
        else if (strcmp(verb, "cell.store") == 0)
            for (i = 0; i < calls; ++i) status |= samepage_cell_store(cell, bytes, 64, SAMEPAGE_PATIENCE, &version);
        else if (strcmp(verb, "table.get") == 0)
            for (i = 0; i < calls; ++i)
                status |= samepage_table_get(table, "key", 3, into, sizeof into, &size_bytes, &version);
        else
            for (i = 0; i < calls; ++i)
                status |= samepage_table_put(table, "key", 3, bytes, 64, SAMEPAGE_PATIENCE, &version);
        if (status != samepage_ok) return 1;
        printf("%.2f\n", (now_ns() - begin) / (double)calls);
        fflush(stdout);
    }
    return 0;
}
