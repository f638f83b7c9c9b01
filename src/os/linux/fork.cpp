// fork: a child is a holder of its own, and never acts under its parent's slot.
// SPDX-License-Identifier: MIT
//
// A forked child shares its parent's descriptions, and with them their locks: it would keep the parent alive, and lose
// its own hold when the parent closes. So before the fork each held object gets a second description with a life lock
// of its own; after it the child takes that one in place of the inherited and maps through it, at the same addresses,
// and the parent drops it. At every instant both have a description that holds. A claimed slot stays the parent's
// alone.
//
// vfork, posix_spawn and raw clone run no handlers: such a child shares the parent's locks until it calls exec.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <new>
#include <shared_mutex>

#include "os/linux/held_state.hpp"
#include "os/linux/holders.hpp"
#include "os/linux/locks.hpp"

namespace samepage::os {

namespace {

// The list of all states of this process. Leaked on purpose: handles in static objects outlive every other static.
struct state_list {
    std::mutex mutex;  // of the list, and of each state's list of mappings
    // Shared by each no_fork, exclusive while forking. Readers alone could keep a fork waiting for ever, so everybody
    // passes `turnstile` first, and a waiting fork keeps it.
    std::mutex turnstile;
    std::shared_mutex changing;
    held_object::state* first = nullptr;
};

state_list& states() {
    static auto* const list = new state_list;
    return *list;
}

// A second description that holds as the first does.
handle hold_again(const held_object::state& s) {
    handle again = open_again(s);
    const auto held = again ? try_lock(again.get(), life_byte, lock_mode::shared) : result<bool>(false);
    return s.leaves_file || (held && *held) ? std::move(again) : handle();
}

// Moves the mappings to the object's new description: in one step each, so that they are never away.
void map_again(const held_object::state& s) {
    for (const mapping_note* m = s.mappings; m != nullptr; m = m->next) {
        // A fork handler has nobody to tell of a refusal.
        static_cast<void>(::mmap(m->base, m->size_bytes, m->protection, MAP_SHARED | MAP_FIXED, s.file.get(),
                                 static_cast<off_t>(m->offset_bytes)));
    }
}

thread_local unsigned no_forks = 0;  // of this thread: only the outermost locks

void before_fork() {
    states().turnstile.lock();
    states().changing.lock();
    states().mutex.lock();
    for (held_object::state* s = states().first; s != nullptr; s = s->next) {
        if (!s->path.empty()) s->file_of_child = hold_again(*s);
    }
}

void in_parent() {
    for (held_object::state* s = states().first; s != nullptr; s = s->next) s->file_of_child.reset();
    states().mutex.unlock();
    states().changing.unlock();
    states().turnstile.unlock();
}

void in_child() {
    // relaxed: a forked child has one thread.
    fork_generation.fetch_add(1, std::memory_order_relaxed);
    for (held_object::state* s = states().first; s != nullptr; s = s->next) {
        s->listener.reset();  // the parent's: who reads of it here takes it from there
        if (s->path.empty()) continue;
        s->claim.reset();
        s->slot.reset();
        // Without descriptors to spare before the fork there is no second description: this handle then holds nothing,
        // and check_name() says so.
        s->file = std::move(s->file_of_child);
        s->file_of_child.reset();
        if (s->file && !s->backing) map_again(*s);
    }
    states().mutex.unlock();
    // Not unlocked: a read-write lock knows its writer by thread number, and a child has another.
    new (&states().changing) std::shared_mutex;
    states().turnstile.unlock();
}

}  // namespace

no_fork::no_fork() {
    if (no_forks++ != 0) return;
    const std::lock_guard in_turn(states().turnstile);
    states().changing.lock_shared();
}

no_fork::~no_fork() {
    if (--no_forks == 0) states().changing.unlock_shared();
}

namespace {

// When the library is loaded, not at first use: a fork in the middle of a thread's first use would leave the child
// a half-made static, for which it waits for ever.
[[maybe_unused]] const int registered = (states(), ::pthread_atfork(&before_fork, &in_parent, &in_child));

}  // namespace

void held_object::state::join_list() noexcept {
    const std::lock_guard guard(states().mutex);
    in_list = true;
    next = states().first;
    if (next != nullptr) next->previous = this;
    states().first = this;
}

void held_object::state::leave_list() noexcept {
    if (!in_list) return;
    const std::lock_guard guard(states().mutex);
    (previous != nullptr ? previous->next : states().first) = next;
    if (next != nullptr) next->previous = previous;
    for (mapping_note* m = mappings; m != nullptr; m = m->next) m->object = nullptr;
}

void note(mapping_note& mapping, held_object::state& object) noexcept {
    const std::lock_guard guard(states().mutex);
    mapping.object = &object;
    mapping.next = object.mappings;
    if (mapping.next != nullptr) mapping.next->previous = &mapping;
    object.mappings = &mapping;
}

void forget(mapping_note& mapping) noexcept {
    const std::lock_guard guard(states().mutex);
    if (mapping.previous != nullptr) mapping.previous->next = mapping.next;
    if (mapping.next != nullptr) mapping.next->previous = mapping.previous;
    if (mapping.object != nullptr && mapping.object->mappings == &mapping) mapping.object->mappings = mapping.next;
}

handle open_again(const held_object::state& s) {
    const int flags = (::fcntl(s.file.get(), F_GETFL) & O_ACCMODE) | O_CLOEXEC | O_NONBLOCK;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", s.file.get());
    handle again(::open(path, flags));
    if (!again) again = handle(::open(s.path.c_str(), flags));  // no /proc
    if (again && !(file_of(again.get()) == file_of(s.file.get()))) return {};
    return again;
}

std::uint32_t forks() noexcept {
    // relaxed: only ever changed while the process has one thread.
    return fork_generation.load(std::memory_order_relaxed);
}

}  // namespace samepage::os
