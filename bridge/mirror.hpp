// mirror: keeps an object of this host as its origin's is; what mirrors of all kinds have in common.
// SPDX-License-Identifier: MIT
//
// 1. It learns from the owner record what to make here. 2. It reads the stream from its mark on (mark.hpp), and applies
// each message (apply); marks are written behind what was applied, now and then. 3. When the reader breaks, it begins
// again behind the last message that was applied.
//
// Crash story: after a kill the mark is behind. Cells and tables apply what lies between again, which changes nothing;
// channel_mirror.hpp says how a channel knows what it has.
#pragma once

#include <chrono>

#include "carrier.hpp"
#include "mark.hpp"
#include "ownership.hpp"
#include "reader.hpp"

namespace samepage::bridge {

// Only the bridge writes to what it mirrors: others are refused while it lives.
template <class Options>
Options as_sole_writer(Options options) {
    options.sole_writer = true;
    return options;
}

class mirror : public carrier {
   public:
    mirror(const bridge& b, object_spec spec) : carrier(b, std::move(spec)), reader_(server_) {}

   protected:
    enum class done : std::uint8_t { yes, again, refused };

    // Opens the local object, or makes it, once the owner is known.
    virtual result<void> open_local(const owner& of) = 0;
    // Where to begin, by mark_ and what is here, in mark_.stream_sequence. Called whenever the reader is opened.
    virtual done begin(const stream_state& stream) = 0;
    // All of `again` is tried again from the mark on.
    virtual done apply(stream_message&& m) = 0;
    // What apply() has put off: until then mark_ may be ahead of what is there.
    virtual done flush() { return done::yes; }
    // All that was there when the reader was opened has been applied.
    virtual done caught_up() { return done::yes; }
    // Whether mark_ says all that is here.
    virtual bool is_exact() const { return true; }

    const std::string& local() const noexcept { return local_; }
    reader reader_;
    mark mark_;  // of what has been applied; written now and then
    bool has_mark_ = false;

   private:
    void carry() override;
    bool open();
    bool read();
    bool save(bool at_once);

    std::string local_;  // incarnation
    std::chrono::steady_clock::time_point saved_at_{};
    mark saved_;
};

}  // namespace samepage::bridge
