/* What tables, their scans and their feeds share: how keys and values are bytes. */
/* SPDX-License-Identifier: MIT */
#ifndef SAMEPAGE_PYTHON_TABLE_H
#define SAMEPAGE_PYTHON_TABLE_H

#include "common.h"

enum codec { codec_bytes, codec_str, codec_other };

typedef struct table_object {
    held base;
    int codec;
    PyObject* codec_object; /* as it was given */
    PyObject* encode;       /* codec_other: dumps and loads */
    PyObject* decode;
} table_object;

/* Objects of bytes that were read. */
PyObject* key_object(const table_object* table, const void* key, size_t size_bytes);
PyObject* value_object(const table_object* table, const void* value, size_t size_bytes);
/* The same, of a bytes object that this takes over. */
PyObject* value_of_bytes(const table_object* table, PyObject* bytes);

enum scan_of { scan_keys, scan_values, scan_items, scan_versioned };

/* The bytes of a key, which live in it or in *keeper, which the caller drops: 0, or -1 with a TypeError. */
int take_key(const table_object* table, PyObject* key, bytes_argument* into, PyObject** keeper);

/* A table's methods and getters that stand in other files. */
PyObject* table_verify(FAST_ARGUMENTS);
PyObject* table_checkpoint(FAST_ARGUMENTS);
PyObject* table_compact(FAST_ARGUMENTS);
PyObject* table_went_back(PyObject* self, void* unused);
PyObject* table_check_name(PyObject* self, PyObject* unused);
PyObject* table_info(PyObject* self, PyObject* unused);
PyObject* table_created(PyObject* self, void* unused);
PyObject* table_read_only(PyObject* self, void* unused);
PyObject* table_changes(PyObject* self, void* unused);
PyObject* table_keep_history(FAST_ARGUMENTS);
PyObject* table_subscribe(FAST_ARGUMENTS);
PyObject* table_fileno(PyObject* self, PyObject* unused);
PyObject* table_arm(PyObject* self, PyObject* unused);
PyObject* table_get_many(FAST_ARGUMENTS);
PyObject* table_put_many(FAST_ARGUMENTS);
PyObject* table_lock(FAST_ARGUMENTS);
PyObject* table_lock_all(FAST_ARGUMENTS);

/* An iterator over the records whose key begins with the prefix; NULL: over all. */
PyObject* new_scan(table_object* table, enum scan_of what, PyObject* prefix);

#endif
