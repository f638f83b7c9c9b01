// The list of all commands.
// SPDX-License-Identifier: MIT
#include "command.hpp"
#include "commands/commands.hpp"

namespace samepage::cli {

namespace {

constexpr command_entry entries[] = {
    {"", "share", "Put a text or a file under a name and hold it", make_share},
    {"", "read", "Print what is there", make_read},
    {"", "write", "Write into what exists", make_write},
    {"", "hold", "Keep existing objects alive", make_hold},
    {"region", "share", "Put a text or a file under a name and hold it", make_share},
    {"region", "read", "Print what is there", make_read},
    {"region", "write", "Write into what exists", make_write},
    {"region", "hold", "Create a region and hold it", make_region_hold},
    {"cell", "set", "Make a value the newest of a cell", make_cell_set},
    {"cell", "get", "Print the newest value of a cell", make_cell_get},
    {"cell", "hold", "Create a cell and hold it", make_cell_hold},
    {"cell", "watch", "Print each new value of a cell", make_cell_watch},
    {"cell", "cas", "Store a value only if the version is the expected one", make_cell_cas},
    {"channel", "send", "Send messages to all who listen", make_channel_send},
    {"channel", "listen", "Print each message of a channel", make_channel_listen},
    {"channel", "hold", "Create a channel and hold it", make_channel_hold},
    {"queue", "push", "Add jobs to a queue", make_queue_push},
    {"queue", "take", "Take jobs, and print them or run a command on each", make_queue_take},
    {"queue", "call", "Push a job and print the worker's reply", make_queue_call},
    {"queue", "hold", "Create a queue and hold it", make_queue_hold},
    {"queue", "ls", "List the unfinished jobs of a queue", make_queue_ls},
    {"table", "put", "Put a record under a key", make_table_put},
    {"table", "get", "Print the values of keys", make_table_get},
    {"table", "erase", "Remove records", make_table_erase},
    {"table", "scan", "Print all records, in no order", make_table_scan},
    {"table", "count", "Say how many records there are", make_table_count},
    {"table", "watch", "Print each new value of a key", make_table_watch},
    {"table", "checkpoint", "Make it survive power failures, as it is now", make_table_checkpoint},
    {"table", "compact", "Move records together, give back what is free", make_table_compact},
    {"table", "verify", "Say whether it is whole, or what is wrong", make_table_verify},
    {"table", "hold", "Create a table and hold it", make_table_hold},
    {"table", "lock", "Run a command while a key is locked", make_table_lock},
    {"table", "import", "Put the rows of a CSV file, or JSON lines", make_table_import},
    {"table", "export", "Write the records as CSV or JSON lines", make_table_export},
    {"", "lock", "Run a command while owning a lock", make_lock},
    {"", "ls", "List the live objects", make_ls},
    {"", "info", "Tell all about one object", make_info},
    {"", "holders", "Tell which processes hold an object", make_holders},
    {"", "clean", "Free what killed processes left behind", make_clean},
    {"", "bridge", "Carry objects between machines, over NATS JetStream", make_bridge},
    {"", "doctor", "Check whether this machine suits, and say what to do", make_doctor},
    {"bench", "channel", "Measure how fast messages go on this machine", make_bench_channel},
    {"", "demo", "Play the whole story with real processes", make_demo},
    {"", "completion", "Print the script for completion in bash", make_completion},
    {"", "version", "Print the version", make_version},
};

}  // namespace

std::span<const command_entry> all_commands() { return entries; }

arguments arguments_of(const command_entry& entry, command& c) {
    arguments a(entry.title(), entry.summary);
    c.declare(a);
    return a;
}

}  // namespace samepage::cli
