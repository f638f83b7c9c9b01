// connection: a connection to the servers; it comes back by itself, for ever.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "nats.hpp"
#include "options.hpp"

namespace samepage::bridge {

// Threads: any, but for the making and the end. libnats has threads of its own behind it.
// Failure: a constructor throws failure for what waiting doesn't heal (a file that can't be read, an address that is
// none). Servers that don't answer are tried again and again, with growing pauses and some jitter.
class connection {
   public:
    // What is published goes out at once, or, in bulk, up to a millisecond later together with what follows.
    enum class sending : std::uint8_t { at_once, in_bulk };
    // `name` is what the servers' operator sees.
    connection(const server_options& options, const std::string& name, sending how = sending::at_once);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    bool is_up() const;
    // Nobody tries any more: the servers have refused this user. trouble() says so.
    bool is_over() const;
    // Waits for the first connection. Throws failure (timed_out, denied) with what the servers said.
    void wait_until_up(std::int64_t timeout_ms) const;
    // Grows each time the connection comes back: what was under way before may be lost, or done.
    std::uint64_t epoch() const noexcept { return epoch_.load(); }
    natsConnection* get() const noexcept { return connection_; }
    jsCtx* jetstream() const noexcept { return jetstream_; }
    std::size_t max_payload_bytes() const;

    // What the client told last besides the answers to requests: a permission that is missing, why it can't connect.
    // Empty when nothing, or when all is well again.
    std::string trouble() const;
    // The sentence for a request that ended so. A missing permission shows as silence, so trouble() is added.
    std::string sentence(const outcome& o, const std::string& what) const;

   private:
    static void on_error(natsConnection*, natsSubscription*, natsStatus status, void* self);
    static void on_up(natsConnection*, void* self);
    static void on_down(natsConnection*, void* self);
    static void on_closed(natsConnection*, void* self);
    static std::int64_t delay_ms(natsConnection*, int attempts, void* self);
    void set_trouble(std::string text);

    static std::atomic<int> count_;  // of connections in this process
    natsConnection* connection_ = nullptr;
    jsCtx* jetstream_ = nullptr;
    std::string servers_;
    bool is_secure_ = false;  // by TLS
    std::atomic<std::uint64_t> epoch_ = 0;
    mutable std::mutex mutex_;
    std::string trouble_;  // guarded by mutex_
    bool closed_ = false;  // guarded by mutex_
    std::condition_variable closing_;
};

// The address as others may see it.
std::string without_password(const std::string& url);

// `status` and what the client has to say to it.
outcome outcome_of(natsStatus status, jsErrCode code = {});

}  // namespace samepage::bridge
