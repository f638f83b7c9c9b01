// How each command is made; the files beside this one define them.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "../command.hpp"

namespace samepage::cli {

std::unique_ptr<command> make_share();
std::unique_ptr<command> make_read();
std::unique_ptr<command> make_write();
std::unique_ptr<command> make_hold();
std::unique_ptr<command> make_region_hold();
std::unique_ptr<command> make_cell_set();
std::unique_ptr<command> make_cell_get();
std::unique_ptr<command> make_cell_hold();
std::unique_ptr<command> make_cell_watch();
std::unique_ptr<command> make_cell_cas();
std::unique_ptr<command> make_channel_send();
std::unique_ptr<command> make_channel_listen();
std::unique_ptr<command> make_channel_hold();
std::unique_ptr<command> make_queue_push();
std::unique_ptr<command> make_queue_take();
std::unique_ptr<command> make_queue_call();
std::unique_ptr<command> make_queue_hold();
std::unique_ptr<command> make_queue_ls();
std::unique_ptr<command> make_table_put();
std::unique_ptr<command> make_table_get();
std::unique_ptr<command> make_table_erase();
std::unique_ptr<command> make_table_scan();
std::unique_ptr<command> make_table_count();
std::unique_ptr<command> make_table_watch();
std::unique_ptr<command> make_table_checkpoint();
std::unique_ptr<command> make_table_compact();
std::unique_ptr<command> make_table_verify();
std::unique_ptr<command> make_table_hold();
std::unique_ptr<command> make_table_lock();
std::unique_ptr<command> make_table_import();
std::unique_ptr<command> make_table_export();
std::unique_ptr<command> make_lock();
std::unique_ptr<command> make_ls();
std::unique_ptr<command> make_info();
std::unique_ptr<command> make_holders();
std::unique_ptr<command> make_clean();
std::unique_ptr<command> make_bridge();
std::unique_ptr<command> make_doctor();
std::unique_ptr<command> make_bench_channel();
std::unique_ptr<command> make_demo();
std::unique_ptr<command> make_completion();
std::unique_ptr<command> make_version();

}  // namespace samepage::cli
