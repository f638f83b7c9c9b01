// fork: a child is a holder of its own, and never acts under its parent's slot.
// SPDX-License-Identifier: MIT
//
// A forked child shares its parent's descriptions, and with them their locks: it would keep the parent alive, and lose
// its own hold when the parent closes. So before the fork each held object gets a second description with a life lock
// of its own; after it the child takes that one in place of the inherited, and the parent drops it. At every instant
// both parent and child have a description that holds. The claim of a slot stays with the parent's description.
//
// vfork, posix_spawn and raw clone run no handlers: such a child shares the parent's locks until it calls exec.
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>

#include "os/linux/held_state.hpp"
#include "os/linux/holders.hpp"
#include "os/linux/locks.hpp"

namespace samepage::os {

namespace {

// The list of all states of this process. Leaked on purpose: handles in static objects outlive every other static.
struct state_list {
    std::mutex mutex;
    held_object::state* first = nullptr;
};

state_list& states() {
    static auto* const list = new state_list;
    return *list;
}

std::atomic<std::uint32_t> fork_count{0};

// A second description of the same file, holding as the first does.
handle hold_again(const held_object::state& s) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", s.locks.get());
    handle again(::open(path, O_RDWR | O_CLOEXEC));
    if (!again) again = handle(::open(s.path.c_str(), O_RDWR | O_CLOEXEC));  // no /proc
    if (again && !(file_of(again.get()) == file_of(s.locks.get()))) return {};
    if (!again || s.leaves_file) return again;
    const auto locked = try_lock(again.get(), life_byte, lock_mode::shared);
    return locked && *locked ? std::move(again) : handle();
}

void before_fork() {
    states().mutex.lock();
    for (held_object::state* s = states().first; s != nullptr; s = s->next) {
        if (s->locks) s->locks_of_child = hold_again(*s);
    }
}

void in_parent() {
    for (held_object::state* s = states().first; s != nullptr; s = s->next) s->locks_of_child.reset();
    states().mutex.unlock();
}

void in_child() {
    // relaxed: a forked child has one thread.
    fork_count.fetch_add(1, std::memory_order_relaxed);
    for (held_object::state* s = states().first; s != nullptr; s = s->next) {
        if (!s->locks) continue;
        s->slot.reset();
        // Without descriptors to spare before the fork there is no second description: this handle then holds nothing,
        // and check_name() says so.
        s->locks = std::move(s->locks_of_child);
        s->locks_of_child.reset();
    }
    states().mutex.unlock();
}

}  // namespace

held_object::state::state() {
    static const int registered = ::pthread_atfork(&before_fork, &in_parent, &in_child);
    static_cast<void>(registered);
    const std::lock_guard guard(states().mutex);
    next = states().first;
    if (next != nullptr) next->previous = this;
    states().first = this;
}

void held_object::state::leave_list() noexcept {
    const std::lock_guard guard(states().mutex);
    (previous != nullptr ? previous->next : states().first) = next;
    if (next != nullptr) next->previous = previous;
}

std::uint32_t forks() noexcept {
    // relaxed: only ever changed while the process has one thread.
    return fork_count.load(std::memory_order_relaxed);
}

}  // namespace samepage::os
