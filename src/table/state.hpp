// What a table handle holds.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "samepage/table.hpp"
#include "shared/bell.hpp"
#include "shared/owner_word.hpp"
#include "shared/patience.hpp"
#include "shared/structured.hpp"
#include "shared/wait_word.hpp"
#include "table/hash.hpp"
#include "table/locks.hpp"
#include "table/writer.hpp"

namespace samepage {

namespace tables {

class checkpoint_file;
inline constexpr const char* getting = "get from a table";

// Of a handle's owner words.
inline constexpr unsigned whole_owner = space_point + 1, checkpoint_owner = whole_owner + 1;
inline constexpr unsigned owners_count = checkpoint_owner + 1;

inline error closed(const char* operation) { return error(errc::closed, operation); }
inline error why_not(finder::outcome how, const char* operation) {
    if (how == finder::outcome::missing) return error(errc::no_key, operation);
    if (how == finder::outcome::corrupt) return damaged(operation);
    return error(errc::busy, operation, "writers were faster than the copy in every try; try again");
}

inline bool is_key(std::span<const std::byte> key) noexcept { return !key.empty() && key.size() <= key_max; }

inline error no_key_that_can_be(std::span<const std::byte> key, const char* operation) {
    return error(errc::invalid_argument, operation,
                 "a key has 1 to " + std::to_string(key_max) + " bytes, this one has " + std::to_string(key.size()));
}

// Of several keys, so that their misses of the cache overlap: their hashes, and the slots that have their tags. More
// than the processor has buffers for them brings nothing.
inline constexpr std::size_t batch_keys = 32;
struct batch {
    std::array<std::uint64_t, batch_keys> hashes;
    std::array<const word*, batch_keys> slots;
};

inline bool are_as_many(std::size_t count, std::size_t keys_bytes, std::size_t key_bytes, std::size_t values_bytes,
                        std::size_t value_bytes) noexcept {
    return key_bytes != 0 && key_bytes <= key_max && keys_bytes / key_bytes == count && keys_bytes % key_bytes == 0 &&
           (count == 0 || values_bytes / count == value_bytes) && values_bytes == value_bytes * count;
}
inline error not_as_many(const char* operation) {
    return error(errc::invalid_argument, operation, "keys, values and versions are not of as many records");
}

// The identities that permits (table_bytes::held::permit) of the table with this seed name.
std::vector<std::uint64_t> permits_of(std::string_view permits, std::uint64_t seed);

}  // namespace tables

struct table_bytes::state {
    shared::structured opened;
    std::optional<tables::arena> bytes;
    std::optional<tables::finder> find;
    std::uint64_t seed = 0;
    mutable std::optional<shared::participants> self;
    std::vector<shared::owner_word> owners;    // of the stripes, growth, space, all
    std::vector<shared::wait_word> key_waits;  // empty: this handle may not mark itself
    std::optional<shared::wait_word> any_wait;
    std::optional<shared::bell> bell;              // as key_waits
    mutable std::optional<tables::writer> change;  // has no state of its own
    std::optional<tables::lock_list> locks;
    wait_strategy strategy = wait_strategy::spin_then_sleep;

    mutable std::atomic<std::uint64_t> begun{0};  // begun_here() of the process that has passed begin_changes()
    bool went_back = false;

    state() = default;
    ~state() {
        if (self && opened.may_write()) self->stop_being_sole();
        end_changes();
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    static result<table_bytes> open(std::string_view place, os::disposition disposition, const table_options& options);
    void attach(const table_options& options);

    std::uint64_t hash(std::span<const std::byte> key) const noexcept { return tables::hash_of(key, seed); }
    // Copies a value to where room_for(its length) says, if anywhere; it may ask more than once. Gives the version.
    template <class RoomFor>
    result<std::uint64_t> copy_out(std::span<const std::byte> key, std::uint64_t hash, RoomFor&& room_for) const;
    // What get_plain() does, and where that isn't enough. Each by itself, so that the first needs few registers.
    template <std::size_t KeyBytes>
    [[gnu::noinline]] std::uint64_t get_now(std::span<const std::byte, KeyBytes> key,
                                            std::span<std::byte> into) const noexcept;
    [[gnu::noinline]] std::uint64_t get_nearby(std::span<const std::byte> key, std::uint64_t hash,
                                               std::span<std::byte> into) const noexcept;
    [[gnu::noinline]] result<found> get_closely(std::span<const std::byte> key, std::uint64_t hash,
                                                std::span<std::byte> into) const;
    // Has the memory of as many keys as a batch has come here.
    void expect(std::span<const std::byte> keys, std::size_t key_bytes, const tables::arena::view& view,
                tables::batch& near) const;
    // The record's number and when it expires; all zero: there is none.
    result<tables::seen_record> look(std::span<const std::byte> key) const;
    result<void> may_write(duration timeout, const char* operation) const {
        if (!opened.may_write()) return error(errc::denied, operation, "it was opened read-only; open it to write");
        // relaxed: it says only what this handle has done in this process
        if (begun.load(std::memory_order_relaxed) == begun_here()) [[likely]]
            return {};
        return begin_changes(timeout, operation);
    }

    result<void> be_sole(duration timeout, const char* operation) const;

    // Runs `step` in the stripe of a key, with the place that the key has. `value_bytes`: of the record that is to be
    // put, so that memory for it comes here meanwhile; 0: not known.
    template <class Step>
    auto with_stripe(std::span<const std::byte> key, std::uint64_t value_bytes, duration timeout, const char* operation,
                     Step&& step) const
        -> decltype(step(std::declval<tables::writer&>(), std::uint64_t{}, std::declval<tables::writer::place&>(),
                         std::declval<shared::patience&>()));
    // The owner word of a stripe or growth; a stripe is whole then.
    result<shared::turn> own(unsigned index, shared::patience& until, const char* operation) const;
    // The owner word of a key's stripe, when nobody else has locked the key or all.
    result<shared::turn> own_unlocked(std::uint64_t hash, shared::patience& until, const char* operation) const {
        auto mine = own(tables::stripe_of(hash), until, operation);
        if (!mine || !locks->are_any(tables::stripe_of(hash))) [[likely]]
            return mine;
        return pass_locks(*std::move(mine), hash, until, operation);
    }
    // put(), where nothing is to be waited for, made room for or asked twice: the number. 0: put() does it.
    std::uint64_t put_plainly(std::span<const std::byte> key, std::span<const std::byte> value) const;
    template <std::size_t KeyBytes>
    std::uint64_t put_now(std::span<const std::byte, KeyBytes> key, std::span<const std::byte> value) const;
    // After a turn in a stripe. `done`: something was put there.
    void leave(unsigned stripe, bool done) const {
        wake(stripe);  // also when it came to nothing: it may have finished what a dead one had begun
        if (done && change->is_crowded(stripe)) split_one();
        if (bytes->is_loose()) [[unlikely]]
            bytes->gather();
    }
    void split_one() const;
    void wake(unsigned stripe) const {
        key_waits[stripe % tables::key_waits_count].wake_all(opened.object());
        any_wait->wake_all(opened.object());
        bell->ring(opened.object());
    }

    error may_not_mark(const char* operation) const {
        return error(errc::denied, operation,
                     opened.place() + " may only be read by this process, which can't announce that it listens; " +
                         "read now and then");
    }
    void wake_all() const {
        for (const shared::wait_word& word : key_waits) word.wake_all(opened.object());
        any_wait->wake_all(opened.object());
        bell->ring(opened.object());
    }

    // ---- What survives a power failure (mark.cpp, checkpoint.cpp; table/checkpoint.hpp) ----------------------------

    static std::uint64_t begun_here() noexcept {
        // relaxed: it changes only while the process has one thread
        return std::uint64_t{1} << 32 | os::fork_generation.load(std::memory_order_relaxed);
    }
    bool is_file() const noexcept { return opened.object().is_file(); }
    result<void> begin_changes(duration timeout, const char* operation) const;
    void end_changes() noexcept;
    bool is_alone() const;
    // After opening: goes back to the checkpoint, if the mark says that a power failure may have left it half-written.
    result<void> come_back(const table_options& options, const char* operation);
    // The gate to the mark, until the answer's end.
    result<os::held_object> pass_gate(duration timeout, const char* operation) const;
    result<void> take_as_it_is(const char* operation);
    result<void> go_back(const tables::checkpoint_file& from, const std::string& path, const char* operation);
    bool is_in_doubt(std::uint64_t boot) const noexcept;
    result<void> put_image(const tables::checkpoint_file& from, const char* operation);
    void put_words(const tables::checkpoint_file& from, std::uint64_t at, std::uint64_t end);
    result<void> set_mark(std::uint64_t mark) const;
    // K4's owner words, but for space, which nobody else can have then who lives; and since when others wait.
    struct standstill {
        std::vector<shared::turn> turns;
        os::deadline::clock::time_point since;
    };
    result<standstill> hold_writers(shared::patience& until, const char* operation) const;

    class compactor;  // compact.cpp
    result<void> fill_holes() const;

    // ---- Locked keys (record_lock.cpp) -----------------------------------------------------------------------------

    result<shared::turn> pass_locks(shared::turn given, std::uint64_t hash, shared::patience& until,
                                    const char* operation) const;
    void wait_for(const tables::obstacle& way, unsigned stripe, shared::patience& until) const;
    error locked(const tables::obstacle& way, const char* operation) const;
    result<bool> own_each(bool& owner_died, bool granted, shared::patience& until, const char* operation) const;
    result<void> own_all(std::uint64_t identity, bool& owner_died, shared::patience& until,
                         const char* operation) const;
    bool unlock(std::uint64_t node, std::uint64_t identity, bool repaired) const;
    bool unlock_all(std::uint64_t identity, bool repaired) const;
};

}  // namespace samepage
