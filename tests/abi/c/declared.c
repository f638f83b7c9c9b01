/* Calls of a 32-bit language that has INTEGER, INTEGER @ and STRING alone, as FoxPro does after DECLARE. */
/* SPDX-License-Identifier: MIT */
#include "declared.h"

#include <samepage/samepage.h>
#include <string.h>

typedef int32_t integer;
typedef const char* string;

/* The names of the functions are those of the variables; a 64-bit argument is two INTEGERs, the low half first. */
#define DECLARE(type, function, arguments) \
    type(SAMEPAGE_CALL* const function) arguments = (type(SAMEPAGE_CALL*) arguments)find("samepage_" #function)
#define NEED(condition) \
    if (!(condition)) return __LINE__

static int regions(string name) {
    DECLARE(integer, region_create, (string, integer, integer, integer, integer*));
    DECLARE(integer, region_open, (string, integer, integer*));
    DECLARE(integer, region_size, (integer, char*));
    DECLARE(integer, region_data, (integer));
    DECLARE(integer, region_write_text, (integer, string, integer, integer));
    DECLARE(integer, region_read_text, (integer, char*, integer, integer, integer, integer*));
    DECLARE(void, region_close, (integer));
    DECLARE(string, error_message, (void));
    integer handle = 0, same = 0, size_bytes = 0;
    char text[254], size[8];
    NEED(region_create && region_open && region_size && region_data && region_write_text && region_read_text);
    NEED(region_close && error_message);
    NEED(region_create(name, 65536, 0, 0, &handle) == 0 && handle != 0);
    NEED(region_open(name, 0, &same) == 0 && same != handle);
    NEED(region_size(same, size) == 0 && memcmp(size, "\0\0\1\0\0\0\0\0", 8) == 0);
    NEED(region_write_text(handle, "by DECLARE", 256, 0) == 0);
    NEED(region_read_text(same, text, 254, 256, 0, &size_bytes) == 0);
    NEED(size_bytes == 10 && strcmp(text, "by DECLARE") == 0);
    NEED(region_data(same) != 0);
    /* 4 GiB further on: were the halves the other way round, this would be the 256. */
    NEED(region_write_text(handle, "x", 0, 256) == samepage_e_too_large);
    region_close(handle);
    region_close(same);
    NEED(region_open(name, 0, &same) == samepage_e_not_found && same == 0);
    NEED(strncmp(error_message(), "not_found: ", 11) == 0);
    return 0;
}

static int waits(string name) {
    DECLARE(integer, cell_create, (string, integer, integer*));
    DECLARE(integer, cell_store, (integer, string, integer, integer, integer, char*));
    DECLARE(integer, cell_wait, (integer, integer, integer, integer, integer, char*));
    DECLARE(void, cell_close, (integer));
    integer cell = 0;
    char version[8];
    NEED(cell_create && cell_store && cell_wait && cell_close);
    NEED(cell_create(name, 0, &cell) == 0);
    NEED(cell_store(cell, "21.5", 4, -1, -1, version) == 0 && memcmp(version, "\1\0\0\0\0\0\0\0", 8) == 0);
    NEED(cell_wait(cell, 1, 0, 1000000, 0, version) == samepage_e_timed_out);
    NEED(cell_wait(cell, 0, 1, -1, -1, version) == 0 && version[0] == 1);
    cell_close(cell);
    return 0;
}

static int numbers(string name) {
    DECLARE(integer, table_create, (string, integer, integer*));
    DECLARE(integer, table_add, (integer, string, integer, integer, integer, integer, integer, char*));
    DECLARE(void, table_close, (integer));
    integer table = 0;
    char sum[8];
    NEED(table_create && table_add && table_close);
    NEED(table_create(name, 0, &table) == 0);
    NEED(table_add(table, "key", 3, 5, 2, -1, -1, sum) == 0);
    NEED(memcmp(sum, "\5\0\0\0\2\0\0\0", 8) == 0);
    table_close(table);
    return 0;
}

int call_as_declared(const char* name) {
    int line = regions(name);
    if (line == 0) line = waits(name);
    if (line == 0) line = numbers(name);
    return line;
}
