// The operating system as samepage needs it: name -> memory, who lives, wait and wake.
// SPDX-License-Identifier: MIT
//
// A specification at our level: nothing here names a descriptor lock, a futex or a section. linux/ and windows/
// implement it, in files of the same names. Only they, and samepage/export.hpp, know on which system they are.
//
// Vocabulary
// - held object: an object that this handle keeps alive. It ends with the handle, and with the process, however that
//   ends.
// - structured: its bytes begin with samepage's header (src/shared/header.hpp); a plain one's bytes are all the user's.
// - slot: one of slots_max places of an object that a live process can claim; the system frees it at death.
// - wait point: one of wait_points_max 32-bit words of an object on which processes sleep.
// - listen, ring, hush: for who waits in an event loop instead of sleeping.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "samepage/catalog.hpp"
#include "samepage/duration.hpp"
#include "samepage/place.hpp"
#include "samepage/region.hpp"
#include "samepage/result.hpp"

namespace samepage::os {

inline constexpr unsigned slots_max = 4096;
inline constexpr unsigned wait_points_max = 64;

// The moment a wait ends. Never overflows; forever() never comes.
class deadline {
   public:
    using clock = std::chrono::steady_clock;
    static deadline after(duration d) noexcept;
    static deadline forever() noexcept { return deadline(clock::time_point::max()); }
    bool is_forever() const noexcept { return at_ == clock::time_point::max(); }
    bool passed() const noexcept { return !is_forever() && (is_past() || clock::now() >= at_); }
    duration left() const noexcept;  // zero when passed, samepage::forever when forever
   private:
    explicit deadline(clock::time_point at) noexcept : at_(at) {}
    bool is_past() const noexcept { return at_ == clock::time_point::min(); }  // from the start
    clock::time_point at_;
};

// ---- Memory ------------------------------------------------------------------------------------------------------

// Bytes of an object in this process's address space. Unmapped at the end. Holds the bytes, not the name.
// An address space that ends beyond the object's size (see held_object::map, `reserve`) becomes usable as it grows.
class mapping {
   public:
    mapping() noexcept = default;
    mapping(mapping&& other) noexcept { swap(other); }
    mapping& operator=(mapping&& other) noexcept {
        mapping(std::move(other)).swap(*this);
        return *this;
    }
    ~mapping();

    std::byte* data() const noexcept { return data_; }  // where the asked-for offset is, not page-rounded
    std::size_t size() const noexcept { return size_; }
    // From data() on, the addresses that were kept included.
    std::size_t reserved() const noexcept {
        return base_size_ - static_cast<std::size_t>(data_ - static_cast<std::byte*>(base_));
    }

    // Changed pages to the disk, where the object is a file.
    result<void> flush() const;

    void swap(mapping& other) noexcept {
        std::swap(base_, other.base_);
        std::swap(base_size_, other.base_size_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(note_, other.note_);
    }

   private:
    friend class held_object;
    void* base_ = nullptr;  // what the system mapped
    std::size_t base_size_ = 0;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    void* note_ = nullptr;  // the system's own
};

// Asks the system to keep the whole large pages among these bytes of a mapping as such, which costs the processor less
// for finding them (MADV_COLLAPSE, Linux 6.1). Takes a millisecond each; others who touch them wait so long. False: it
// won't, and never does for these bytes. Any thread.
inline constexpr std::size_t large_page_bytes = std::size_t{2} << 20;
bool make_large_pages(std::span<std::byte> bytes) noexcept;

// ---- Objects -----------------------------------------------------------------------------------------------------

// How many forks this process is away from the first: what held_object::generation() says, for fast paths. Changed in a
// forked child while it has one thread.
inline constinit std::atomic<std::uint32_t> fork_generation{0};

enum class disposition : std::uint8_t { open_existing, create_or_open, create_new };

struct acquire_request {
    const samepage::place* where = nullptr;
    os::disposition disposition = os::disposition::create_or_open;
    samepage::access access = samepage::access::read_write;
    std::uint64_t size_bytes = 0;  // used when it is made; exact for a plain object
    bool structured = false;
    // Called once when a structured object is made, with its zeroed bytes, before anybody else can open it.
    std::function<void(std::span<std::byte>)> initialise;
    duration timeout = std::chrono::seconds(5);
    // Opening leaves the holes that a file has: the noun reserves them, where anybody may store.
    bool holes_stay = false;
    // A plain name that leads to a file: the file's path, or an open file of the caller's.
    std::string_view backing_path;
    std::optional<native_handle> backing;
};

// One handle on one object. Move-only. const functions from any thread; the others by one thread at a time, and
// grow() and refresh_size() not beside map(), native() or size_bytes().
//
// Guarantees, on both systems:
//   * acquire() either opens a whole, live object or makes one that nobody sees before it is whole.
//   * A name is free as soon as its last held_object is gone, by whatever end; its next maker gets zeroed bytes.
//   * Never two live objects of one name; never a live object without its name (among samepage processes).
//   * no_space, if at all, before anything is visible.
class held_object {
   public:
    struct state;  // the system's own

    held_object() noexcept;
    held_object(held_object&&) noexcept;
    held_object& operator=(held_object&&) noexcept;
    ~held_object();

    // Errors: not_found, already_exists, wrong_kind (plain asked, structured found, or the other way; the detail says
    // which kind it is), denied, no_space, invalid_argument (needed_bytes 1: a file without a byte), timed_out (naming
    // who is in the way), system.
    static result<held_object> acquire(const acquire_request& request);

    // Duplicates the caller's file or section; plain, nameless, kept by nobody's name. Size 0: its own.
    static result<held_object> adopt(native_handle handle, std::uint64_t size_bytes, samepage::access access);
    // Zeroed, plain, nameless.
    static result<held_object> anonymous(std::uint64_t size_bytes);

    bool is_open() const noexcept;
    bool created() const noexcept;
    bool is_file() const noexcept;  // a path, or a name that leads to one: bytes that stay
    samepage::access access() const noexcept;
    std::uint64_t size_bytes() const noexcept;  // when it was acquired, or grown or refreshed by this handle
    native_handle native() const noexcept;

    // Maps [offset, offset + size). `reserve` > size keeps that many bytes of addresses, so that later growth appears
    // in place; pages beyond the object's end must not be touched. Outside the object: invalid_argument.
    result<mapping> map(std::uint64_t offset, std::size_t size, samepage::access access, std::size_t reserve = 0) const;

    // Makes the object at least `size_bytes` long for everybody, space reserved first (no_space leaves it as it was).
    // Never shrinks. Several may grow at once. An object of a name or path; plain regions don't grow under a name.
    result<void> grow(std::uint64_t size_bytes);
    // Reads the size anew: another process may have grown it.
    result<std::uint64_t> refresh_size();

    // What it takes of the memory or the disk, as the system counts it.
    std::uint64_t stored_bytes() const noexcept;
    // Gives bytes back to the system: they are zero then, and must be reserved before anybody stores there.
    // not_supported.
    result<void> discard(std::uint64_t offset, std::uint64_t size_bytes) const;
    // Memory or disk for bytes that may have been given back. no_space.
    result<void> reserve(std::uint64_t offset, std::uint64_t size_bytes) const;
    // Runs `deed` while no other handle on the object exists, in whatever process, and none can come: true. Who opens
    // it waits so long, and so does who forks in this process. False: there is another, or the system can't tell.
    result<bool> when_alone(const std::function<result<void>()>& deed) const;

    // lost_name when the name no longer leads here.
    result<void> check_name() const;

    // Of an object at a path: all its changed bytes to the disk, whoever changed them.
    result<void> flush() const;
    // And that it is there at all, which nobody may have told the disk of a new one.
    result<void> flush_name() const;
    // And where it is now, absolute. lost_name: nowhere.
    result<std::string> file_path() const;

    // Claims slot `index` for this handle: true, or false when a live one has it. At most one claim a handle.
    // A forked child holds no slot of its parent's. The claim ends with the handle or the process; nobody can end it
    // from outside, and no store of a killed process comes after its slot is free.
    result<bool> claim_slot(unsigned index);
    void release_slot() noexcept;
    // Whether a live process other than this handle has claimed it. Asks the kernel; never guesses, never times out.
    result<bool> slot_is_live(unsigned index) const;
    // Another handle on the same object, at a path, only to claim a slot of its own; it maps nothing.
    result<held_object> for_slot() const;
    // The process that has claimed it, where the system shows it; 0 where not. For messages only.
    std::uint32_t slot_process(unsigned index) const;

    // Sleeps while *word == expected, at most until `until`. May return early for no reason. `point` is the word's
    // number in its object, the same in every process. Works on a read-only mapping of the word.
    void wait(unsigned point, const std::atomic<std::uint32_t>& word, std::uint32_t expected,
              const deadline& until) const;
    // Wakes at most `sleepers` of those who sleep at `point`. Costs a system call: call it only when somebody sleeps.
    void wake(unsigned point, const std::atomic<std::uint32_t>& word, unsigned sleepers) const;

    // For event loops: a descriptor that ring() makes readable, through whichever handle on the object. Made at the
    // first call, this handle's own, ended with it; a forked child has none until it asks. Sometimes readable for no
    // reason. full: the system gives no more of them; not_supported. An object of a name or path.
    result<native_handle> listen() const;
    // Unreadable again, until the next ring().
    void hush() const;
    // Costs a system call: call it only when somebody listens.
    void ring() const;

    // Changes in a forked child, before anything else runs there: a holder that attached before the fork compares.
    std::uint32_t generation() const noexcept;

   private:
    explicit held_object(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

// ---- Barriers of others -------------------------------------------------------------------------------------------

// Two sides look at what the other one stores: each stores, then loads, and a full barrier stands between. Where one
// side does so all the time and the other hardly ever, the latter can make the barrier of both (Dice, Huang and Yang,
// "Asymmetric Dekker synchronization", 2001; membarrier(2)).

// From here on every thread of this process takes part in barrier_everywhere(), and needs only its own side's order for
// the compiler: fast_barrier(). False: the system can't. The first call takes some milliseconds with several threads.
bool answer_barriers() noexcept;
bool answers_barriers() noexcept;  // whether it does already
inline void fast_barrier() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
// A full barrier here, and in every thread that runs of processes that answer, between two of its instructions. Where
// the system refuses, it lets so much time pass that none has a store left that isn't in memory. Any thread.
void barrier_everywhere() noexcept;

// Which thread this is: no other that lives at the same time has the same.
inline const void* this_thread() noexcept {
#if defined(__linux__)
    return __builtin_thread_pointer();
#else
    return nullptr;
#endif
}

// The wall clock as of the system's last tick, in nanoseconds since 1970, where asking that costs next to nothing: the
// exact one takes as long as a miss of the cache, and keeps the processor from beginning the next one. It is late by
// some milliseconds, by more where a hypervisor doesn't let the processor run that ticks. Who sets the clock sets both.
// Elsewhere, and where two clocks needn't agree, it is the exact one; where the system refuses, far in the future.
std::uint64_t last_tick_unix_ns() noexcept;

// ---- What survives a power failure -------------------------------------------------------------------------------

// Which boot of the machine this is: the same in all its processes, never the same again. Its highest bit is set, its
// lowest isn't.
result<std::uint64_t> boot();

// A file that nobody knows before it is whole. One thread. It is removed at the end, unless it was put in place.
class new_file {
   public:
    struct state;  // the system's own

    new_file(new_file&&) noexcept;
    new_file& operator=(new_file&&) noexcept;
    ~new_file();

    // Is to be at `path`, absolute; until then it is beside it as half_made(path), where an older one goes. With the
    // rights of the object's file. One maker at a time.
    static result<new_file> make(const std::string& path, const held_object& like);
    static std::string half_made(const std::string& path) { return path + "-new"; }

    result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
    // Its bytes to the disk; then `path` leads to it, and no more to what was there; then that to the disk. So after a
    // power failure it leads to one of them, whole.
    result<void> put_in_place();

   private:
    explicit new_file(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

// ---- What there is -----------------------------------------------------------------------------------------------

// Every live object of a scope; leftovers are freed on the way.
result<catalog> list(scope where, bool with_holders);
// One object, with its holders. not_found as acquire().
result<catalog_entry> look_up(const place& where);

// What `doctor` says.
std::vector<finding> diagnose();

// "user 1000 in /dev/shm/samepage-1000", for not_found.
std::string place_searched(const place& where);

}  // namespace samepage::os
