// A table's history: its last changes, which subscribers read along; of bounded length, and said where it overran.
// SPDX-License-Identifier: MIT
//
// Layout. A table has none, or one, made on request, for good: a run (layout.hpp) with a head for each stripe and then
// a ring of R bytes for each, R a power of two. `body.history` leads to the first head. A *position* counts the bytes
// of all entries that a stripe ever wrote; byte p is at p mod R of its ring. An entry is words, each at its own place:
//
//   p       number    of the change: how many puts and erases the stripe has had with it (stripe.changes)
//   p + 8   what      bytes of the key | kind << 32. No bytes: the key was too long to be kept, half a ring and more
//   p + 16  version   the record's; an erased one's last
//   p + 24  the key, padded with zeros
//
// Roles: the stripe's owner writes; any number of subscribers, who have a position of each stripe to themselves, read.
//
//   a put or an erase (writer.hpp), entry [p, e)           subscriber at position r, which expects number n
//   H1 oldest = an entry >= e + 8 - R                      R1 tail: still r? nothing is there
//   H2 the number after it at e; the entry's words         R2 the words at r, copied, bounded
//   H3 tail_after = e                                      R3 oldest: beyond r? then overrun, forget the copy
//      P3: doing = publishing                              R4 the entry was whole; r = its end, n + 1
//      P4: the slot               <- commits the change    overrun:
//   H4 tail = tail_after          <- in the history        R5 o = oldest; the number at o; oldest still o?
//      P6, P7                                              R6 missed += that number - n; r = o
// So it is with what has expired, when a writer erases it (expiry.hpp). Other steps that are published change nothing
// here: H3 says tail, H4 does nothing.
//
// Invariants
//   I1 oldest <= tail <= oldest + R - 8, all of them entries' positions. Entries are whole from before `tail` passes
//      them until `oldest` does.
//   I2 Bytes of an entry at position q are written over only when oldest > q. Every word is stored with release and
//      loaded with acquire, and H1 is before H2: a copy that has a word of a later entry sees that in R3.
//   I3 At `tail` there is the number of the entry that is to come, stripe.changes + 1: from the beginning, or from H2
//      of the entry before it. So what a subscriber missed is known exactly, also where nothing is kept.
//   I4 H3 is a part of the step, which says where the tail is to be, not by how much it moves: who finishes a dead
//      one's step may do H4 again and again. So a change is in the history once, if it was committed, and not if not.
//   I5 H4 is after P4: who reads of a change and then gets the key, gets what that change made of it, or a later one.
//   I6 A stripe's entries are in the order of its changes, and a key stays in its stripe: so each key's are in the
//      order of its versions. Of keys of different stripes nothing is promised.
//
// Making it (keep_history): who owns growth and all stripes, so that no step is unfinished and none begins, and space:
//   K1 a run is handed out (space.hpp, A1 to A3)
//   K2 heads: all 0; at position 0 of each ring the number that the stripe's next change will have
//   K3 body.history = the first head   <- there            K4 pending = 0
// Killed before K3: the run is free again (space.hpp), the table has none. After it: it is whole.
//
// Crash story. A writer killed
//   before H4, and P4 not done: the step is undone. What it wrote is at the tail, where nobody looks but for the number
//     that it wrote there again. Some old changes may be gone a little early; who misses them is told.
//   before H4, P4 done: the change is seen by readers, and in the history as soon as the step is finished: by the next
//     who takes the stripe; and a subscriber that has nothing else to read looks for dead ones' steps itself (below).
// A subscriber leaves no trace, wherever it is killed.
//
// A dead one's last change. Nobody may come to finish the step. So a subscriber that finds nothing more looks for
// stripes that are `publishing` something with another tail_after:
//   D1 the owner word; its owner is dead                   D3 *at = after: P4 was done
//   D2 the step; tail_after                                D4 the owner word: the same, so all that was of one moment
// Then the entry up to tail_after counts as there: whoever finishes the step makes it so.
//
// Power failures (checkpoint.hpp). A history is a part of the table: a checkpoint has it as of that moment, between the
// turns of all stripes; after going back it is as it was then, and changes since never were. No subscriber lives
// through that: no process does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/participants.hpp"
#include "table/arena.hpp"
#include "table/find.hpp"

namespace samepage::tables {

// A stripe's part of the history.
class history_ring {
   public:
    // Where a subscriber stands in it, and the number that it expects there.
    struct place {
        std::uint64_t position = 0, number = 0;
    };
    struct entry {
        std::uint64_t kind = 0, version = 0, end = 0;
        std::vector<std::byte> key;  // empty: it was too long to be kept
    };
    enum class sight : std::uint8_t { entry, nothing, overrun, corrupt };

    history_ring(history_head& head, std::byte* bytes, std::uint64_t ring_bytes) noexcept
        : head_(&head), bytes_(bytes), ring_bytes_(ring_bytes) {}

    // ---- For the stripe's owner ------------------------------------------------------------------------------------

    // K2.
    void initialise(std::uint64_t number) const noexcept;
    // H1 to H3. False: damage.
    bool write_entry(entry_kind kind, const seen_record& about, const std::byte* key, std::uint64_t number) const;
    void write_none() const noexcept { write(head_->tail_after, read(head_->tail)); }  // H3 of other steps
    void finish() const noexcept { write(head_->tail, read(head_->tail_after)); }      // H4

    // ---- For anybody -----------------------------------------------------------------------------------------------

    std::uint64_t tail() const noexcept { return read(head_->tail); }
    std::uint64_t tail_after() const noexcept { return read(head_->tail_after); }
    // R1 to R4, but `at` stays; `tail` is what tail() said, or a dead one's tail_after().
    sight look(const place& at, std::uint64_t tail, entry& seen) const;
    // R5. False: it moved on in every try.
    bool oldest(place& at) const;
    // The end, as of now. False: the same.
    bool newest(place& at) const;
    // Whether all of it is as it must be, when nobody changes it and the stripe has had so many changes.
    bool is_whole(std::uint64_t changes) const;

   private:
    word& word_at(std::uint64_t position) const noexcept {
        return *reinterpret_cast<word*>(bytes_ +
                                        static_cast<std::size_t>(position & (ring_bytes_ - 1) & ~std::uint64_t{7}));
    }
    // Where the entry at `position` ends, as its second word says; 0: it cannot.
    std::uint64_t end_of(std::uint64_t position, std::uint64_t what) const noexcept;

    history_head* head_;
    std::byte* bytes_;
    std::uint64_t ring_bytes_;
};

// Of the history that `offset`, as read from body.history, leads to: the length of a ring. False: there is none there.
bool find_history(const arena& where, std::uint64_t offset, std::uint64_t& ring_bytes);
// A stripe's ring of that.
inline history_ring ring_of(const arena& where, std::uint64_t offset, std::uint64_t ring_bytes,
                            unsigned stripe) noexcept {
    return {where.at<history_head>(offset + stripe * sizeof(history_head)),
            &where.at<std::byte>(offset + stripes_count * sizeof(history_head) + stripe * ring_bytes), ring_bytes};
}

// D1 to D4: the tail that a dead one's step is to give a stripe's ring; 0: there is none such.
std::uint64_t dead_tail(const arena& where, unsigned stripe, const history_ring& ring,
                        const shared::participants& self);

}  // namespace samepage::tables
