/* The article's second program (Q188535) in C: makes or opens "hello" and reads at most 254 bytes of it. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <windows.h>

enum { max_buffer_size = 254 };

int main(int argc, char** argv) {
    const char* name = argc > 1 ? argv[1] : "hello";
    char buffer[max_buffer_size + 1];
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
    lstrcpyn(buffer, address, sizeof buffer);
    printf("String I read was: %s\n", buffer);
    UnmapViewOfFile(address);
    CloseHandle(handle);
    return 0;
}
