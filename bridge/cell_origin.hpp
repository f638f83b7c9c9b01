// cell_origin: carries a cell's newest value to its bucket.
// SPDX-License-Identifier: MIT
//
// Layout: the bucket's one key, "value", is the newest value; its Sp-At says which incarnation's and version's.
// Invariants: versions of one incarnation only grow in the stream; values that were replaced before they could be sent
//   are passed over, as by any reader of a cell.
// Crash story: as origin.hpp. What the stream has last is compared with the cell: another version is sent.
#pragma once

#include <vector>

#include "origin.hpp"
#include "samepage/cell.hpp"

namespace samepage::bridge {

class cell_origin final : public origin {
   public:
    using origin::origin;

   private:
    // With more under way the newest value waits, and those before it need not be sent.
    static constexpr std::size_t under_way_max = 16;

    result<void> open_local() override;
    std::uint64_t capacity_bytes() const override { return cell_.capacity_bytes(); }
    bool resume(bool is_as_left) override;
    std::size_t step(std::int64_t timeout_ms) override;
    std::uint64_t backlog() const override { return cell_.is_open() && cell_.version() != sent_ ? 1 : 0; }

    cell_bytes cell_;
    std::uint64_t sent_ = 0;  // version
    bool has_parts_ = true;   // there may be parts of an older value
    std::vector<std::byte> buffer_;
};

}  // namespace samepage::bridge
