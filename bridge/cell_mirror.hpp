// cell_mirror: makes each value of a bucket's key the newest of a cell of this host.
// SPDX-License-Identifier: MIT
//
// Invariants: the cell's values come in the stream's order. Values may be passed over, none comes twice while the
//   bridge runs.
// Crash story: after a kill the newest value is compared with the cell's, and stored if it is another one.
#pragma once

#include <vector>

#include "mirror.hpp"
#include "samepage/cell.hpp"

namespace samepage::bridge {

class cell_mirror final : public mirror {
   public:
    using mirror::mirror;

   private:
    result<void> open_local(const owner& of) override;
    done begin(const stream_state& stream) override;
    done apply(stream_message&& m) override;
    bool is_there(std::span<const std::byte> value);

    cell_bytes cell_;
    bool is_first_ = true;  // of those that come: it may be there already
    std::vector<std::byte> fetched_, buffer_;
};

}  // namespace samepage::bridge
