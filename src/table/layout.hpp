// Where a table keeps what: buckets of slots, records in cells, cells in runs of pages; and what a word of each means.
// SPDX-License-Identifier: MIT
//
// Offsets count bytes from the object's first. The object grows at its end; nothing that is in use moves but
// by compact.hpp.
//
//   body       fixed: below
//   [arena_offset, body.end)   runs, one behind the other: each 4 KiB pages with a head (`run`), free or in use as
//              a slab    cells of one size, handed out once, from then on in a stripe's list of free ones or in use
//              a large   one record
//              leaving   a slab that is being emptied (compact.hpp)
//              groups    a piece of the array of buckets
//              history   rings of the last changes (history.hpp)
//
// A stripe's locked keys are nodes in a list, each in a cell of the smallest class (locks.hpp).
//
// A key's hash says its *bucket*: bits of linear hashing. A bucket is a group of 7 slots and a link to the next group,
// 64 bytes. A slot is one word: 20 bits of the hash, whether the record expires, and its offset. Buckets are divided
// among 32 *stripes* by the low bits of their index; a stripe never changes for a key. Who owns a stripe's owner word
// changes its buckets.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "shared/header.hpp"

namespace samepage::tables {

using word = std::atomic<std::uint64_t>;

// All words of a table but owner words are read and written so. On x86-64 both are plain moves.
inline std::uint64_t read(const word& from) noexcept {
    // acquire: pairs with the release in write() (table)
    return from.load(std::memory_order_acquire);
}
inline void write(word& to, std::uint64_t value) noexcept {
    // release: pairs with the acquire in read() (table); what a survivor sees is said where it is called
    to.store(value, std::memory_order_release);
}

// ---- Buckets -----------------------------------------------------------------------------------------------------

inline constexpr unsigned stripes_count = 32;
inline constexpr std::uint64_t buckets_min = 64;  // from the start
inline constexpr std::uint64_t buckets_max = std::uint64_t{1} << 32;
inline constexpr unsigned group_slots = 7;

struct group {
    word slots[group_slots];  // 0: free. Written by the stripe's owner; one store inserts, replaces or erases
    word next;                // offset of the bucket's next group, or 0. The same
};
static_assert(sizeof(group) == 64);

inline constexpr unsigned tag_shift = 44;
inline constexpr std::uint64_t slot_expires = std::uint64_t{1} << 43;  // expiry.hpp
constexpr std::uint64_t tag_of(std::uint64_t hash) noexcept { return hash >> tag_shift; }
constexpr std::uint64_t slot_word(std::uint64_t hash, std::uint64_t offset, bool expires = false) noexcept {
    return tag_of(hash) << tag_shift | (expires ? slot_expires : 0) | offset / 8;
}
constexpr std::uint64_t slot_offset(std::uint64_t slot) noexcept { return (slot & (slot_expires - 1)) * 8; }

// Linear hashing (Litwin, 1980): of `count` buckets, the one of a hash. Needs the hash's low 33 bits at most.
constexpr std::uint64_t bucket_of(std::uint64_t hash, std::uint64_t count) noexcept {
    const std::uint64_t mask = std::bit_ceil(count) - 1;
    const std::uint64_t bucket = hash & mask;
    return bucket < count ? bucket : bucket & (mask >> 1);
}
constexpr unsigned stripe_of(std::uint64_t hash) noexcept { return hash % stripes_count; }

// The array of buckets comes in pieces: the first 256 are in the body; each doubling after that has 1 to 64 pieces.
inline constexpr std::uint64_t first_groups = 256;
inline constexpr unsigned piece_levels = 24;
inline constexpr unsigned pieces_per_level = 64;
struct piece {
    unsigned index;        // in body.pieces
    std::uint64_t groups;  // how many it has
    std::uint64_t within;  // the bucket's place in it
};
struct level {
    unsigned shift;        // a bucket's bits from here on say the piece,
    unsigned index_minus;  // but for so much
    std::uint64_t within_mask;
    constexpr unsigned index_of(std::uint64_t bucket) const noexcept {
        return static_cast<unsigned>(bucket >> shift) - index_minus;
    }
};
inline constexpr auto levels = [] {
    std::array<level, piece_levels> all{};
    for (unsigned l = 0; l < piece_levels; ++l) {
        const unsigned parts = l < 6 ? l : 6;  // a power of two of them
        const unsigned shift = l + 8 - parts;
        all[l] = {shift, (1U << parts) - l * pieces_per_level, (std::uint64_t{1} << shift) - 1};
    }
    return all;
}();
// Of a bucket from first_groups on.
constexpr const level& level_of(std::uint64_t bucket) noexcept {
    return levels[static_cast<unsigned>(std::bit_width(bucket)) - 9];
}
constexpr piece piece_of(std::uint64_t bucket) noexcept {
    const level& l = level_of(bucket);
    return {l.index_of(bucket), l.within_mask + 1, bucket & l.within_mask};
}

// ---- Records -----------------------------------------------------------------------------------------------------

// Written before its slot leads to it, never changed while one does; then the key and the value, each rounded up to 8,
// and of one that expires a word that says when (expiry.hpp).
struct record {
    word number;   // its version: never given twice in the table's life. 0: not a record, or its bytes are being reused
    word lengths;  // value bytes | (key bytes - 1) << 32 | flags << 48. In a free cell: the next free one's offset
    word check;    // check sum, where records carry one (at a path) | low half of the hash << 32
};
static_assert(sizeof(record) == 24);

inline constexpr std::uint64_t key_max = std::uint64_t{64} << 10;
inline constexpr std::uint64_t value_max = std::uint64_t{1} << 30;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
    return (value + unit - 1) & ~(unit - 1);
}
constexpr std::uint64_t lengths_of(std::uint64_t key_bytes, std::uint64_t value_bytes) noexcept {
    return value_bytes | (key_bytes - 1) << 32;
}
inline constexpr std::uint64_t expires_flag = std::uint64_t{1} << 48;  // in lengths
constexpr bool does_expire(std::uint64_t lengths) noexcept { return (lengths & expires_flag) != 0; }
constexpr std::uint64_t value_bytes_of(std::uint64_t lengths) noexcept { return lengths & 0xffffffffU; }
constexpr std::uint64_t key_bytes_of(std::uint64_t lengths) noexcept { return (lengths >> 32 & 0xffffU) + 1; }
constexpr std::uint64_t value_offset(std::uint64_t key_bytes) noexcept {
    return sizeof(record) + round_up(key_bytes, 8);
}
constexpr std::uint64_t record_bytes(std::uint64_t lengths) noexcept {
    const std::uint64_t more = does_expire(lengths) ? 8 : 0;
    return value_offset(key_bytes_of(lengths)) + round_up(value_bytes_of(lengths), 8) + more;
}

// ---- Locked keys ---------------------------------------------------------------------------------------------------

// In a record's cell, with its number 0: who still reads there finds no record. Written before the list leads to it.
struct lock_node {
    word number;  // 0
    word next;    // offset of the stripe's next node, or 0. Changed by the stripe's owner
    word owner;   // who has the lock, as in an owner word, without `contended`. Changed as locks.hpp says
    word hash;    // the key's
};
static_assert(sizeof(lock_node) == 32);

// ---- A history -----------------------------------------------------------------------------------------------------

// Of a stripe's ring. Changed by the stripe's owner, as history.hpp says; read by subscribers.
struct history_head {
    word oldest;      // position of the first entry that is kept
    word tail;        // behind the last one
    word tail_after;  // a part of the step: `tail`, once that is done
    std::uint64_t unused[5];
};
static_assert(sizeof(history_head) == 64);

inline constexpr std::uint64_t ring_bytes_min = 1024;
inline constexpr std::uint64_t ring_bytes_max = std::uint64_t{64} << 20;
constexpr std::uint64_t history_bytes(std::uint64_t ring_bytes) noexcept {
    return stripes_count * (sizeof(history_head) + ring_bytes);
}
constexpr std::uint64_t entry_bytes(std::uint64_t key_bytes) noexcept { return 24 + round_up(key_bytes, 8); }
enum entry_kind : std::uint64_t { put_entry = 1, erase_entry = 2 };

// ---- Cells and runs ------------------------------------------------------------------------------------------------

// Sizes of cells: 32 to 128 by 8, to 256 by 16, then four to a doubling up to 16 KiB. Larger records have a run each.
inline constexpr unsigned record_classes = 45;
inline constexpr unsigned group_class = record_classes;  // groups behind the first of a bucket: cells that stay groups
inline constexpr unsigned classes_count = record_classes + 1;
inline constexpr unsigned large_class = classes_count;

constexpr std::uint64_t class_bytes(unsigned index) noexcept {
    if (index == group_class) return sizeof(group);
    if (index < 13) return 32 + 8 * index;
    if (index < 21) return 128 + 16 * (index - 12);
    const std::uint64_t base = std::uint64_t{256} << (index - 21) / 4;
    return base + ((index - 21) % 4 + 1) * base / 4;
}
constexpr unsigned class_of(std::uint64_t bytes) noexcept {
    if (bytes <= 128) return bytes <= 32 ? 0 : static_cast<unsigned>((bytes - 32 + 7) / 8);
    if (bytes <= 256) return 12 + static_cast<unsigned>((bytes - 128 + 15) / 16);
    if (bytes > class_bytes(record_classes - 1)) return large_class;
    const auto doubling = static_cast<unsigned>(std::bit_width(bytes - 1)) - 9;
    const std::uint64_t base = std::uint64_t{256} << doubling;
    return 20 + 4 * doubling + static_cast<unsigned>((bytes - base + base / 4 - 1) / (base / 4));
}

inline constexpr std::uint64_t page = 4096;

// In `lengths` of a cell that is in no list any more, and never will be (compact.hpp).
inline constexpr std::uint64_t collected = ~std::uint64_t{0};

// In `layout`: how often records have been moved, and may have come back to where they were.
inline constexpr std::uint64_t one_move = std::uint64_t{1} << 48;
constexpr std::uint64_t moves_of(std::uint64_t layout) noexcept { return layout / one_move; }

struct run {
    word head;    // pages << 8 | kind
    word detail;  // a slab's class; the stripe that a large record was made for; bytes of one ring of a history
    word next;    // a slab's: offset of the first cell that was never handed out
    word holes;   // a free run's: not 0: its bytes but for this head may have been given back to the system
    std::uint64_t unused[4];
};
static_assert(sizeof(run) == 64);
enum run_kind : std::uint64_t {
    no_run = 0,
    free_run = 1,
    slab_run = 2,
    large_run = 3,
    groups_run = 4,
    history_run = 5,
    leaving_run = 6,  // a slab of which no more cells are handed out (compact.hpp)
};
constexpr std::uint64_t run_head(std::uint64_t pages, run_kind kind) noexcept { return pages << 8 | kind; }
constexpr std::uint64_t pages_of(std::uint64_t head) noexcept { return head >> 8; }
constexpr std::uint64_t kind_of(std::uint64_t head) noexcept { return head & 0xff; }

// Copies of records may touch so many bytes behind them (shared/words.hpp): the end of a run stays free.
inline constexpr std::uint64_t spare_bytes = 16;

// ---- The body ------------------------------------------------------------------------------------------------------

// What the owner of a stripe is just doing, so that who finds it dead can finish or undo that one step.
enum step : std::uint64_t {
    no_step = 0,
    refilling,   // `count` fresh cells from `cell` on are to become the list of `cell_class`
    taking,      // `cell` of `cell_class` comes out of its list (or was made large), and no word leads to it
    publishing,  // the word at `at` is to change from `before` to `after`; then what `before` led to is freed
    splitting,   // slots of bucket `at` that belong to another bucket by now are to go
    unlinking,   // as publishing, but `after` is what `before` led to: nothing new
    collecting,  // `cell` of `cell_class` comes out of its list, wherever it is there, and into none (compact.hpp)
};

struct stripe {
    word owner;        // an owner word (shared/owner_word.hpp)
    word records;      // how many
    word next_number;  // the number of the next record, below number_end
    word number_end;
    word doing;  // a step. Stored last; all below is written before it
    word cell, cell_class, count;
    word at, before, after;
    word before_class;  // of the cell to free; large_class
    word records_after, changes_after;
    word changes;  // how many puts and erases there were
    word locks;    // offset of the first lock_node, or 0
};
static_assert(sizeof(stripe) == 128);

struct cell_list {
    word first, last;  // offsets of free cells, the oldest first. first 0: empty, then last says nothing
};

struct body {
    // Read by everybody all the time, changed rarely.
    word buckets;  // how many. Raised by one by the owner of `growth`, who owns the stripe too
    word end;      // the object's bytes that may be touched
    word layout;   // raised before pages that were freed are used in another shape, and by one_move before records move
    word whole;    // an owner word: who has locked all, or wants to (locks.hpp)
    word granted;  // the identity of who has, or 0, and perhaps `died`. Changed by the owner of `whole`, or where it is
                   // a dead one's by who owns a stripe; read by writers that do
    word history;  // offset of the history's first head (history.hpp), or 0. Once, by who owns all that there is to own
    word expiring;  // not 0: records that expire were put. Set by who owns a stripe, before it puts one
    std::uint64_t unused_a[9];
    // Changed by who hands out space.
    word growth;   // an owner word
    word space;    // an owner word: of what is below down to `slabs` (but numbers), `end`, `layout`, and runs' heads
    word rover;    // the run from which one looks for a free one: a hint, but always a run's
    word fresh;    // the last run at the end that was added: the same
    word pending;  // the run that is being handed out, or 0
    word numbers;  // the next number that no stripe has
    word freeing;  // the run of a large record that is being freed, or 0. Changed as `space` says
    word space_turns;  // raised by each owner of `space`, before it changes anything
    word deaths;  // writers that were found dead in a stripe, and what they had begun finished or undone. Any writer
    word slabs_freed;  // raised before a slab becomes a free run. By who compacts
    // What a power failure leaves of it, where it is a file (checkpoint.hpp). The next three change under the gate.
    word mark;                  // what the file on the disk is worth: clean, returning, or the boot of the changes
    word returned_ns;           // when it last went back to a checkpoint, nanoseconds since 1970; 0: never
    word returned_to_ns;        // of when that checkpoint was
    word checkpoint;            // an owner word: of the next two, and of the file beside it
    word checkpoint_ns;         // when the last checkpoint was made, 0: never; in a checkpoint: when it was
    word image_check;           // in a checkpoint: over all its pages. Elsewhere 0
    word slabs[classes_count];  // the run of each class from which cells are handed out, or 0
    std::uint64_t unused_c[2];
    stripe stripes[stripes_count];
    cell_list lists[stripes_count][classes_count];
    word pieces[piece_levels * pieces_per_level];  // offsets of the array's pieces, or 0
    group first[first_groups];
};

// What a body's `mark` may be, besides a boot. 0: nothing of it may be on the disk.
inline constexpr std::uint64_t clean = 1, returning = 2;
constexpr std::uint64_t new_in(std::uint64_t boot) noexcept { return boot | 1; }

// The gate to the mark: a slot behind those of participants. The kernel's alone, whatever stands in the file.
inline constexpr unsigned gate_slot = shared::slots_count;

inline constexpr std::uint64_t table_offset = round_up(shared::body_offset, 128);
static_assert(offsetof(body, stripes) % 128 == 0 && offsetof(body, first) % 64 == 0 && table_offset % 128 == 0);
inline constexpr std::uint64_t arena_offset = round_up(table_offset + sizeof(body), page);
inline constexpr std::uint64_t initial_bytes = arena_offset + 8 * page;

// In the wait page, each in a cache line of its own: the words on which one sleeps (shared/wait_word.hpp).
inline constexpr std::uint64_t key_waits_offset = shared::wait_page_offset;  // u32 each: until keys of a stripe change
inline constexpr unsigned key_waits_count = 16;                              // the one of a stripe: its index mod 16
inline constexpr std::uint64_t any_wait_offset = key_waits_offset + 64 * key_waits_count;  // u32: until any key does
inline constexpr std::uint64_t bell_offset = any_wait_offset + 4;  // u32: for those who wait for that in event loops

// Numbers of wait points.
inline constexpr unsigned growth_point = stripes_count;  // the stripes' come first
inline constexpr unsigned space_point = growth_point + 1;
inline constexpr unsigned any_wait_point = space_point + 1;
inline constexpr unsigned key_waits_point = any_wait_point + 1;  // the first of key_waits_count
inline constexpr unsigned whole_point = key_waits_point + key_waits_count;
inline constexpr unsigned checkpoint_point = whole_point + 1;

// Header parameters, in this order.
enum parameter : std::size_t { seed_parameter = 0, checked_parameter = 1 };

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::uint64_t fingerprint = shared::fingerprint_of({table_offset,
                                                                     arena_offset,
                                                                     stripes_count,
                                                                     buckets_min,
                                                                     group_slots,
                                                                     tag_shift,
                                                                     first_groups,
                                                                     piece_levels,
                                                                     pieces_per_level,
                                                                     sizeof(record),
                                                                     classes_count,
                                                                     class_bytes(record_classes - 1),
                                                                     page,
                                                                     offsetof(body, growth),
                                                                     offsetof(body, slabs),
                                                                     offsetof(body, stripes),
                                                                     offsetof(body, lists),
                                                                     offsetof(body, pieces),
                                                                     growth_point,
                                                                     key_waits_offset,
                                                                     key_waits_count,
                                                                     any_wait_offset,
                                                                     key_waits_point,
                                                                     offsetof(body, whole),
                                                                     offsetof(body, granted),
                                                                     offsetof(stripe, locks),
                                                                     sizeof(lock_node),
                                                                     whole_point,
                                                                     offsetof(body, mark),
                                                                     offsetof(body, image_check),
                                                                     checkpoint_point,
                                                                     offsetof(body, history),
                                                                     sizeof(history_head),
                                                                     entry_bytes(1),
                                                                     bell_offset,
                                                                     offsetof(body, expiring),
                                                                     slot_expires,
                                                                     expires_flag});

}  // namespace samepage::tables
