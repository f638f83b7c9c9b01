/* Structs have one layout everywhere, 32 bit included, and it stays: bindings may count on the offsets. */
/* SPDX-License-Identifier: MIT */
#include "check.h"

#define AT(type, member, offset) CHECK(offsetof(type, member) == (offset))

void test_layout(void) {
    CHECK(sizeof(samepage_status) == 4);
    CHECK(sizeof(samepage_region_options) == 24 && sizeof(samepage_cell_options) == 32);
    CHECK(sizeof(samepage_lock_options) == 16 && sizeof(samepage_channel_options) == 40);
    CHECK(sizeof(samepage_subscribe_options) == 32 && sizeof(samepage_queue_options) == 24);
    CHECK(sizeof(samepage_table_options) == 32 && sizeof(samepage_ndarray_options) == 16);
    AT(samepage_ndarray_options, timeout_ns, 8);
    AT(samepage_region_options, access, 4);
    AT(samepage_region_options, windows_only, 8);
    AT(samepage_region_options, timeout_ns, 16);
    AT(samepage_cell_options, capacity_bytes, 8);
    AT(samepage_cell_options, strategy, 16);
    AT(samepage_cell_options, sole_writer, 20);
    AT(samepage_cell_options, timeout_ns, 24);
    AT(samepage_lock_options, strategy, 4);
    AT(samepage_lock_options, timeout_ns, 8);
    AT(samepage_channel_options, loans, 16);
    AT(samepage_channel_options, strategy, 20);
    AT(samepage_channel_options, timeout_ns, 24);
    AT(samepage_channel_options, sole_writer, 32);
    AT(samepage_subscribe_options, start, 4);
    AT(samepage_subscribe_options, sequence, 8);
    AT(samepage_subscribe_options, registered, 16);
    AT(samepage_subscribe_options, timeout_ns, 24);
    AT(samepage_queue_options, capacity_bytes, 8);
    AT(samepage_queue_options, timeout_ns, 16);
    AT(samepage_table_options, strategy, 8);
    AT(samepage_table_options, as_it_is, 12);
    AT(samepage_table_options, timeout_ns, 16);
    AT(samepage_table_options, sole_writer, 24);

    CHECK(sizeof(samepage_cell_info) == 48 && sizeof(samepage_lock_info) == 24);
    CHECK(sizeof(samepage_channel_info) == 64 && sizeof(samepage_registered) == 24 && sizeof(samepage_part) == 32);
    CHECK(sizeof(samepage_queue_info) == 80 && sizeof(samepage_queued_job) == 32);
    CHECK(sizeof(samepage_table_info) == 96 && sizeof(samepage_table_checkpoint_info) == 32);
    CHECK(sizeof(samepage_table_compaction_info) == 40);
    AT(samepage_cell_info, version, 8);
    AT(samepage_cell_info, writer_process, 32);
    AT(samepage_cell_info, sleeps, 40);
    AT(samepage_cell_info, sole_writer_process, 44);
    AT(samepage_lock_info, owner_process, 8);
    AT(samepage_lock_info, owner_died, 16);
    AT(samepage_channel_info, next_sequence, 8);
    AT(samepage_channel_info, registered, 44);
    AT(samepage_channel_info, sleeps, 56);
    AT(samepage_channel_info, sole_writer_process, 60);
    AT(samepage_registered, lag_messages, 8);
    AT(samepage_part, offset_bytes, 16);
    AT(samepage_queue_info, jobs_ready, 24);
    AT(samepage_queue_info, oldest_deliveries, 64);
    AT(samepage_queue_info, pushers_waiting, 72);
    AT(samepage_queued_job, state, 16);
    AT(samepage_queued_job, is_call, 28);
    AT(samepage_table_info, records, 8);
    AT(samepage_table_info, buckets, 24);
    AT(samepage_table_info, deaths_recovered, 32);
    AT(samepage_table_info, load_percent, 44);
    AT(samepage_table_info, checkpoint_unix_ns, 48);
    AT(samepage_table_info, is_clean, 72);
    AT(samepage_table_info, sole_writer_process, 76);
    AT(samepage_table_info, history_bytes, 80);
    AT(samepage_table_checkpoint_info, records, 8);
    AT(samepage_table_checkpoint_info, stall_ns, 24);
    AT(samepage_table_compaction_info, records_moved, 8);
    AT(samepage_table_compaction_info, size_bytes, 32);
    AT(samepage_catalog_entry, size_bytes, 8);
    AT(samepage_catalog_entry, place, 24);
}
