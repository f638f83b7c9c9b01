/* The article's first program (Q188535) in C: makes "hello", writes the text, and waits. Knows nothing of samepage. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <windows.h>

int main(int argc, char** argv) {
    /* Arbitrary name for the file mapping. */
    const char* name = argc > 1 ? argv[1] : "hello";
    const char* text = argc > 2 ? argv[2] : "Hello world, I'm writing to a shared page file.";
    HANDLE handle = CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name);
    char* address;
    if (handle == NULL) {
        printf("CreateFileMapping failed - LastError: %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    puts(GetLastError() == ERROR_ALREADY_EXISTS ? "It was there already" : "It is new");
    address = (char*)MapViewOfFile(handle, FILE_MAP_WRITE, 0, 0, 0);
    if (address == NULL) {
        printf("MapViewOfFile failed - LastError: %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    lstrcpy(address, text);
    puts("Now switch to the other application");
    fflush(stdout);
    while (getchar() != '\n' && !feof(stdin)) continue;
    UnmapViewOfFile(address);
    CloseHandle(handle);
    return 0;
}
