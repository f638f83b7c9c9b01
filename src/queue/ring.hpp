// The jobs of a queue in shared memory: a ring of records, changed so that a kill anywhere leaves each job whole.
// SPDX-License-Identifier: MIT
//
// Layout (layout.hpp): a ring of cells, and some words. A *position* counts the cells ever used. From `head` to `tail`
// stands record behind record, each of one or more cells. A record's state is the first word of its first cell; that
// word of a cell is never used for anything else.
//
// Roles. The owner of the queue's owner word pushes. Takers, each with a place of its own up to which it has seen the
// jobs (`at`), take, finish and give back without it; so do callers fetch, and anybody sweep.
//
//   push (owner)                                        take (by `me`)
//   P1 head over records that are done, for room        T1 rewinds have changed? remember them, at = head
//   P2 the cells' positions                             T2 no record at `at`: at = head if that is beyond, else none
//   P3 the fields and the bytes                         T3 the record is ready: taken by me  <- commits; at behind it
//   P4 the state: ready                  <- commits     T4 else: at behind it; T2
//   P5 last_id, then tail behind it                     give back (taker)
//   acknowledge (taker)                                 G1 its state: ready                  <- commits
//   A1 its state: done                   <- commits     G2 one rewind more
//   reply, or fail (taker)                              sweep (anybody), of the records from head on
//   R1 the reply's bytes and length                     S1 taken by a dead one: as G1, G2
//   R2 its state: replied                <- commits     S2 replied to a dead one: done
//   fetch (caller)                                      withdraw (caller)
//   F1 copy the reply                                   W1 its state, if it is ready: done
//   F2 its state: done
//
// There is a record of position p if the position of p's cell is p, and its state is taken, or is ready, replied or
// done and says p, too (its low 48 bits; 2^48 cells later nothing of p is left). Who isn't its taker reads it thus:
// position, state, lengths, and once more the position.
//
// Invariants
//   I1 All of a record but its state, reply and caller stays as it is from P4 on, until its state is done and head is
//      behind it. Then its cells are another record's, and say so (P2) before anything else is written in them. The
//      stores of P2 to P4 are releases, the loads acquires: who finds the position unchanged has read this record.
//   I2 A state changes by a compare-and-swap from exactly what was seen. `taken` is left only by its taker, or by
//      anybody once the kernel says that the taker is dead; `replied` by its caller, or, after its end or when it has
//      given up, by anybody. Identities never come twice and positions neither, so no state is taken for a later one.
//   I3 `at` is where a record begins or the next one is going to. It goes over a record only when that isn't ready;
//      when one becomes so again, rewinds change afterwards. So a taker misses nothing, but for a job whose giver
//      was killed between G1 and G2: who has found nothing for a while begins at head.
//   I4 tail is behind the newest record, but between P4 and P5. There is no record at tail, but between these.
//   I5 Whoever waits for a job has seen no record at `at`, and knows the rewinds; each push and give back ends one or
//      the other. Whoever waits for room has seen a record at head that isn't done; finishing it ends that.
//
// Crash story
//   P1: more room. P2, P3: the cells are free for the next push; there is no record in them, since no state says so.
//   P4: the job is pushed, whether or not its pusher lived to hear of it, and takers find it. Who takes the owner word
//     of the dead does P5 (repair); both stores can be done again.
//   T3: the job is taken by a dead one; S1 gives it to the next.
//   G1: I3. A1, R2, F2, S2, W1: that one store is all. A reply that was cut short (R1) is written anew by the next one.
//   Caller killed: its job is done by somebody all the same, its reply is dropped by S2.
// A stopped pusher keeps other pushers waiting, and nobody else. A stopped taker keeps its job and the room behind it.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "queue/layout.hpp"
#include "shared/participants.hpp"

namespace samepage::queues {

// Asks the kernel who is dead, about each identity once.
class census {
   public:
    explicit census(const shared::participants& self) noexcept : self_(&self) {}
    // False also where the kernel doesn't answer. A word that names no slot is nobody's.
    bool is_dead(std::uint64_t word) noexcept;

   private:
    struct answer {
        std::uint64_t identity = 0;
        bool dead = false;
    };
    const shared::participants* self_;
    std::array<answer, 16> known_{};
    std::size_t count_ = 0;
};

// A record as it was seen, its lengths checked against the ring.
struct seen_record {
    cell* at = nullptr;
    std::uint64_t position = 0, state = 0, cells = 0;
    std::uint64_t job_bytes = 0, room_bytes = 0;

    std::uint64_t kind() const noexcept { return state & kind_bits; }
    std::uint64_t end() const noexcept { return position + cells; }
};

class ring {
   public:
    enum class outcome : std::uint8_t { good, none, corrupt };
    struct pushed {
        outcome how = outcome::corrupt;      // none: there is no room
        std::uint64_t position = 0, id = 0;  // none: of what stands in the way
        std::uint64_t in_the_way = 0;        // its state
        std::uint64_t caller = 0;            // and who waits for its reply
    };
    struct counts {
        std::uint64_t ready = 0, taken = 0, replied = 0, used_bytes = 0, next_id = 0;
        std::uint64_t oldest_id = 0, oldest_state = 0;  // of the jobs that are with a taker
    };
    struct listed {
        std::uint64_t id, state, caller, job_bytes;
    };

    // `object` points to the object's first byte; it is object_bytes() long.
    ring(std::byte* object, const shape& s) noexcept
        : words_(reinterpret_cast<ring_words*>(object + words_offset)),
          cells_(object + ring_offset),
          count_(s.ring_bytes / cell_bytes),
          mask_(std::has_single_bit(count_) ? count_ - 1 : 0),
          checked_(s.checked) {}

    std::uint64_t ring_bytes() const noexcept { return count_ * cell_bytes; }
    bool checked() const noexcept { return checked_; }

    // All bound their steps by the ring's size, whatever stands there. False or corrupt: it can't be.

    // ---- For the owner -------------------------------------------------------------------------------------------

    // After an owner's death: what it had committed and not finished.
    bool repair() const noexcept;
    // `caller`: who waits for a reply, or 0. At most ring_bytes() with its record.
    pushed push(std::span<const std::byte> bytes, std::uint64_t caller, std::uint64_t room_bytes) const;
    bool count(counts& all) const noexcept;
    // Appends what of the oldest unfinished records anybody may see, at most `count_max`.
    bool list(std::vector<listed>& all, std::size_t count_max) const;

    // ---- For anybody ---------------------------------------------------------------------------------------------

    // The first ready job from `at` on, taken by `me`: in `got`, with its new state. `at` is behind it then, else
    // behind all that there is.
    outcome take(std::uint64_t me, std::uint64_t& at, seen_record& got) const noexcept;
    // Makes ready what dead takers had, and ends replies to dead callers. Begins at head or `from`, before which all is
    // done; sets `from` as far as it has seen that. Goes on to the first ready job that isn't before `until`.
    struct swept {
        bool sound = true;   // false: corrupt
        bool found = false;  // there is something ready before `until`
        bool freed = false;  // something is done now
    };
    swept sweep(census& who, std::uint64_t& from, std::uint64_t until) const noexcept;
    // Ends the reply in a record that stood in the way of a push, if nobody can fetch it any more.
    bool drop_reply(const pushed& tried, census& who) const noexcept;
    std::uint64_t head() const noexcept {
        // acquire: pairs with the release in advance_head() (room)
        return words_->head.load(std::memory_order_acquire);
    }
    std::uint64_t rewinds() const noexcept {
        // seq_cst (default): pairs with rewind() (sleepers)
        return words_->rewinds.load();
    }

    // ---- For whoever has taken a job, or called ------------------------------------------------------------------

    cell& at(std::uint64_t position) const noexcept {
        const std::uint64_t index = mask_ != 0 ? position & mask_ : position % count_;
        return *reinterpret_cast<cell*>(cells_ + static_cast<std::size_t>(index * cell_bytes));
    }
    // To `state`, from what was seen. False: another one was faster, or it is damaged.
    static bool change(cell& record, std::uint64_t& seen, std::uint64_t state) noexcept {
        // seq_cst (default): pairs with the loads in look() (job) and of those who wait (room, reply)
        return record.state.compare_exchange_strong(seen, state);
    }
    // G2, after G1. seq_cst (default): pairs with rewinds() (sleepers)
    void rewind() const noexcept { words_->rewinds.fetch_add(1); }
    // `to` has the job's length.
    void copy_job(const seen_record& job, std::span<std::byte> to) const noexcept { load(job.position, 0, to); }
    // `failed`: the bytes say why the job failed.
    void write_reply(std::uint64_t position, std::uint64_t job_bytes, std::span<const std::byte> reply,
                     bool failed) const noexcept;
    struct copied_reply {
        std::vector<std::byte> bytes;
        bool failed;
    };
    // Of a record whose room has `room_bytes`; nothing if what it says can't be.
    std::optional<copied_reply> copy_reply(std::uint64_t position, std::uint64_t job_bytes,
                                           std::uint64_t room_bytes) const;

    // ---- For whoever waits ---------------------------------------------------------------------------------------

    // Whether there is a record at `position`, or was.
    bool has_news(std::uint64_t position) const noexcept {
        const cell& c = at(position);
        // acquire: pairs with the release in push() (position): the state is not of a record that was there before
        const std::uint64_t here = c.position.load(std::memory_order_acquire);
        // acquire: pairs with the compare-and-swap in change() (job)
        return here > position || (here == position && is_of(c.state.load(std::memory_order_acquire), position));
    }
    // Whether the record that stood at `head` is done, or gone.
    bool front_has_moved(std::uint64_t head) const noexcept {
        const cell& c = at(head);
        // seq_cst (default): pairs with the compare-and-swap that finishes a job, in queue.cpp (room). A state that is
        // of a later record brings its position with it.
        return (c.state.load() & kind_bits) == done || c.position.load() != head;
    }

   private:
    enum class sight : std::uint8_t { record, nothing, gone, corrupt };
    // What is at a position: `seen` only for a record; gone: its cell is that of a later one.
    sight look(std::uint64_t position, seen_record& seen) const noexcept;
    static bool is_of(std::uint64_t state, std::uint64_t position) noexcept {
        const std::uint64_t kind = state & kind_bits;
        if (kind == taken) return true;
        return kind >= ready && kind <= done && (state & shared::identity_bits) == in_state(position);
    }

    struct bounds {
        std::uint64_t head, tail;
    };
    bool can_be(const bounds& b) const noexcept { return b.head <= b.tail && b.tail - b.head <= count_; }
    std::optional<bounds> own_bounds() const noexcept;
    bounds any_bounds() const noexcept;
    bool advance_head(bounds& b, std::uint64_t cells) const noexcept;
    void expect_cell(std::uint64_t position) const noexcept {
        shared::expect_to_write(&at(position));
        shared::expect_to_write(reinterpret_cast<const std::byte*>(&at(position)) + 64);
    }
    template <class Run>
    void each_run(std::uint64_t position, std::uint64_t offset, std::size_t count, Run&& run) const noexcept;
    void store(std::uint64_t position, std::uint64_t offset, std::span<const std::byte> bytes) const noexcept;
    void load(std::uint64_t position, std::uint64_t offset, std::span<std::byte> to) const noexcept;

    ring_words* words_;
    std::byte* cells_;
    std::uint64_t count_;  // of cells
    std::uint64_t mask_;   // of the position, where the count is a power of two: to divide takes longer
    bool checked_;
};

}  // namespace samepage::queues
