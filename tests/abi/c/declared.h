/* Functions found by their names at run time, as FoxPro's DECLARE finds them. */
/* SPDX-License-Identifier: MIT */
#ifndef DECLARED_H
#define DECLARED_H

typedef void (*any_function)(void);

/* By its plain name; NULL where there is none. */
any_function find(const char* name);

/* Calls functions as a 32-bit language without 64-bit integers does. 0, or the line that failed. */
int call_as_declared(const char* name);

#endif
