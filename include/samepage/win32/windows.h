/* For programs that include windows.h: the part of it that samepage has. */
/* SPDX-License-Identifier: MIT */
#ifndef SAMEPAGE_WIN32_WINDOWS_H
#define SAMEPAGE_WIN32_WINDOWS_H

#include "samepage/win32.h"

#endif
