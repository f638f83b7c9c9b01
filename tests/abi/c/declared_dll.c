/* Loads samepage.dll and calls it as 32-bit FoxPro does: `declared_dll PATH_OF_DLL`. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <windows.h>

#include "declared.h"

static HMODULE library;

any_function find(const char* name) { return (any_function)GetProcAddress(library, name); }

int main(int argc, char** argv) {
    int line;
    library = LoadLibraryA(argc > 1 ? argv[1] : "samepage.dll");
    if (library == NULL) return printf("LoadLibrary: error %lu\n", (unsigned long)GetLastError()), 1;
    line = call_as_declared("declared-in-the-dll");
    if (line != 0) return printf("declared.c:%d failed\n", line), 1;
    puts("called as declared");
    return 0;
}
