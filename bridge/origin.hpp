// origin: carries an object of this host to the servers; what origins of all kinds have in common.
// SPDX-License-Identifier: MIT
//
// 1. It takes the stream (ownership.hpp). 2. It looks what the stream has of the object, and where to go on (resume).
// 3. It publishes what changes (step), until something fails; then it begins again at 1.
//
// Crash story: what was published is in the stream; all the rest is found by resume. So being killed anywhere is the
// same as any other failure.
#pragma once

#include <chrono>
#include <optional>

#include "at.hpp"
#include "carrier.hpp"
#include "ownership.hpp"
#include "publisher.hpp"

namespace samepage::bridge {

class origin : public carrier {
   public:
    origin(const bridge& b, object_spec spec) : carrier(b, std::move(spec)), publisher_(server_) {}

   protected:
    // Opens the local object, or makes it. Called until it is well, and when another one stands at its place.
    virtual result<void> open_local() = 0;
    virtual std::uint64_t capacity_bytes() const = 0;
    // Finds where to go on behind what the stream has. `is_as_left`: nothing has happened there since our last
    // acknowledgement. False: it was told why, and begins again.
    virtual bool resume(bool is_as_left) = 0;
    // Publishes what there is, waiting at most so long for something. Gives how many: at most batch_max.
    static constexpr std::size_t batch_max = 128;
    virtual std::size_t step(std::int64_t timeout_ms) = 0;

    // What isn't sent yet, as far as is known.
    virtual std::uint64_t backlog() const = 0;

    // The object gave the error: it is told, and all begins again; where it is damaged, with another one at its place.
    void fail(const error& e);

    // Removes the parts of older values of `subject`: those before the stream's sequence `before`.
    outcome remove_older_parts(const std::string& subject, std::uint64_t before);

    const std::string& incarnation() const noexcept { return incarnation_; }
    publisher publisher_;

   private:
    void carry() override;
    bool open();
    bool take();
    void work();
    owner record() const;
    void show_progress(bool at_once);
    void look_at_shape(const stream_state& stream);
    bool try_again(const outcome& o, const std::string& what);
    bool is_still_ours();
    bool has_shrunk(const stream_state& stream) const;

    std::string incarnation_;
    bool is_open_ = false;     // the object of that incarnation, and it is well
    bool is_damaged_ = false;  // the object of that incarnation
    // The stream's sequence that was acknowledged last; none before the first.
    std::optional<std::uint64_t> left_at_;
    std::chrono::steady_clock::time_point shown_at_{}, looked_at_{};
    std::uint64_t owner_sequence_ = 0;   // of our owner record in the stream
    std::uint64_t owner_record_at_ = 0;  // carried bytes when it was written
    std::uint64_t seen_messages_ = 0;    // in the stream, at the last look
    std::uint64_t keep_bytes_ = 0;       // the stream's
    std::string shape_said_;
};

}  // namespace samepage::bridge
