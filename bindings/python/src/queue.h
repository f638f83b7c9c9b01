/* What queues and their jobs share. */
/* SPDX-License-Identifier: MIT */
#ifndef SAMEPAGE_PYTHON_QUEUE_H
#define SAMEPAGE_PYTHON_QUEUE_H

#include "common.h"

/* A Python object of this handle, which it takes over. */
PyObject* new_job(samepage_job* job);

#endif
