/* What channels, their subscribers and their loans share. */
/* SPDX-License-Identifier: MIT */
#ifndef SAMEPAGE_PYTHON_CHANNEL_H
#define SAMEPAGE_PYTHON_CHANNEL_H

#include "common.h"

typedef struct subscribing {
    samepage_subscribe_options options;
    samepage_subscriber* subscriber;
} subscribing;

/* Python objects of these handles, which they take over. */
PyObject* new_subscriber(samepage_subscriber* subscriber, PyObject* channel);
PyObject* new_loan(samepage_loan* loan, size_t size_bytes);

#endif
