// What the shared library lets others see, and how it is called: SAMEPAGE_API and SAMEPAGE_CALL. For C, too.
// SPDX-License-Identifier: MIT
#pragma once

#if defined(SAMEPAGE_STATIC)
#define SAMEPAGE_API
#elif defined(_WIN32)
#if defined(SAMEPAGE_BUILDING)
#define SAMEPAGE_API __declspec(dllexport)
#else
#define SAMEPAGE_API __declspec(dllimport)
#endif
#else
#define SAMEPAGE_API __attribute__((visibility("default")))
#endif

// What FoxPro's DECLARE, VB6 and Delphi call on 32-bit Windows. Elsewhere there is one way to call.
#if defined(_WIN32) && !defined(_WIN64)
#define SAMEPAGE_CALL __stdcall
#else
#define SAMEPAGE_CALL
#endif
