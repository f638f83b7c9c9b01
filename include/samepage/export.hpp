// What the shared library lets others see: SAMEPAGE_API marks it.
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
