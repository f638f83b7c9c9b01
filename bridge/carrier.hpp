// carrier: what carries one object, in one direction; a thread and what it is doing.
// SPDX-License-Identifier: MIT
//
// Carriers know nothing of each other. Each goes round this circle, for ever:
//
//   connecting   the servers, the object's owner, or an object here that isn't damaged, aren't there yet
//   resync       looking what is there and what is missing on the other side
//   live         carrying
//   refused      it may not: somebody else owns it, or it can't be told what is missing. The end, until a new start
//   stopped      the bridge has ended
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "connection.hpp"
#include "host.hpp"
#include "names.hpp"
#include "options.hpp"
#include "samepage/lock.hpp"

namespace samepage::bridge {

enum class carrier_state : std::uint8_t { connecting, resync, live, refused, stopped };
std::string_view name_of(carrier_state s) noexcept;

// What status shows of a carrier.
struct carrier_report {
    carrier_state state = carrier_state::connecting;
    std::uint64_t lag = 0;                  // messages or records that aren't carried yet, as far as is known
    std::uint64_t lost = 0;                 // that could not be kept until they were carried
    std::uint64_t revision = 0;             // the stream's sequence up to which all is carried
    std::uint64_t messages = 0, bytes = 0;  // carried since the start
    std::string error;                      // the last; with `refused`, why

    bool operator==(const carrier_report&) const = default;
};

class carrier {
   public:
    // What all carriers of a bridge share; it outlives them.
    struct bridge {
        const connection& server;
        const host& self;
        const run_options& options;
    };

    carrier(const bridge& b, object_spec spec);
    carrier(const carrier&) = delete;
    carrier& operator=(const carrier&) = delete;
    virtual ~carrier();

    // Throws failure (conflict) where another bridge of this host carries the same.
    void start();
    // Asks it to end in order: to carry what is there first, for at most drain_time.
    void stop() noexcept { stopping_ = true; }
    void join();

    const object_spec& spec() const noexcept { return spec_; }
    const std::string& lock_name() const noexcept { return lock_name_; }
    carrier_report report() const;

   protected:
    static constexpr auto drain_time = std::chrono::seconds(3);
    // How often it is looked, while nothing happens, whether all is what it was.
    static constexpr auto look_every = std::chrono::seconds(2);

    // Until stopping() or the end; on the carrier's own thread.
    virtual void carry() = 0;

    bool stopping() const noexcept { return stopping_; }
    // Sleeps, but not past stop().
    void pause(std::int64_t ms) const;
    // Changes the report under its lock.
    template <class F>
    void tell(F&& change) {
        const std::lock_guard lock(mutex_);
        change(report_);
    }
    void enter(carrier_state s);
    // Something is wrong, and will be tried again. Said once, until it is another thing.
    void complain(const std::string& text);
    void complain_of(const outcome& o, const std::string& what) { complain(server_.sentence(o, what)); }
    void refuse(const std::string& text);
    // Of the object here: what to do is said, too, where it is damaged.
    void complain_of_object(const error& e);
    // After it was opened here: its incarnation. Empty: it wasn't, or is gone again, and that is said.
    std::string incarnation_of_opened(const result<void>& opened);
    // Whether the object that was opened, of that incarnation, no longer stands at its place: another one does, or, for
    // a mirror, which can make it again, none does. Looks every look_every at most.
    bool is_replaced(const std::string& incarnation);

    const connection& server_;
    const host& self_;
    const run_options& options_;
    const object_spec spec_;
    const stream_names names_;

   private:
    void run() noexcept;

    std::string lock_name_;
    lock lock_;
    lock::held held_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
    std::chrono::steady_clock::time_point place_looked_at_{};
    mutable std::mutex mutex_;
    carrier_report report_;  // guarded by mutex_
};

}  // namespace samepage::bridge
