// Tables as commands open them, and how commands speak of their records.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "failure.hpp"
#include "json.hpp"
#include "samepage/table.hpp"
#include "waiting.hpp"

namespace samepage::cli {

// Opens a table to write. `create`: makes it where there is none; else only at a path, and on a name that nobody holds
// the failure says what to do. Throws failure.
table_bytes table_to_write(const std::string& place, bool create);

// With whose locks we may write under: what "samepage table lock" gave to the command that it runs.
table_options options_to_write();

// `as_it_is`: also what a power failure may have left half-written.
table_bytes table_to_read(const std::string& place, bool as_it_is = false);

// Opens the one that there is. A table that went back to its checkpoint is spoken of on standard error.
table_bytes table_opened(const std::string& place, const table_options& options);

// A key as messages show it: in quotes, a long one cut.
std::string shown_key(std::string_view key);

// "no_key: …", with the key and the place, and how many more were not there.
failure no_key(const std::string& place, std::string_view key, std::size_t more = 0);
// Fails with that, after what was printed, unless all keys were there.
void need_all(const std::string& place, const std::vector<const std::string*>& missing);

// Gives `use` the records whose key begins with `prefix`, in no order. `use` may throw.
void for_each_record(const table_bytes& t, std::string_view prefix,
                     const std::function<void(const table_bytes::record&)>& use);

// Place, key, version and value, as --json prints a record.
json_object record_as_json(const std::string& place, std::string_view key, std::uint64_t version,
                           std::string_view value);

// How long a command that changes records waits for who keeps others from them.
inline void declare_timeout(arguments& a, std::optional<duration>& timeout) {
    a.time("--timeout", timeout, "Wait for who has locked it at most this long: 5s; then exit 4");
}

// What `call` gives, tried for that long; a signal ends it.
template <class Call>
auto change(const std::optional<duration>& timeout, const Call& call) {
    return in_slices(timeout.value_or(writer_patience), call, [](const samepage::error&) {});
}

}  // namespace samepage::cli
