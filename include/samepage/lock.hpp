// lock: mutual exclusion by name, which survives its owner's death and says so.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "samepage/duration.hpp"
#include "samepage/export.hpp"
#include "samepage/result.hpp"
#include "samepage/wait.hpp"

namespace samepage {

struct lock_options {
    wait_strategy strategy = wait_strategy::spin_then_sleep;
    // How long to wait for a process that is just creating or closing the same name and was stopped in it.
    duration timeout = std::chrono::seconds(5);
};

// What there is to know about a lock, as of some moment during the call.
struct lock_info {
    bool owned = false;               // by a living owner, running or stopped
    std::uint32_t owner_process = 0;  // who, where the system shows it
    bool awaited = false;             // somebody sleeps until it is free
    bool owner_died = false;          // an owner died, and nobody has called mark_repaired() since
};

// A named lock. Its owner is a handle: two threads that share one handle exclude each other as two processes do.
//
// Processes: any number. When the owner's process ends without releasing, by whatever end, the next one gets the lock
// *and* owner_died(): what the lock guards may be half-done. A stopped owner is alive: others time out, naming it.
// Lifetime: as region. A name's last holder takes this memory along: whoever makes the lock anew isn't told. Hold it
// elsewhere too, or use a path, where a later owner must know.
// Threads: const functions from any thread; closing, moving and assigning by one thread while no other uses the handle
// and no `held` of it is left.
// fork(): a child's handle is a contender of its own; it owns nothing that its parent owned.
// Fairness: a free lock goes to whoever is fastest; who has waited for a millisecond gets the next turn.
//
//   auto gate = samepage::lock::create("stock").value();
//   auto held = gate.acquire().value();             // until the end of the scope
//   if (held.owner_died()) { repair(); held.mark_repaired(); }
class SAMEPAGE_API lock {
   public:
    // Owning a lock. Releases it at its end. Move-only, one thread at a time; ends before its lock handle does.
    class SAMEPAGE_API held {
       public:
        held() noexcept = default;  // owns nothing
        held(held&& other) noexcept { swap(other); }
        held& operator=(held&& other) noexcept {
            held(std::move(other)).swap(*this);
            return *this;
        }
        ~held() {
            if (owns()) static_cast<void>(release());
        }

        bool owns() const noexcept { return identity_ != 0; }
        // An earlier owner died with it, and nobody has repaired since. Stays so, for the next owners too, until
        // somebody calls mark_repaired().
        bool owner_died() const noexcept { return owner_died_; }
        void mark_repaired() noexcept { owner_died_ = false; }
        // not_owner: it owns nothing (any more), or it is a forked child's copy of its parent's.
        result<void> release();

       private:
        friend class lock;
        held(const lock& from, std::uint64_t identity, bool owner_died) noexcept;
        void swap(held& other) noexcept {
            std::swap(state_, other.state_);
            std::swap(identity_, other.identity_);
            std::swap(owner_died_, other.owner_died_);
        }

        void* state_ = nullptr;  // the lock handle's
        std::uint64_t identity_ = 0;
        bool owner_died_ = false;
    };

    lock() noexcept;  // closed
    lock(lock&&) noexcept;
    lock& operator=(lock&&) noexcept;
    ~lock();

    // Makes it, free, or opens the one that exists: created() says which.
    static result<lock> create(std::string_view place, const lock_options& = {});
    // As create, but already_exists if there is one.
    static result<lock> create_new(std::string_view place, const lock_options& = {});
    // As create, but not_found if there is none.
    static result<lock> open(std::string_view place, const lock_options& = {});

    // Waits until it is free or its owner is dead. timed_out names the owner. One compare-and-swap when it is free.
    result<held> acquire(duration timeout = forever) const;
    // Doesn't wait: timed_out when a living owner has it.
    result<held> try_acquire() const { return acquire(no_wait); }

    bool is_open() const noexcept;
    bool created() const noexcept;
    result<lock_info> info() const;
    result<void> check_name() const;  // as region::check_name

    void close() noexcept;  // what the destructor does

   private:
    struct state;
    explicit lock(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace samepage
