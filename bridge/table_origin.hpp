// table_origin: carries a table's records to its bucket: what changes, and at first what differs.
// SPDX-License-Identifier: MIT
//
// Layout: a key of the bucket for each record; Sp-At says which incarnation's and version's, Sp-Expires when it goes.
//   An erased one leaves the bucket's mark of that.
// Invariants: 1. The table's history says which keys change; the value that is sent is the newest, read after the
//   change was seen. So for each key the stream's last message is of a state at or after the last change that was seen.
//   2. Where changes may have been missed (the start, an overrun of the history, a failure with messages under way),
//   all keys of both sides are compared by version, and what differs is sent. Only after the history is subscribed to.
// Crash story: as origin.hpp. The comparison at the start finds whatever was not carried.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "large_value.hpp"
#include "origin.hpp"
#include "record.hpp"
#include "samepage/table.hpp"

namespace samepage::bridge {

class table_origin final : public origin {
   public:
    using origin::origin;

   private:
    result<void> open_local() override;
    std::uint64_t capacity_bytes() const override { return 0; }
    bool resume(bool is_as_left) override;
    std::size_t step(std::int64_t timeout_ms) override;
    std::uint64_t backlog() const override { return changed_.size(); }

    // Compares all, and sends what differs. False: it was told why.
    bool resync();
    bool compare_with_stream(key_set& seen);
    bool send_others(const key_set& seen);
    // Sends what the table has under the key now, or that there is nothing.
    bool send(std::span<const std::byte> key);
    bool send_value(std::span<const std::byte> key, std::uint64_t version, std::uint64_t expires,
                    std::span<const std::byte> value);
    bool send_erasure(std::span<const std::byte> key);
    // Of what stood under the token before: of the stream's messages before `first`.
    bool remove_parts_of(const std::string& token, std::uint64_t first);

    table_bytes table_;
    table_bytes::feed feed_;
    bool is_unsure_ = true;           // the bucket may lack changes that the feed has given already
    std::set<std::string> changed_;   // keys that the feed gave and that are to be sent
    std::set<std::string> in_parts_;  // tokens whose values have parts
    std::vector<std::byte> buffer_;
};

}  // namespace samepage::bridge
