/* The extension module samepage._samepage: calls of the C interface, fast; the package makes Python's classes of it. */
/* SPDX-License-Identifier: MIT */
#include "common.h"

PyTypeObject* versioned_type;
PyTypeObject* message_type;
PyTypeObject* change_type;

int add_type(PyObject* module, PyType_Spec* spec, PyTypeObject** into) {
    PyObject* const type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL) return -1;
    const int done = PyModule_AddType(module, (PyTypeObject*)type);
    if (done == 0 && into != NULL) *into = (PyTypeObject*)Py_NewRef(type);
    Py_DECREF(type);
    return done;
}

static int add_results(PyObject* module) {
    static PyStructSequence_Field versioned_fields[] = {
        {"value", "The value."}, {"version", "The number of the change that made it."}, {NULL, NULL}};
    static PyStructSequence_Desc versioned = {"samepage.Versioned", "A value and its version.", versioned_fields, 2};
    static PyStructSequence_Field message_fields[] = {{"data", "Its bytes."},
                                                      {"sequence", "Its number: 1 for the channel's first."},
                                                      {"missed", "How many were overwritten before it."},
                                                      {NULL, NULL}};
    static PyStructSequence_Desc message = {"samepage.Message", "A message that was received.", message_fields, 3};
    static PyStructSequence_Field change_fields[] = {
        {"key", "Whose record it was; None: it only says that some were missed."},
        {"version", "Of the record that was put; of an erased one the last that it had."},
        {"erased", "Whether it was erased, or had expired."},
        {"missed", "How many changes, of any keys, were never shown since the one before."},
        {NULL, NULL}};
    static PyStructSequence_Desc change = {"samepage.Change", "A change of a table.", change_fields, 4};
    const struct {
        PyTypeObject** into;
        PyStructSequence_Desc* of;
    } types[] = {{&versioned_type, &versioned}, {&message_type, &message}, {&change_type, &change}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); ++i) {
        *types[i].into = PyStructSequence_NewType(types[i].of);
        if (*types[i].into == NULL || PyModule_AddType(module, *types[i].into) != 0) return -1;
    }
    return 0;
}

static PyObject* set_error_maker(PyObject* module, PyObject* maker) {
    (void)module;
    /* There is one for all: another interpreter's would be gone with it. Each import comes here. */
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
        PyErr_SetString(PyExc_ImportError,
                        "samepage can only be imported by a program's first interpreter, not by a subinterpreter");
        return NULL;
    }
    Py_XDECREF(error_maker);
    error_maker = Py_NewRef(maker);
    Py_RETURN_NONE;
}

/* [(number, name, text)] of all errors. */
static PyObject* errors(PyObject* module, PyObject* unused) {
    (void)module;
    (void)unused;
#define SAMEPAGE_X(number, name, meaning, advice) number,
    static const int numbers[] = {SAMEPAGE_ERRORS(SAMEPAGE_X)};
#undef SAMEPAGE_X
    PyObject* const all = PyList_New(0);
    for (size_t i = 0; all != NULL && i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        PyObject* const one =
            Py_BuildValue("(iss)", numbers[i], samepage_status_name(numbers[i]), samepage_status_text(numbers[i]));
        const int done = one == NULL ? -1 : PyList_Append(all, one);
        Py_XDECREF(one);
        if (done == 0) continue;
        Py_DECREF(all);
        return NULL;
    }
    return all;
}

static PyMethodDef functions[] = {{"set_error_maker", set_error_maker, METH_O, "What makes an exception of a failure."},
                                  {"errors", errors, METH_NOARGS, "[(number, name, text)] of all errors."},
                                  {"list_objects", list_objects, METH_VARARGS, "What there is."},
                                  {"look_up_object", look_up_object, METH_O, "One object."},
                                  {"after_fork", after_fork, METH_NOARGS, "To be called in each forked child."},
                                  {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        "samepage._samepage",
                                        "Calls of samepage's C interface.",
                                        -1,
                                        functions,
                                        NULL,
                                        NULL,
                                        NULL,
                                        NULL};

PyMODINIT_FUNC PyInit__samepage(void) {
    PyObject* const module = PyModule_Create(&definition);
    if (module == NULL) return NULL;
    if (add_results(module) == 0 && add_region(module) == 0 && add_ndarray(module) == 0 && add_cell(module) == 0 &&
        add_lock(module) == 0 && add_channel(module) == 0 && add_subscriber(module) == 0 && add_loan(module) == 0 &&
        add_queue(module) == 0 && add_job(module) == 0 && add_table(module) == 0 && add_scan(module) == 0 &&
        add_feed(module) == 0 && add_record_lock(module) == 0 &&
        PyModule_AddStringConstant(module, "version", samepage_version_text()) == 0)
        return module;
    Py_DECREF(module);
    return NULL;
}
