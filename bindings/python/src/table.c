/* samepage.Table: records under keys, as a mapping. */
/* SPDX-License-Identifier: MIT */
#include "table.h"

/* The last close of a file that was changed waits for the disk. */
static void close_table(void* handle) {
    Py_BEGIN_ALLOW_THREADS samepage_table_close(handle);
    Py_END_ALLOW_THREADS
}

/* ---- Codecs ---- */

/* By an interned name: Python's caches of lookups keep each string that they haven't seen. */
static PyObject* attribute_of(PyObject* object, const char* name) {
    PyObject* const interned = PyUnicode_InternFromString(name);
    PyObject* const value = interned == NULL ? NULL : PyObject_GetAttr(object, interned);
    Py_XDECREF(interned);
    return value;
}

static int set_codec(table_object* self, PyObject* codec) {
    self->codec_object = Py_NewRef(codec);
    if (codec == (PyObject*)&PyBytes_Type)
        self->codec = codec_bytes;
    else if (codec == (PyObject*)&PyUnicode_Type)
        self->codec = codec_str;
    else {
        self->codec = codec_other;
        self->encode = attribute_of(codec, "dumps");
        self->decode = self->encode == NULL ? NULL : attribute_of(codec, "loads");
        if (self->decode == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "codec is bytes, str, or what has dumps() and loads(), such as json and pickle; not %R",
                         codec);
            return -1;
        }
    }
    return 0;
}

PyObject* key_object(const table_object* table, const void* key, size_t size_bytes) {
    return table->codec == codec_bytes ? PyBytes_FromStringAndSize(key, (Py_ssize_t)size_bytes)
                                       : PyUnicode_DecodeUTF8(key, (Py_ssize_t)size_bytes, "surrogateescape");
}

PyObject* value_object(const table_object* table, const void* value, size_t size_bytes) {
    if (table->codec == codec_str) return PyUnicode_DecodeUTF8(value, (Py_ssize_t)size_bytes, NULL);
    PyObject* const bytes = PyBytes_FromStringAndSize(value, (Py_ssize_t)size_bytes);
    if (bytes == NULL || table->codec == codec_bytes) return bytes;
    PyObject* const decoded = PyObject_CallFunctionObjArgs(table->decode, bytes, NULL);
    Py_DECREF(bytes);
    return decoded;
}

PyObject* value_of_bytes(const table_object* table, PyObject* bytes) {
    if (table->codec == codec_bytes) return bytes;
    PyObject* const value = value_object(table, PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
    Py_DECREF(bytes);
    return value;
}

/* The bytes of a key. A str that came out of key_object is the same key again. */
int take_key(const table_object* table, PyObject* key, bytes_argument* into, PyObject** keeper) {
    *keeper = NULL;
    if (PyUnicode_Check(key) && table->codec != codec_bytes) {
        Py_ssize_t size = 0;
        into->has_view = 0;
        into->data = PyUnicode_AsUTF8AndSize(key, &size);
        into->size_bytes = (size_t)size;
        if (into->data != NULL) return 0;
        PyErr_Clear();
        *keeper = PyUnicode_AsEncodedString(key, "utf-8", "surrogateescape");
        return *keeper == NULL ? -1 : take_bytes(*keeper, "key", into);
    }
    return take_bytes(key, "key", into);
}

/* The bytes of a value; *keeper is what they live in, NULL for the value itself. */
static int take_value(const table_object* table, PyObject* value, bytes_argument* into, PyObject** keeper) {
    *keeper = NULL;
    if (table->codec == codec_other) {
        *keeper = PyObject_CallFunctionObjArgs(table->encode, value, NULL);
        return *keeper == NULL ? -1 : take_bytes(*keeper, "what dumps() gives", into);
    }
    if (table->codec == codec_str && !PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "values of this table are str, not %R; codec=json or codec=pickle stores others",
                     (PyObject*)Py_TYPE(value));
        return -1;
    }
    if (!PyBytes_Check(value) && !PyUnicode_Check(value) && !PyObject_CheckBuffer(value)) {
        PyErr_Format(PyExc_TypeError,
                     "values of this table are bytes or str, not %R; codec=json or codec=pickle stores others",
                     (PyObject*)Py_TYPE(value));
        return -1;
    }
    return take_bytes(value, "value", into);
}

/* ---- Making ---- */

static PyObject* make(PyTypeObject* type, PyObject* arguments, PyObject* named, enum opening how) {
    static char* names[] = {"place", "codec", "read_only", "strategy", "timeout", "as_it_is", "sole_writer", NULL};
    PyObject* place = NULL;
    PyObject* codec = (PyObject*)&PyBytes_Type;
    int read_only = 0, as_it_is = 0, sole_writer = 0;
    samepage_table_options options = {.struct_size = sizeof(options), .timeout_ns = SAMEPAGE_PATIENCE};
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O|O$pO&O&pp", names, &place, &codec, &read_only,
                                     strategy_converter, &options.strategy, timeout_converter, &options.timeout_ns,
                                     &as_it_is, &sole_writer))
        return NULL;
    if (read_only) options.access = samepage_read_only;
    options.as_it_is = as_it_is != 0;
    options.sole_writer = sole_writer != 0;
    const char* text = NULL;
    table_object* const self = (table_object*)held_new(type, close_table);
    if (self == NULL) return NULL;
    if (set_codec(self, codec) != 0 || take_place(place, &self->base.place, &text) != 0) {
        Py_DECREF(self);
        return NULL;
    }
    samepage_table* handle = NULL;
    samepage_status status = samepage_ok;
    slices wait = slices_of(text, (int)options.sole_writer, &options.timeout_ns);
    do {
        Py_BEGIN_ALLOW_THREADS if (how == opening_open) status = samepage_table_open(text, &options, &handle);
        else if (how == opening_create_new) status = samepage_table_create_new(text, &options, &handle);
        else status = samepage_table_create(text, &options, &handle);
        Py_END_ALLOW_THREADS
    } while (slices_go_on(&wait, &status));
    if (status != samepage_ok) {
        raise_status(status);
        Py_DECREF(self);
        return NULL;
    }
    self->base.handle = handle;
    self->base.strategy = options.strategy;
    return (PyObject*)self;
}

static PyObject* table_new(PyTypeObject* type, PyObject* arguments, PyObject* named) {
    return make(type, arguments, named, opening_create);
}
static PyObject* table_create_new(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_create_new);
}
static PyObject* table_open(PyObject* type, PyObject* arguments, PyObject* named) {
    return make((PyTypeObject*)type, arguments, named, opening_open);
}

static int table_traverse(PyObject* object, visitproc visit, void* arg) {
    table_object* const self = (table_object*)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->codec_object);
    Py_VISIT(self->encode);
    Py_VISIT(self->decode);
    return 0;
}

static int table_clear(PyObject* object) {
    table_object* const self = (table_object*)object;
    Py_CLEAR(self->codec_object);
    Py_CLEAR(self->encode);
    Py_CLEAR(self->decode);
    return 0;
}

static void table_dealloc(PyObject* object) {
    PyObject_GC_UnTrack(object);
    table_clear(object);
    held_dealloc(object);
}

/* ---- Getting ---- */

/* The value's bytes as Python's value; NULL and *absent where there is no record. */
static PyObject* get(table_object* self, PyObject* key, uint64_t* version, int* absent) {
    char few[SMALL_BYTES];
    bytes_argument mine;
    PyObject* keeper = NULL;
    PyObject* value = NULL;
    PyObject* result = NULL;
    *absent = 0;
    if (take_key(self, key, &mine, &keeper) != 0) {
        Py_XDECREF(keeper);
        return NULL;
    }
    void* const handle = held_handle(&self->base);
    size_t size_bytes = 0, room_bytes = sizeof(few);
    char* into = few;
    samepage_status status = exception_set;
    if (handle != NULL)
        status = samepage_table_get(handle, mine.data, mine.size_bytes, few, sizeof(few), &size_bytes, version);
    /* A larger one may come meanwhile. */
    while (status == samepage_e_too_large) {
        Py_XDECREF(value);
        room_bytes = size_bytes;
        value = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room_bytes);
        if (value == NULL || held_handle(&self->base) == NULL) {
            status = exception_set;
            break;
        }
        into = PyBytes_AsString(value);
        held_enter(&self->base);
        Py_BEGIN_ALLOW_THREADS status =
            samepage_table_get(handle, mine.data, mine.size_bytes, into, room_bytes, &size_bytes, version);
        Py_END_ALLOW_THREADS held_leave(&self->base);
    }
    if (status == samepage_ok && value != NULL && size_bytes == room_bytes)
        result = value_of_bytes(self, Py_NewRef(value));
    else if (status == samepage_ok)
        result = value_object(self, into, size_bytes);
    else if (status == samepage_e_no_key)
        *absent = 1;
    else if (status != (samepage_status)exception_set)
        raise_status(status);
    Py_XDECREF(value);
    Py_XDECREF(keeper);
    drop_bytes(&mine);
    return result;
}

static PyObject* table_subscript(PyObject* self, PyObject* key) {
    uint64_t version = 0;
    int absent = 0;
    PyObject* const value = get((table_object*)self, key, &version, &absent);
    return absent ? raise_status(samepage_e_no_key) : value;
}

static PyObject* table_get(FAST_ARGUMENTS) {
    static const char* const names[] = {"key", "default", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    uint64_t version = 0;
    int absent = 0;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    PyObject* const value = get((table_object*)self, values[0], &version, &absent);
    if (absent) return Py_NewRef(values[1] == NULL ? Py_None : values[1]);
    return value;
}

static PyObject* table_get_versioned(PyObject* self, PyObject* key) {
    uint64_t version = 0;
    int absent = 0;
    PyObject* const value = get((table_object*)self, key, &version, &absent);
    if (absent) return raise_status(samepage_e_no_key);
    return value == NULL ? NULL : pair_of(versioned_type, value, number_object(version), NULL);
}

/* A number that the table says of a key. 0, or -1 with an exception. */
static int ask(PyObject* object, PyObject* key, uint64_t* number,
               samepage_status(SAMEPAGE_CALL* about)(samepage_table*, const void*, size_t, uint64_t*)) {
    table_object* const self = (table_object*)object;
    bytes_argument mine;
    PyObject* keeper = NULL;
    samepage_status status = exception_set;
    if (take_key(self, key, &mine, &keeper) == 0) {
        void* const handle = held_handle(&self->base);
        if (handle != NULL) status = about(handle, mine.data, mine.size_bytes, number);
        drop_bytes(&mine);
    }
    Py_XDECREF(keeper);
    if (status > samepage_ok) raise_status(status);
    return status == samepage_ok ? 0 : -1;
}

static int table_contains(PyObject* self, PyObject* key) {
    uint64_t version = 0;
    return ask(self, key, &version, samepage_table_version) != 0 ? -1 : version != 0;
}

static PyObject* table_version(PyObject* self, PyObject* key) {
    uint64_t version = 0;
    return ask(self, key, &version, samepage_table_version) != 0 ? NULL : number_object(version);
}

static PyObject* table_expires_at(PyObject* self, PyObject* key) {
    uint64_t unix_ns = 0;
    if (ask(self, key, &unix_ns, samepage_table_expires) != 0) return NULL;
    return unix_ns == 0 ? Py_NewRef(Py_None) : PyFloat_FromDouble((double)unix_ns / 1e9);
}

/* ---- Changing ---- */

typedef struct changing {
    bytes_argument key;
    bytes_argument value;
    uint64_t number; /* the expected version, what to add, the version seen */
    uint64_t version;
    int64_t expires_in_ns;
    int32_t erased;
} changing;

static samepage_status try_put(void* handle, void* call, int64_t timeout_ns) {
    changing* const mine = call;
    return samepage_table_put_expiring(handle, mine->key.data, mine->key.size_bytes, mine->value.data,
                                       mine->value.size_bytes, mine->expires_in_ns, timeout_ns, &mine->version);
}

static samepage_status try_insert(void* handle, void* call, int64_t timeout_ns) {
    changing* const mine = call;
    return samepage_table_insert_expiring(handle, mine->key.data, mine->key.size_bytes, mine->value.data,
                                          mine->value.size_bytes, mine->expires_in_ns, timeout_ns, &mine->version);
}

static samepage_status try_exchange(void* handle, void* call, int64_t timeout_ns) {
    changing* const mine = call;
    return samepage_table_compare_exchange_expiring(handle, mine->key.data, mine->key.size_bytes, mine->number,
                                                    mine->value.data, mine->value.size_bytes, mine->expires_in_ns,
                                                    timeout_ns, &mine->version);
}

static samepage_status try_erase(void* handle, void* call, int64_t timeout_ns) {
    changing* const mine = call;
    return samepage_table_erase(handle, mine->key.data, mine->key.size_bytes, timeout_ns, &mine->erased);
}

static samepage_status try_add(void* handle, void* call, int64_t timeout_ns) {
    changing* const mine = call;
    return samepage_table_add_expiring(handle, mine->key.data, mine->key.size_bytes, mine->number, mine->expires_in_ns,
                                       timeout_ns, &mine->version);
}

static samepage_status try_wait(void* handle, void* call, int64_t timeout_ns) {
    changing* const mine = call;
    return samepage_table_wait(handle, mine->key.data, mine->key.size_bytes, mine->number, timeout_ns, &mine->version);
}

static samepage_status try_wait_any(void* handle, void* call, int64_t timeout_ns) {
    changing* const mine = call;
    return samepage_table_wait_any(handle, mine->number, timeout_ns, &mine->version);
}

/* Does it with these; 0, or -1 with an exception. No value where it needs none. */
static int change(PyObject* object, attempt act, changing* mine, PyObject* key, PyObject* value, int64_t timeout_ns) {
    table_object* const self = (table_object*)object;
    PyObject *key_keeper = NULL, *value_keeper = NULL;
    samepage_status status = exception_set;
    if (take_key(self, key, &mine->key, &key_keeper) == 0) {
        mine->value.has_view = 0;
        if (value == NULL || take_value(self, value, &mine->value, &value_keeper) == 0) {
            status = held_wait(&self->base, act, mine, timeout_ns, samepage_e_timed_out);
            if (status > samepage_ok) raise_status(status);
            drop_bytes(&mine->value);
        }
        drop_bytes(&mine->key);
    }
    Py_XDECREF(key_keeper);
    Py_XDECREF(value_keeper);
    return status == samepage_ok ? 0 : -1;
}

static int table_assign(PyObject* self, PyObject* key, PyObject* value) {
    changing mine = {.expires_in_ns = SAMEPAGE_FOREVER};
    if (change(self, value == NULL ? try_erase : try_put, &mine, key, value, SAMEPAGE_PATIENCE) != 0) return -1;
    if (value != NULL || mine.erased) return 0;
    /* The library's words for a key that isn't there. */
    PyObject* const none = table_subscript(self, key);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

/* put, insert: (key, value, timeout=5, expires_in=None) -> version */
static PyObject* put_with(attempt act, FAST_ARGUMENTS) {
    static const char* const names[] = {"key", "value", "timeout", "expires_in", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    changing mine = {.expires_in_ns = SAMEPAGE_FOREVER};
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 2, 4, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[2], &timeout_ns) != 0 || take_timeout(values[3], &mine.expires_in_ns) != 0) return NULL;
    return change(self, act, &mine, values[0], values[1], timeout_ns) != 0 ? NULL : number_object(mine.version);
}

static PyObject* table_put(FAST_ARGUMENTS) { return put_with(try_put, self, given, count, given_names); }
static PyObject* table_insert(FAST_ARGUMENTS) { return put_with(try_insert, self, given, count, given_names); }

static PyObject* table_compare_exchange(FAST_ARGUMENTS) {
    static const char* const names[] = {"key", "expected", "value", "timeout", "expires_in", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    changing mine = {.expires_in_ns = SAMEPAGE_FOREVER};
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 3, 5, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[1], &mine.number) != 0 || take_timeout(values[3], &timeout_ns) != 0 ||
        take_timeout(values[4], &mine.expires_in_ns) != 0)
        return NULL;
    return change(self, try_exchange, &mine, values[0], values[2], timeout_ns) != 0 ? NULL
                                                                                    : number_object(mine.version);
}

static PyObject* table_erase(FAST_ARGUMENTS) {
    static const char* const names[] = {"key", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    changing mine;
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[1], &timeout_ns) != 0) return NULL;
    return change(self, try_erase, &mine, values[0], NULL, timeout_ns) != 0 ? NULL : PyBool_FromLong(mine.erased);
}

static PyObject* table_add(FAST_ARGUMENTS) {
    static const char* const names[] = {"key", "more", "timeout", "expires_in", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    changing mine = {.number = 1, .expires_in_ns = SAMEPAGE_FOREVER};
    int64_t timeout_ns = SAMEPAGE_PATIENCE;
    if (take_arguments(names, 1, 4, given, count, given_names, values) != 0) return NULL;
    if (take_timeout(values[2], &timeout_ns) != 0 || take_timeout(values[3], &mine.expires_in_ns) != 0) return NULL;
    if (values[1] != NULL) {
        /* Less is more modulo 2^64. */
        PyObject* const index = PyNumber_Index(values[1]);
        if (index == NULL) return NULL;
        mine.number = PyLong_AsUnsignedLongLongMask(index);
        Py_DECREF(index);
        if (mine.number == UINT64_MAX && PyErr_Occurred()) return NULL;
    }
    return change(self, try_add, &mine, values[0], NULL, timeout_ns) != 0 ? NULL : number_object(mine.version);
}

/* ---- Waiting ---- */

static PyObject* table_wait(FAST_ARGUMENTS) {
    static const char* const names[] = {"key", "seen", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    changing mine;
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 2, 3, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[1], &mine.number) != 0 || take_timeout(values[2], &timeout_ns) != 0) return NULL;
    return change(self, try_wait, &mine, values[0], NULL, timeout_ns) != 0 ? NULL : number_object(mine.version);
}

static PyObject* table_wait_any(FAST_ARGUMENTS) {
    static const char* const names[] = {"seen", "timeout", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    changing mine;
    int64_t timeout_ns = SAMEPAGE_FOREVER;
    if (take_arguments(names, 1, 2, given, count, given_names, values) != 0) return NULL;
    if (take_number(values[0], &mine.number) != 0 || take_timeout(values[1], &timeout_ns) != 0) return NULL;
    const samepage_status status = held_wait((held*)self, try_wait_any, &mine, timeout_ns, samepage_e_timed_out);
    return status == samepage_ok ? number_object(mine.version) : raise_status(status);
}

/* ---- Scans ---- */

static PyObject* table_iterate(PyObject* self) { return new_scan((table_object*)self, scan_keys, NULL); }

static PyObject* scan_with(enum scan_of what, FAST_ARGUMENTS) {
    static const char* const names[] = {"prefix", NULL};
    PyObject* values[NUMBER_OF_NAMES];
    if (take_arguments(names, 0, 1, given, count, given_names, values) != 0) return NULL;
    return new_scan((table_object*)self, what, values[0]);
}

static PyObject* table_scan(FAST_ARGUMENTS) { return scan_with(scan_items, self, given, count, given_names); }
static PyObject* table_scan_values(FAST_ARGUMENTS) { return scan_with(scan_values, self, given, count, given_names); }
static PyObject* table_scan_versioned(FAST_ARGUMENTS) {
    return scan_with(scan_versioned, self, given, count, given_names);
}

/* ---- What it is ---- */

static Py_ssize_t table_length(PyObject* self) {
    void* const handle = held_handle((held*)self);
    uint64_t records = 0;
    if (handle == NULL) return -1;
    const samepage_status status = samepage_table_size(handle, &records);
    if (status != samepage_ok) raise_status(status);
    return status == samepage_ok ? (Py_ssize_t)records : -1;
}

static PyObject* table_codec(PyObject* self, void* unused) {
    (void)unused;
    PyObject* const codec = ((table_object*)self)->codec_object;
    return Py_NewRef(codec == NULL ? Py_None : codec);
}

static PyMethodDef methods[] = {
    HELD_METHODS,
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "Table[str, bytes], for annotations."},
    MAKER("create_new", table_create_new,
          "create_new(place, codec=bytes, *, read_only=False, strategy='spin_then_sleep', timeout=5, as_it_is=False, "
          "sole_writer=False)\n--\n\nMakes it; AlreadyExists if there is one."),
    MAKER("open", table_open,
          "open(place, codec=bytes, *, read_only=False, strategy='spin_then_sleep', timeout=5, as_it_is=False, "
          "sole_writer=False)\n--\n\nOpens what exists; else NotFound. as_it_is: what a power failure left, not its "
          "checkpoint."),
    FAST("get", table_get, "get(key, default=None)\n--\n\nThe record's value, or the default."),
    {"get_versioned", table_get_versioned, METH_O, "get_versioned(key, /)\n--\n\nThe value and its version; NoKey."},
    FAST(
        "get_many", table_get_many,
        "get_many(keys, values, versions)\n--\n\nAs get, of many keys of one length, in a fraction of the time. Three "
        "buffers, such as arrays, with as many elements along the first axis: keys; values, which are filled; versions "
        "of 8 bytes, 0 where there is none. Gives how many there were. WrongKind: a value has another length."),
    FAST(
        "put_many", table_put_many,
        "put_many(keys, values, versions, timeout=5, expires_in=None)\n--\n\nAs put, of many records of one length, in "
        "a fraction of the time. Three buffers, as get_many's; the records' versions are written to the third. Gives "
        "how many were put, in their order: fewer than all where one was refused; if the first was, it raises why. "
        "Ctrl-C "
        "ends it in between: the versions of those that weren't put are as they were."),
    {"version", table_version, METH_O, "version(key, /)\n--\n\nThe record's version; 0: there is none."},
    {"expires_at", table_expires_at, METH_O,
     "expires_at(key, /)\n--\n\nWhen the record expires, as time.time() counts; None: never; NoKey."},
    FAST("put", table_put,
         "put(key, value, timeout=5, expires_in=None)\n--\n\nInserts or replaces, and gives the version. expires_in "
         "seconds from now on nobody sees it; None: it stays; 0: as the record that is there."),
    FAST("insert", table_insert,
         "insert(key, value, timeout=5, expires_in=None)\n--\n\nAlreadyExists where there is a record."),
    FAST("compare_exchange", table_compare_exchange,
         "compare_exchange(key, expected, value, timeout=5, expires_in=None)\n--\n\nPuts only if the version is "
         "`expected` (0: there is none), else Conflict."),
    FAST("erase", table_erase, "erase(key, timeout=5)\n--\n\nWhether there was a record."),
    FAST("add", table_add,
         "add(key, more=1, timeout=5, expires_in=None)\n--\n\nAdds to a record that is a number of 8 bytes; one that "
         "isn't there is 0, and expires so. Gives the sum."),
    FAST(
        "wait", table_wait,
        "wait(key, seen, timeout=None)\n--\n\nWaits until the key's version is another one than `seen`, and gives it."),
    FAST("wait_any", table_wait_any,
         "wait_any(seen, timeout=None)\n--\n\nWaits until `changes` is another number than `seen`, and gives it."),
    FAST("scan", table_scan, "scan(prefix=b'')\n--\n\nIterates over (key, value), in no order."),
    FAST("scan_values", table_scan_values, "scan_values(prefix=b'')\n--\n\nIterates over the values."),
    FAST("scan_versioned", table_scan_versioned, "scan_versioned(prefix=b'')\n--\n\nOver (key, value, version)."),
    FAST("keep_history", table_keep_history,
         "keep_history(size_bytes, timeout=5)\n--\n\nHas the table keep its last changes in so many bytes, for "
         "subscribe(); one that keeps them already goes on as it is. Gives the history's bytes."),
    FAST("subscribe", table_subscribe,
         "subscribe(prefix=b'', start='newest')\n--\n\nReads the changes along, with those that come or with the "
         "oldest that is kept: a Feed. NotSupported without a history."),
    {"fileno", table_fileno, METH_NOARGS, "fileno()\n--\n\nFor event loops: readable when there may be a change."},
    {"arm", table_arm, METH_NOARGS, "arm()\n--\n\nTo be called first whenever fileno() is readable."},
    FAST("lock", table_lock,
         "lock(key, timeout=None)\n--\n\nKeeps the key from others' writers until the RecordLock's end; TimedOut says "
         "who has it."),
    FAST("lock_all", table_lock_all, "lock_all(timeout=None)\n--\n\nThe same of all keys."),
    FAST("verify", table_verify,
         "verify(timeout=5)\n--\n\nHow many records it has. Corrupt says what is wrong with it; Busy what others kept "
         "changing."),
    FAST("checkpoint", table_checkpoint,
         "checkpoint(timeout=5)\n--\n\nMakes all that is there survive power failures, in a file beside the table's; a "
         "dict of records, size_bytes and how many seconds writers stalled."),
    FAST("compact", table_compact,
         "compact(timeout=5)\n--\n\nMoves records together, and gives what is free then back to the system where no "
         "other handle has the table; a dict of records_moved, given_bytes, pending_bytes (free, but others have the "
         "table) and size_bytes. Ctrl-C ends the waiting for it, as for verify and checkpoint: they go on to their "
         "end."),
    {"check_name", table_check_name, METH_NOARGS,
     "check_name()\n--\n\nLostName when somebody has removed the object's file."},
    {"info", table_info, METH_NOARGS, "info()\n--\n\nWhat there is to know, as a dict."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    HELD_GETTERS,
    {"strategy", held_strategy, NULL, "How it waits.", NULL},
    {"created", table_created, NULL, "Whether this handle made it.", NULL},
    {"read_only", table_read_only, NULL, "Whether it may only be read.", NULL},
    {"went_back", table_went_back, NULL, "Whether opening it had to go back to its checkpoint.", NULL},
    {"changes", table_changes, NULL, "The number of puts and erases, of all keys.", NULL},
    {"codec", table_codec, NULL, "What makes values of bytes.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     "Table(place, codec=bytes, *, read_only=False, strategy='spin_then_sleep', timeout=5, as_it_is=False, "
     "sole_writer=False)\n--\n\nRecords under keys. sole_writer: while this handle lives, others' writes are Denied."},
    {Py_tp_new, table_new},
    {Py_tp_dealloc, table_dealloc},
    {Py_tp_traverse, table_traverse},
    {Py_tp_clear, table_clear},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {Py_tp_iter, table_iterate},
    {Py_mp_length, table_length},
    {Py_mp_subscript, table_subscript},
    {Py_mp_ass_subscript, table_assign},
    {Py_sq_contains, table_contains},
    {0, NULL}};

static PyType_Spec spec = {"samepage._samepage.Table", sizeof(table_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

int add_table(PyObject* module) { return add_type(module, &spec, NULL); }
