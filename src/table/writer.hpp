// Changing a table: one step at a time in a stripe that one owns, so written down that another one can finish it.
// SPDX-License-Identifier: MIT
//
// put (owner of the stripe)                             split of bucket i (owner of `growth` and of i's stripe)
//   P1 a cell: space.hpp, T1, T2 (doing = taking)          S1 bucket j = `buckets`, i's other half: all slots 0
//   P2 the record's bytes, then its number                 S2 slots of i that belong to j, also into j
//   P3 doing = publishing: slot, before, after             S3 doing = splitting: i
//   P4 the slot leads to it            <- commits          S4 buckets + 1                     <- commits
//   P5 records, the history (history.hpp, H1 to H4)        S5 those slots of i: 0
//   P6 what was there before is freed                      S6 doing = none; then the last groups, if they are empty,
//   P7 doing = none                                           are erased
// An erase is P3 to P7 with nothing after. A bucket's further group is put and erased as a record is: its word is the
// link of the one before it. So is a locked key's node (locks.hpp), but that one from the middle of its list, too
// (doing = unlinking).
//
// Invariants
//   I1 A stripe whose `doing` is `no_step` is whole: each slot leads to a record of its bucket, `records` counts them.
//   I2 A number is taken from the stripe's supply before it is used: killed in between, it is skipped.
//   I3 Buckets of a stripe change only with the stripe: i and j are in the same one.
//   I4 A turn in a stripe raises its next number before it changes anything else: a put takes its number first; an
//      erase, a split, a lock's node that comes or goes, and who finishes or undoes a step skip one. So who only reads
//      knows what is of one moment (verify.hpp).
//
// Crash story. Who takes the stripe from the dead looks what it was doing:
//   taking       the cell goes back: nothing has changed.
//   publishing   the slot says whether P4 was done. If so: P5, P6; if not, the new cell is freed. Both may be repeated.
//   unlinking    the same, and if P4 wasn't done, nothing was.
//   splitting    slots of i that belong to another bucket, as `buckets` says now, are cleared: none before S4.
//   Before S3 of a split, j isn't a bucket yet, and the next split begins at S1 again.
// Readers see each of these moments and mind none (find.hpp): I3 there is about S2, S4 and S5.
#pragma once

#include <optional>

#include "table/find.hpp"
#include "table/history.hpp"
#include "table/space.hpp"

namespace samepage::tables {

class writer {
   public:
    // `checked`: records carry check sums.
    writer(arena& where, const shared::owner_word& space_owner, bool checked) noexcept
        : arena_(&where), body_(&where.fixed()), find_(where), space_(where, space_owner), checked_(checked) {}

    // A record, or where one is to come.
    struct place {
        word* slot = nullptr;  // null: there is no record
        seen_record record;
        bool is_there = false;      // there is one, and it hasn't expired
        word* free_slot = nullptr;  // null: all groups of the bucket are full
        group* last = nullptr;      // of its groups
    };

    // ---- For the owner of the stripe -----------------------------------------------------------------------------

    // False: damage.
    bool find(std::span<const std::byte> key, std::uint64_t hash, place& at) const;
    // Replaces or inserts. `expires_ns` 0: never. Gives the new number.
    result<std::uint64_t> put(std::uint64_t hash, std::span<const std::byte> key, std::span<const std::byte> value,
                              std::uint64_t expires_ns, place& at, shared::patience& until, const char* operation);
    result<void> erase(std::uint64_t hash, const place& at, shared::patience& until, const char* operation);
    // Erases what has expired in the bucket of that hash (expiry.hpp). The stripe is whole then.
    result<void> sweep(std::uint64_t hash, shared::patience& until, const char* operation) {
        if (read(body_->expiring) == 0) [[likely]]
            return {};
        return sweep_bucket(hash, until, operation);
    }
    // The record that a slot leads to, into another cell; it is the same afterwards, its version too.
    result<void> move(unsigned stripe, const place& at, shared::patience& until, const char* operation);
    // Who compacts, in a stripe: before it changes a list.
    void begin_collecting(unsigned stripe) const { skip_number(stripe); }
    const space& pages() const noexcept { return space_; }
    // A locked key's node: behind the list's last link, which that is; out of it again, where that link leads to it.
    result<std::uint64_t> add_node(word& link, std::uint64_t hash, std::uint64_t owner, shared::patience& until,
                                   const char* operation);
    result<void> remove_node(unsigned stripe, word& link, const lock_node& node, shared::patience& until,
                             const char* operation);
    // After a death.
    result<void> recover(unsigned stripe, shared::patience& until, const char* operation);
    bool is_checked() const noexcept { return checked_; }
    std::span<const std::byte> value_of(const seen_record& seen) const {
        return {&arena_->at<std::byte>(seen.value_at()), static_cast<std::size_t>(value_bytes_of(seen.lengths))};
    }

    // For who holds all others: makes a history with rings of so many bytes, if there is none.
    result<void> add_history(std::uint64_t ring_bytes, shared::patience& until, const char* operation) {
        return space_.add_history(ring_bytes, until, operation);
    }
    // The owner word of space, for who holds all others: nobody changes a run then, either.
    result<shared::turn> own_space(shared::patience& until, const char* operation) {
        return space_.own(until, operation);
    }

    // ---- For the owner of `growth` and of that bucket's stripe ---------------------------------------------------

    // Which bucket is to be split next.
    std::uint64_t next_to_split() const;
    // Whether a stripe with so many records wants a split.
    bool is_crowded(unsigned stripe) const;
    result<void> split(std::uint64_t bucket, shared::patience& until, const char* operation);

   private:
    result<void> sweep_bucket(std::uint64_t hash, shared::patience& until, const char* operation);
    result<void> add_group(unsigned stripe, group& behind, shared::patience& until, const char* operation);
    result<std::uint64_t> next_number(unsigned stripe, const char* operation) const;
    void skip_number(unsigned stripe) const;
    // One word's change: what it leads to, instead of what. `before_class`: of the cell to free, if any.
    struct change {
        word& at;
        std::uint64_t after, before;
        unsigned before_class;
        std::uint64_t more_records = 0;  // mod 2^64
        std::uint64_t more_changes = 1;  // 0: no key's value changes
        step how = publishing;
        const seen_record* about = nullptr;  // what a history is to say: the record that is put or erased
    };
    result<void> publish(unsigned stripe, const change& what, shared::patience& until, const char* operation);
    result<void> finish(unsigned stripe, std::uint64_t history, shared::patience& until, const char* operation);
    bool write_history(unsigned stripe, std::uint64_t history, const change& what) const;
    bool finish_history(unsigned stripe, std::uint64_t history) const;
    bool clear_strangers(std::uint64_t bucket) const;
    result<void> drop_empty_groups(std::uint64_t bucket, shared::patience& until, const char* operation);
    std::optional<std::uint64_t> hash_at(std::uint64_t slot) const;
    std::uint64_t offset_of(const word& w) const {
        return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&w) - &arena_->at<std::byte>(0));
    }

    arena* arena_;
    body* body_;
    finder find_;
    space space_;
    bool checked_;
};

}  // namespace samepage::tables
