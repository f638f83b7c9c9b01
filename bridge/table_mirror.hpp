// table_mirror: keeps a table of this host as its origin's bucket is.
// SPDX-License-Identifier: MIT
//
// Invariants: 1. Each key's states come in the stream's order. 2. To apply a message again changes nothing, and tells
//   nobody: what is there already is not put. 3. A first copy takes all of the stream, then erases what the stream
//   hasn't; until that is done the mark says that nothing has been applied.
// Crash story: after a kill the stream is read from the mark on. A bucket has only the newest of each key, so no key
//   goes back to an older state by that.
#pragma once

#include <vector>

#include "mirror.hpp"
#include "record.hpp"
#include "samepage/table.hpp"

namespace samepage::bridge {

class table_mirror final : public mirror {
   public:
    using mirror::mirror;

   private:
    result<void> open_local(const owner& of) override;
    done begin(const stream_state& stream) override;
    done apply(stream_message&& m) override;
    done caught_up() override;

    done put(std::span<const std::byte> key, std::span<const std::byte> value, std::uint64_t expires);
    done erase(std::span<const std::byte> key);
    bool is_there(std::span<const std::byte> key, std::span<const std::byte> value, std::uint64_t expires);

    table_bytes table_;
    bool is_first_copy_ = true;
    std::uint64_t copied_ = 0;  // the stream's sequence, of a first copy
    key_set seen_;              // of a first copy
    std::vector<std::byte> fetched_, buffer_;
};

}  // namespace samepage::bridge
