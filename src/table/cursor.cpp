// A cursor gives the records of a scan one by one.
// SPDX-License-Identifier: MIT
#include "table/cursor.hpp"

#include "table/space.hpp"

namespace samepage {

table_bytes::cursor::cursor() noexcept = default;
table_bytes::cursor::cursor(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
table_bytes::cursor::cursor(cursor&&) noexcept = default;
table_bytes::cursor& table_bytes::cursor::operator=(cursor&&) noexcept = default;
table_bytes::cursor::~cursor() = default;

result<table_bytes::record> table_bytes::cursor::next() {
    constexpr const char* scanning = "read a table";
    if (!state_) return error(errc::closed, scanning);
    state& s = *state_;
    while (s.next >= s.at.records().size()) {
        s.next = SIZE_MAX;  // what isn't a whole bucket, of whatever reason, is read again
        switch (s.at.next_bucket(std::as_bytes(std::span(s.prefix)))) {
            case tables::finder::outcome::found: s.next = 0; continue;
            case tables::finder::outcome::missing: return error(errc::no_key, scanning, "there are no more records");
            case tables::finder::outcome::corrupt: return tables::damaged(scanning);
            default: return error(errc::busy, scanning, "writers were faster than the copy in every try; try again");
        }
    }
    const auto& one = s.at.records()[s.next++];
    return record{one.key(), one.value(), one.number, one.expires_ns};
}

}  // namespace samepage
