// mirror: keeps an object of this host as its origin's is; what mirrors of all kinds have in common.
// SPDX-License-Identifier: MIT
//
// 1. It learns from the owner record what to make here. 2. It reads the stream from its mark on (mark.hpp), and applies
// each message (apply); marks are written behind what was applied, now and then. 3. When the reader breaks, it begins
// again behind the last message that was applied, if the stream still is the one that it was applied from: servers can
// lose what they had acknowledged, and give its sequences to other messages. So the mark has witnesses, some of the
// messages that were applied, and at each beginning the newest that is left is looked at (look_back). 4. While nothing
// comes, it is asked now and then whether the stream has more: in a cluster the server that serves this reader may be
// without messages that the others have.
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

    // Opens the local object, or makes it, once the owner is known; gives up the one that it had before.
    virtual result<void> open_local(const owner& of) = 0;
    // Where to begin, by mark_ and what is here, in mark_.stream_sequence. Called whenever the reader is opened.
    virtual done begin(const stream_state& stream) = 0;
    // Adds to what status shows as carried: values as their origin has them.
    void count(std::uint64_t messages, std::size_t size_bytes);
    // Of all that is applied, the last. Who puts its sequence into the mark calls it.
    void remember(const stream_message& m) { last_.assign(m.header(at_header)).append(" ").append(m.subject()); }
    // Whether the stream is still the one that was applied up to mark_. Unknown: no witness is left in it.
    enum class past : std::uint8_t { same, other, unknown, unanswered };
    past look_back(const stream_state& stream);
    // Whether a bridge has published it; else it is said that somebody else has.
    bool is_ours(const stream_message& m);
    // The object gave the error: it is told, and tried again; where it is damaged, with another one at its place.
    done fail(const error& e);
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
    void add_witness();
    bool is_behind();

    std::string local_;  // incarnation
    std::chrono::steady_clock::time_point saved_at_{};
    mark saved_;
    std::string last_;               // remember()
    std::uint64_t heard_ = 0;        // the reader's last sequence
    std::uint64_t expected_ = 0;     // the stream had that message at the last look, and it hadn't come
    std::uint64_t looked_last_ = 0;  // the stream's last sequence at that look
    std::chrono::steady_clock::time_point looked_at_{};
};

}  // namespace samepage::bridge
