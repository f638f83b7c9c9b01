/* The C functions that say what there is and whether this machine suits. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

static void objects_are_listed(void) {
    const char* const name = fresh_name("listed");
    samepage_cell* cell;
    samepage_catalog* catalog;
    samepage_catalog_entry entry;
    const char *why = NULL, *command = NULL;
    int32_t complete = 7, found = 0;
    uint32_t process = 0;
    uint64_t entries = 77, bytes = 77;
    size_t count = 0, i;
    OK(samepage_cell_create(name, NULL, &cell));
    OK(samepage_list(samepage_local, 1, &catalog));
    OK(samepage_catalog_complete(catalog, &complete, &why));
    CHECK((complete != 0) == (*why == '\0'));
    OK(samepage_catalog_freed(catalog, &entries, &bytes));
    CHECK(entries != 77);
    OK(samepage_catalog_count(catalog, &count));
    entry.struct_size = sizeof entry;
    for (i = 0; i < count; ++i) {
        OK(samepage_catalog_entry_get(catalog, i, &entry));
        if (strcmp(entry.place, name) == 0) {
            found = 1;
            CHECK(entry.kind == samepage_kind_cell && entry.size_bytes > 0 && *entry.location != '\0');
        }
    }
    CHECK(found || !complete);
    FAILS(samepage_e_invalid_argument, samepage_catalog_entry_get(catalog, count, &entry));
    samepage_catalog_close(catalog);
    FAILS(samepage_e_closed, samepage_catalog_count(catalog, &count));

    OK(samepage_look_up(name, &catalog));
    OK(samepage_catalog_count(catalog, &count));
    CHECK(count == 1);
    OK(samepage_catalog_entry_get(catalog, 0, &entry));
    CHECK(strcmp(entry.place, name) == 0);
    for (i = 0; i < entry.holders; ++i) {
        OK(samepage_catalog_holder(catalog, 0, i, &process, &command));
        CHECK(process != 0 && command != NULL);
    }
    FAILS(samepage_e_invalid_argument, samepage_catalog_holder(catalog, 0, entry.holders, &process, &command));
    FAILS(samepage_e_invalid_argument, samepage_catalog_holder(catalog, 1, 0, &process, &command));
    samepage_catalog_close(catalog);
    samepage_cell_close(cell);
    FAILS(samepage_e_not_found, samepage_look_up(name, &catalog));
    CHECK(catalog == NULL);
    FAILS(samepage_e_invalid_argument, samepage_look_up(NULL, &catalog));
    FAILS(samepage_e_invalid_argument, samepage_list(2, 0, &catalog));
    FAILS(samepage_e_invalid_argument, samepage_list(-1, 0, &catalog));
}

static void the_machine_is_looked_at(void) {
    samepage_findings* findings;
    const char *subject, *text, *fix;
    int32_t severity = 7;
    size_t count = 0, i;
    OK(samepage_diagnose(&findings));
    OK(samepage_findings_count(findings, &count));
    CHECK(count > 0);
    for (i = 0; i < count; ++i) {
        OK(samepage_findings_get(findings, i, &severity, &subject, &text, &fix));
        CHECK(severity >= samepage_good && severity <= samepage_bad && *subject != '\0' && *text != '\0' && fix);
    }
    FAILS(samepage_e_invalid_argument, samepage_findings_get(findings, count, NULL, NULL, NULL, NULL));
    samepage_findings_close(findings);
    FAILS(samepage_e_closed, samepage_findings_count(findings, &count));
    FAILS(samepage_e_invalid_argument, samepage_diagnose(NULL));
}

void test_catalog(void) {
    objects_are_listed();
    the_machine_is_looked_at();
}
