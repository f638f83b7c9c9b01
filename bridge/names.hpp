// What an object is called at the servers: its stream, its subjects, and a table's keys as subjects.
// SPDX-License-Identifier: MIT
//
//   channel   stream SP_<group>_channel_<name>         messages  sp.<group>.channel.<name>
//   cell      stream KV_sp-<group>-cell-<name>         value     $KV.sp-<group>-cell-<name>.value
//   table     stream KV_sp-<group>-table-<name>        records   $KV.sp-<group>-table-<name>.<key>
//   all       owner records  sp.<group>.<kind>.<name>.owner
//             the fences behind them (not of channels)  sp.<group>.<kind>.<name>.fence
//             parts of what is larger than a message of NATS  sp.<group>.<kind>.<name>.part.<of what>.<at>.<number>
//
// Cells and tables are key-value buckets that any client of NATS reads.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace samepage::bridge {

// Letters, digits and '-' stay, other bytes become _XX: in names of streams and buckets.
std::string name_token(std::string_view name);

// Letters, digits, '-', '_' and '/' stay, and '.' between others; other bytes become =XX. A key whose token would have
// more than 512 characters is its hash, =H and 64 hexadecimal digits, and goes into a header.
std::string key_token(std::span<const std::byte> key);
// Nothing: it isn't what key_token gives, or is a hash.
std::optional<std::vector<std::byte>> key_of(std::string_view token);
bool is_hashed(std::string_view token) noexcept;

struct stream_names {
    stream_names(const object_spec& spec, const std::string& group);

    std::string stream;
    std::string data;      // the subject of messages or of the cell's value; a table's records are under this + key
    std::string filter;    // of all that
    std::string owner;     // subject
    std::string fence;     // subject
    std::string parts;     // subjects begin so
    std::string subjects;  // of owner records, fences and parts: all that begin so, with a wildcard
};

}  // namespace samepage::bridge
