// reader: the messages of a stream from a sequence on, in order and each once, or it says that it is broken.
// SPDX-License-Identifier: MIT
//
// A consumer of the server pushes them and numbers them; heartbeats show that it lives, and flow control bounds what is
// under way. A number that isn't the next, silence, or a new connection break the reader: whoever uses it opens it
// again behind the last message that it has.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "connection.hpp"

namespace samepage::bridge {

struct stream_message {
    nats_message message;
    std::uint64_t sequence = 0;

    std::string_view subject() const { return natsMsg_GetSubject(message.get()); }
    std::span<const std::byte> bytes() const {
        return {reinterpret_cast<const std::byte*>(natsMsg_GetData(message.get())),
                static_cast<std::size_t>(natsMsg_GetDataLength(message.get()))};
    }
    // Empty where there is none.
    std::string_view header(const char* name) const;
};

// One thread.
class reader {
   public:
    enum class got : std::uint8_t { message, nothing, broken };

    explicit reader(const connection& server) : server_(server) {}
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader() { close(); }

    // From the sequence `first` on. `headers_only`: without the bytes.
    outcome open(const std::string& stream, const std::string& filter, std::uint64_t first, bool headers_only = false);
    void close();
    got next(stream_message& into, std::int64_t timeout_ms);
    // Whether all has been given that was there when it was opened.
    bool caught_up() const noexcept { return given_ >= there_ || (given_ != 0 && pending_ == 0); }
    std::uint64_t pending() const noexcept { return pending_; }  // at the server, as of the last message

   private:
    bool answer_status(natsMsg* message);

    const connection& server_;
    nats_subscription subscription_;
    std::string stream_, consumer_;
    std::uint64_t epoch_ = 0, given_ = 0, there_ = 0, pending_ = 0;
    std::chrono::steady_clock::time_point heard_;
};

}  // namespace samepage::bridge
