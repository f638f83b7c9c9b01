/* Parts in stock, shared: `stock hold`, `stock put PART COUNT`, `stock take PART COUNT`, `stock list`. */
/* SPDX-License-Identifier: MIT */
/*
 * The table is the name "stock", which lives as long as somebody holds it. So begin in one terminal with
 *     stock hold                   until Enter
 * and in others, as many at once as you like:
 *     stock put bolt 12
 *     stock take bolt 5            prints what is left
 *     stock list
 * Built with the installed library: cc -o stock stock.c $(pkg-config --cflags --libs samepage)
 */
#include <samepage/samepage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(void) {
    fprintf(stderr, "stock: %s\n", samepage_error_message());
    return 1;
}

static int put(samepage_table* stock, const char* part, const char* count) {
    const samepage_status status =
        samepage_table_put(stock, part, strlen(part), count, strlen(count), SAMEPAGE_PATIENCE, NULL);
    return status == samepage_ok ? 0 : failed();
}

/* Reads, subtracts, and puts it back only if nobody else has changed it meanwhile; else once more. */
static int take(samepage_table* stock, const char* part, long count) {
    for (;;) {
        char text[32];
        size_t size_bytes;
        uint64_t version;
        long left;
        samepage_status status =
            samepage_table_get(stock, part, strlen(part), text, sizeof text - 1, &size_bytes, &version);
        if (status != samepage_ok) return failed();
        text[size_bytes] = '\0';
        left = atol(text) - count;
        if (left < 0) {
            fprintf(stderr, "stock: there are only %s\n", text);
            return 1;
        }
        sprintf(text, "%ld", left);
        status = samepage_table_compare_exchange(stock, part, strlen(part), version, text, strlen(text),
                                                 SAMEPAGE_PATIENCE, NULL);
        if (status == samepage_ok) return puts(text) < 0;
        if (status != samepage_e_conflict) return failed();
    }
}

static int list(samepage_table* stock) {
    samepage_scan* scan;
    const void *part, *count;
    size_t part_bytes, count_bytes;
    samepage_status status = samepage_table_scan(stock, NULL, 0, &scan);
    if (status != samepage_ok) return failed();
    while ((status = samepage_scan_next(scan, &part, &part_bytes, &count, &count_bytes, NULL)) == samepage_ok)
        printf("%.*s %.*s\n", (int)part_bytes, (const char*)part, (int)count_bytes, (const char*)count);
    samepage_scan_close(scan);
    return status == samepage_e_no_key ? 0 : failed();
}

static int hold(void) {
    samepage_table* stock;
    if (samepage_table_create("stock", NULL, &stock) != samepage_ok) return failed();
    puts("holding the stock until Enter");
    fflush(stdout);
    getchar();
    samepage_table_close(stock);
    return 0;
}

int main(int argc, char** argv) {
    samepage_table* stock;
    int result = 2;
    if (argc == 2 && strcmp(argv[1], "hold") == 0) return hold();
    if (samepage_table_open("stock", NULL, &stock) != samepage_ok) return failed();
    if (argc == 4 && strcmp(argv[1], "put") == 0) result = put(stock, argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "take") == 0) result = take(stock, argv[2], atol(argv[3]));
    if (argc == 2 && strcmp(argv[1], "list") == 0) result = list(stock);
    if (result == 2) fputs("stock hold | put PART COUNT | take PART COUNT | list\n", stderr);
    samepage_table_close(stock);
    return result;
}
