/* What the article's calls do, by Microsoft's documentation: prints the same with Windows' calls and samepage's. */
/* SPDX-License-Identifier: MIT */
/* conformance NAME FILE: a name and a path that nobody else uses. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { page = 4096, granularity = 65536 };

static const char* name;
static const char* path;

/* One line: what was tried, whether it worked, and the last error. */
static void report(const char* what, int worked) {
    printf("%s: %s, last error %lu\n", what, worked ? "yes" : "no", (unsigned long)GetLastError());
    SetLastError(77);
}

static void yes_or_no(const char* what, int is) {
    printf("%s: %s\n", what, is ? "yes" : "no");
    SetLastError(77);
}

static HANDLE make(const char* what, HANDLE file, DWORD protection, DWORD high, DWORD low, const char* under) {
    HANDLE made;
    SetLastError(77);
    made = CreateFileMapping(file, NULL, protection, high, low, under);
    report(what, made != NULL);
    return made;
}

static char* map(const char* what, HANDLE mapping, DWORD wanted, DWORD offset, SIZE_T size) {
    char* view;
    SetLastError(77);
    view = (char*)MapViewOfFile(mapping, wanted, 0, offset, size);
    report(what, view != NULL);
    return view;
}

static int exists(void) {
    HANDLE found = OpenFileMapping(FILE_MAP_READ, FALSE, name);
    if (found != NULL) CloseHandle(found);
    return found != NULL;
}

static void names(void) {
    HANDLE first, second, local, third;
    char *a, *b;
    char prefixed[300], longer[400];
    puts("-- names");
    first = make("a new name", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, name);
    second = make("the same again", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, name);
    sprintf(prefixed, "Local\\%s", name);
    local = make("the same with Local\\", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, prefixed);
    a = map("a view", first, FILE_MAP_WRITE, 0, 0);
    b = map("a view of the other handle", local, FILE_MAP_READ, 0, 0);
    lstrcpy(a, "shared");
    yes_or_no("both see the same", a != b && strcmp(b, "shared") == 0);
    CloseHandle(first);
    CloseHandle(local);
    yes_or_no("the name lives with one handle left", exists());
    CloseHandle(second);
    yes_or_no("the name is gone with the last handle, while views are left", !exists());
    yes_or_no("the memory lives with its views", strcmp(b, "shared") == 0);
    third = make("the name anew, beside the old views", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, name);
    UnmapViewOfFile(b);
    b = map("a view of it", third, FILE_MAP_READ, 0, 0);
    yes_or_no("it is zeroed", b[0] == 0);
    UnmapViewOfFile(a);
    UnmapViewOfFile(b);
    CloseHandle(third);
    SetLastError(77);
    report("a missing name", OpenFileMapping(FILE_MAP_READ, FALSE, name) != NULL);
    report("no name to open", OpenFileMapping(FILE_MAP_READ, FALSE, NULL) != NULL);
    sprintf(prefixed, "other\\%s", name);
    make("a backslash in the name", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, prefixed);
    memset(longer, 'x', 300);
    longer[300] = 0;
    make("a name of 300 bytes", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, longer);
}

static void wide_names(void) {
    WCHAR wide[300];
    HANDLE narrow_made, wide_made, opened;
    int i;
    puts("-- wide names");
    for (i = 0; name[i] != 0; ++i) wide[i] = (WCHAR)name[i];
    wide[i] = 0;
    narrow_made = make("a name", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, name);
    wide_made = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, page, wide);
    report("the same, wide", wide_made != NULL);
    opened = OpenFileMappingW(FILE_MAP_READ, FALSE, wide);
    report("opened, wide", opened != NULL);
    CloseHandle(narrow_made);
    CloseHandle(wide_made);
    CloseHandle(opened);
    wide[0] = 0x00FC; /* a letter outside ASCII */
    wide_made = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, page, wide);
    report("a name beyond ASCII", wide_made != NULL);
    opened = OpenFileMappingW(FILE_MAP_READ, FALSE, wide);
    report("opened", opened != NULL);
    CloseHandle(wide_made);
    CloseHandle(opened);
}

static void page_file(void) {
    HANDLE none, zero, small;
    char *a, *b;
    puts("-- the page file");
    none = make("no file, no name", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, NULL);
    zero = make("handle 0, as FoxPro's 2^32 arrives", NULL, PAGE_READWRITE, 0, page, NULL);
    a = map("a view of one", none, FILE_MAP_WRITE, 0, 0);
    b = map("a view of the other", zero, FILE_MAP_WRITE, 0, 0);
    lstrcpy(a, "mine");
    yes_or_no("nameless ones are apart", b[0] == 0);
    yes_or_no("FILE_MAP_WRITE alone also reads", strcmp(a, "mine") == 0);
    UnmapViewOfFile(a);
    UnmapViewOfFile(b);
    CloseHandle(none);
    CloseHandle(zero);
    small = make("an empty name is none", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, "");
    CloseHandle(small);
    zero = make("handle 0 with a name", NULL, PAGE_READWRITE, 0, page, name);
    none = make("INVALID_HANDLE_VALUE with the same name", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, name);
    CloseHandle(none);
    CloseHandle(zero);
    make("size 0", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, 0, NULL);
    make("size 0 with a name", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, 0, name);
    make("an unknown protection", INVALID_HANDLE_VALUE, 3, 0, page, NULL);
    make("a handle that is none", (HANDLE)(ULONG_PTR)0x7654, PAGE_READWRITE, 0, page, NULL);
    small = make("ten bytes", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, 10, name);
    a = map("the whole page of them", small, FILE_MAP_WRITE, 0, page);
    yes_or_no("its last byte is there", a[page - 1] == 0);
    UnmapViewOfFile(a);
    map("one byte more", small, FILE_MAP_WRITE, 0, page + 1);
    CloseHandle(small);
}

static void sizes(void) {
    HANDLE one, larger;
    char* view;
    puts("-- sizes");
    one = make("a page", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, name);
    larger = make("the same name, two pages asked", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, 2 * page, name);
    view = map("its first page", larger, FILE_MAP_WRITE, 0, page);
    UnmapViewOfFile(view);
    map("both pages", larger, FILE_MAP_WRITE, 0, 2 * page);
    CloseHandle(larger);
    CloseHandle(one);
    one = make("three granules", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, 3 * granularity, NULL);
    view = map("from the second to the end", one, FILE_MAP_WRITE, granularity, 0);
    view[2 * granularity - 1] = 'e';
    UnmapViewOfFile(view);
    view = map("the last one", one, FILE_MAP_READ, 2 * granularity, granularity);
    yes_or_no("they are the same bytes", view[granularity - 1] == 'e');
    UnmapViewOfFile(view);
    map("an unaligned offset", one, FILE_MAP_READ, 4096, 0);
    map("past the end", one, FILE_MAP_READ, 2 * granularity, granularity + 1);
    /* Wine and Windows differ in the error. */
    yes_or_no("beyond the end", MapViewOfFile(one, FILE_MAP_READ, 0, 4 * granularity, 1) != NULL);
    CloseHandle(one);
}

static void rights(void) {
    HANDLE both, reader, section;
    char *view, *other;
    puts("-- rights");
    both = make("to read and write", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, name);
    reader = OpenFileMapping(FILE_MAP_READ, FALSE, name);
    report("opened to read", reader != NULL);
    map("a write view of it", reader, FILE_MAP_WRITE, 0, 0);
    view = map("a read view of it", reader, FILE_MAP_READ, 0, 0);
    report("lstrcpy into the read-only view", lstrcpy(view, "no") != NULL);
    yes_or_no("it is unharmed", view[0] == 0);
    report("lstrcpyn into the read-only view", lstrcpyn(view, "no", 3) != NULL);
    UnmapViewOfFile(view);
    CloseHandle(reader);
    section = make("a read-only section", INVALID_HANDLE_VALUE, PAGE_READONLY, 0, page, NULL);
    map("a write view of it", section, FILE_MAP_WRITE, 0, 0);
    view = map("a read view of it", section, FILE_MAP_READ, 0, 0);
    yes_or_no("it reads", view[0] == 0);
    UnmapViewOfFile(view);
    CloseHandle(section);
    view = map("FILE_MAP_ALL_ACCESS", both, FILE_MAP_ALL_ACCESS, 0, 0);
    other = map("FILE_MAP_COPY", both, FILE_MAP_COPY, 0, 0);
    lstrcpy(view, "for all");
    yes_or_no("the copy sees it", strcmp(other, "for all") == 0);
    lstrcpy(other, "for me");
    yes_or_no("the others don't see the copy's", strcmp(view, "for all") == 0 && strcmp(other, "for me") == 0);
    UnmapViewOfFile(view);
    UnmapViewOfFile(other);
    CloseHandle(both);
}

static void texts(void) {
    char buffer[8];
    HANDLE mapping;
    char* view;
    puts("-- texts");
    mapping = make("a page", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, NULL);
    view = map("its view", mapping, FILE_MAP_WRITE, 0, 0);
    SetLastError(77);
    yes_or_no("lstrcpy gives its target", lstrcpy(view, "seven..") == view);
    report("lstrcpy to null", lstrcpy(NULL, "text") != NULL);
    report("lstrcpy from null", lstrcpy(view, NULL) != NULL);
    yes_or_no("lstrcpyn cuts", lstrcpyn(buffer, "a longer text", 8) == buffer && strcmp(buffer, "a longe") == 0);
    yes_or_no("lstrcpyn of one is empty", lstrcpyn(buffer, "text", 1) == buffer && buffer[0] == 0);
    report("lstrcpyn to null", lstrcpyn(NULL, "text", 3) != NULL);
    yes_or_no("lstrlen", lstrlen("five5") == 5);
    yes_or_no("lstrlen of null is 0", lstrlen(NULL) == 0);
    UnmapViewOfFile(view);
    CloseHandle(mapping);
}

static void endings(void) {
    HANDLE mapping;
    char* view;
    puts("-- endings");
    mapping = make("a page", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, NULL);
    view = map("its view", mapping, FILE_MAP_WRITE, 0, 0);
    report("CloseHandle", CloseHandle(mapping) != 0);
    report("CloseHandle again", CloseHandle(mapping) != 0);
    report("CloseHandle of 0", CloseHandle(NULL) != 0);
    map("a view of a closed handle", mapping, FILE_MAP_READ, 0, 0);
    report("FlushViewOfFile of memory", FlushViewOfFile(view, 0) != 0);
    report("UnmapViewOfFile", UnmapViewOfFile(view) != 0);
    report("UnmapViewOfFile again", UnmapViewOfFile(view) != 0);
    report("UnmapViewOfFile of null", UnmapViewOfFile(NULL) != 0);
    yes_or_no("FlushViewOfFile of nothing", FlushViewOfFile(view, 0) != 0); /* Wine and Windows differ in the error */
}

static void places(void) {
    HANDLE mapping;
    char* view;
    char* again;
    puts("-- addresses");
    mapping = make("a page", INVALID_HANDLE_VALUE, PAGE_READWRITE, 0, page, NULL);
    view = map("its view", mapping, FILE_MAP_WRITE, 0, 0);
    UnmapViewOfFile(view);
    again = (char*)MapViewOfFileEx(mapping, FILE_MAP_WRITE, 0, 0, 0, NULL);
    report("MapViewOfFileEx anywhere", again != NULL);
    UnmapViewOfFile(again);
    report("MapViewOfFileEx at an odd address", MapViewOfFileEx(mapping, FILE_MAP_WRITE, 0, 0, 0, view + 16) != NULL);
    CloseHandle(mapping);
}

static HANDLE open_file(const char* what, const char* where, DWORD wanted, DWORD how) {
    HANDLE file;
    SetLastError(77);
    file = CreateFile(where, wanted, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
    report(what, file != INVALID_HANDLE_VALUE);
    return file;
}

static void files(void) {
    HANDLE file, reader, mapping, named, opened;
    char *view, *other;
    char nowhere[600];
    puts("-- files");
    open_file("a missing file", path, GENERIC_READ, OPEN_EXISTING);
    sprintf(nowhere, "%s/in/no/folder", path);
    open_file("a file in a missing folder", nowhere, GENERIC_READ, OPEN_EXISTING);
    file = open_file("CREATE_NEW", path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
    open_file("CREATE_NEW again", path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
    make("an empty file, size 0", file, PAGE_READWRITE, 0, 0, NULL);
    mapping = make("it is extended", file, PAGE_READWRITE, 0, 5000, NULL);
    view = map("all of it", mapping, FILE_MAP_WRITE, 0, 0);
    lstrcpy(view, "kept in the file");
    report("FlushViewOfFile", FlushViewOfFile(view, 0) != 0);
    report("FlushViewOfFile of a part", FlushViewOfFile(view, 10) != 0);
    map("past its end", mapping, FILE_MAP_READ, 0, 2 * page + 1);
    CloseHandle(mapping);
    CloseHandle(file);
    yes_or_no("a view outlives file and mapping", strcmp(view, "kept in the file") == 0);
    UnmapViewOfFile(view);

    reader = open_file("opened to read", path, GENERIC_READ, OPEN_EXISTING);
    make("PAGE_READWRITE of it", reader, PAGE_READWRITE, 0, 0, NULL);
    make("more than it has", reader, PAGE_READONLY, 0, 2 * granularity, NULL);
    mapping = make("PAGE_READONLY of it", reader, PAGE_READONLY, 0, 0, NULL);
    view = map("to read", mapping, FILE_MAP_READ, 0, 0);
    yes_or_no("the text was kept", strcmp(view, "kept in the file") == 0);
    map("to write", mapping, FILE_MAP_WRITE, 0, 0);
    UnmapViewOfFile(view);
    CloseHandle(mapping);
    CloseHandle(reader);

    file = open_file("OPEN_ALWAYS", path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
    named = make("a file with a name", file, PAGE_READWRITE, 0, 0, name);
    CloseHandle(file);
    opened = OpenFileMapping(FILE_MAP_WRITE, FALSE, name);
    report("found by its name", opened != NULL);
    view = map("to write", opened, FILE_MAP_WRITE, 0, 0);
    other = map("to read", named, FILE_MAP_READ, 0, 0);
    yes_or_no("the file's bytes are there", strcmp(view, "kept in the file") == 0);
    lstrcpy(view, "by name");
    yes_or_no("both see the same", strcmp(other, "by name") == 0);
    UnmapViewOfFile(view);
    UnmapViewOfFile(other);
    CloseHandle(opened);
    CloseHandle(named);
    yes_or_no("the name is gone", !exists());

    file = open_file("CREATE_ALWAYS", path, GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS);
    mapping = make("it was emptied", file, PAGE_READWRITE, 0, 0, NULL);
    CloseHandle(file);
    file = open_file("an unknown disposition", path, GENERIC_READ, 9);
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    name = argv[1];
    path = argv[2];
    names();
    wide_names();
    page_file();
    sizes();
    rights();
    texts();
    endings();
    places();
    files();
    return 0;
}
