// The jobs of a queue in shared memory: a ring of records, changed so that a kill anywhere leaves each job whole.
// SPDX-License-Identifier: MIT
//
// Layout (layout.hpp): five words and a ring of records, one behind the other from `head` to `tail`. A record never
// wraps; where one doesn't fit any more, a record that is done fills the ring up to its end.
//
// Roles. The owner of the queue's owner word pushes, takes, gives back and sweeps. Who has taken a job is alone with
// its record and finishes it without the owner word; so is the caller with a record that was replied to.
//
//   push (owner)                                        take (owner)
//   P1 head over records that are done, for room        T1 from cursor on: the first ready record
//   P2 last = where the job will be                     T2 its state: taken by me, deliveries + 1   <- commits
//   P3 at the ring's end: padding; tail over it         T3 cursor behind it
//   P4 the record at tail, ready                        give back (owner)
//   P5 tail behind it                 <- commits        G1 cursor back to it
//   P6 last_id = its id                                 G2 its state: ready                         <- commits
//   acknowledge (taker)                                 reply (taker)
//   A1 its state: done                <- commits        R1 the reply's bytes and length
//   fetch (caller)                                      R2 its state: replied                       <- commits
//   F1 copy the reply                                   sweep (owner), of the records before cursor
//   F2 its state: done                                  S1 taken by a dead one: as G1, G2   S2 ready: as G1
//                                                       S3 replied to a dead one: done
//                                                       S4 several that are done become one, by its size
//
// Invariants
//   I1 The record of a job, but for its state, reply and caller, doesn't change from P5 on until its state is done and
//      head is behind it.
//   I2 A state changes by a compare-and-swap from exactly what was seen. `taken` is left only by its taker, or by the
//      owner when the kernel says that the taker is dead; `replied` by its caller, or, after its end or when it has
//      given up, by the owner. Identities never come twice, so nobody finishes what another has by now.
//   I3 Nothing before cursor is ready, but for a job that was given back without the owner word (which a stopped owner
//      may keep); sweeps find that. So taking looks at one record when all is well, and a sweep, thanks to S4, at no
//      more than twice as many as are unfinished.
//   I4 last_id is the id of the job at `last`, but between P5 and P6. While last isn't before tail (P2 to P5), no push
//   has
//      been committed since last_id was stored: also when several pushers die one after the other, since `last` is
//      there
//      before P3 moves tail.
//   I5 Whoever waits for a job has seen cursor == tail; each push and give back ends that. Whoever waits for room has
//      seen a record at head that isn't done; finishing it ends that.
//
//   I6 Nobody but sweeps and pushers touches a record that is done.
//
// Crash story
//   P1-P4, T1: nothing has changed for anybody. Padding that is committed is as good as none.
//   P5: the job is pushed, whether or not its pusher lived to hear of it. Who takes the owner word of the dead does P6
//     (repair); otherwise two jobs would get one id.
//   T2: the job is taken by a dead one; S1 gives it to the next. T3 missing: takers look at one record more.
//   G1: takers look at some records more. G2: it is ready.
//   A1, R2, F2, S3, S4: that one store is all. A reply that was cut short (R1) is written anew by the next taker.
//   Caller killed: its job is done by somebody all the same, its reply is dropped by S3, or P1 of one who needs room.
#pragma once

#include <array>
#include <atomic>
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

// What stands at a position, its lengths checked against the ring.
struct seen_record {
    record* at;
    std::uint64_t position, state, size_bytes;
    std::uint64_t job_bytes, room_bytes;  // unless it is done

    std::uint64_t kind() const noexcept { return state & state_bits; }
    std::uint64_t end() const noexcept { return position + size_bytes; }
};

class ring {
   public:
    enum class outcome : std::uint8_t { good, none, corrupt };
    struct pushed {
        outcome how;                   // none: there is no room
        std::uint64_t position, id;    // none: of what stands in the way
        std::uint64_t in_the_way = 0;  // its state
        std::uint64_t caller = 0;      // and who waits for its reply
    };
    struct counts {
        std::uint64_t ready = 0, taken = 0, replied = 0, used_bytes = 0, next_id = 0;
        std::uint64_t oldest_id = 0, oldest_state = 0;  // of the jobs that are with a taker
    };

    // `object` points to the object's first byte; it is object_bytes() long.
    ring(std::byte* object, const shape& s) noexcept
        : words_(reinterpret_cast<ring_words*>(object + words_offset)),
          records_(object + ring_offset),
          ring_bytes_(s.ring_bytes),
          checked_(s.checked) {}

    std::uint64_t ring_bytes() const noexcept { return ring_bytes_; }
    bool checked() const noexcept { return checked_; }

    // ---- For the owner -------------------------------------------------------------------------------------------
    // All bound their steps by the ring's size, whatever stands there; false or corrupt: it can't be.

    // After an owner's death: what it had committed and not finished.
    bool repair() const noexcept;
    // `caller`: who waits for a reply, or 0. At most ring_bytes() with its record.
    pushed push(std::span<const std::byte> bytes, std::uint64_t caller, std::uint64_t room_bytes, census& who) const;
    // The oldest ready job, taken by `me`; its state then stands in `got`.
    outcome take(std::uint64_t me, seen_record& got) const noexcept;
    // Makes ready what dead takers had, frees what dead callers were to fetch, and moves head. True in `found` if there
    // is something ready before cursor now, in `freed` if head has moved.
    bool sweep(census& who, bool& found, bool& freed) const noexcept;
    bool count(counts& all) const noexcept;
    // Appends what of the oldest unfinished records anybody may see, at most `count_max`.
    struct listed {
        std::uint64_t id, state, caller, job_bytes;
    };
    bool list(std::vector<listed>& all, std::size_t count_max) const;
    void lower_cursor(std::uint64_t position) const noexcept;

    // ---- For whoever has taken a job, or called ------------------------------------------------------------------

    record& at(std::uint64_t position) const noexcept {
        return *reinterpret_cast<record*>(records_ + static_cast<std::size_t>(position % ring_bytes_));
    }
    // The job of a record that this one has taken.
    std::vector<std::byte> copy_job(const seen_record& job) const;
    void write_reply(std::uint64_t position, std::uint64_t job_bytes, std::span<const std::byte> reply) const noexcept;
    // Of a record whose room has `room_bytes`; nothing if what it says can't be.
    std::optional<std::vector<std::byte>> copy_reply(std::uint64_t position, std::uint64_t job_bytes,
                                                     std::uint64_t room_bytes) const;

    // ---- For whoever waits ---------------------------------------------------------------------------------------

    bool may_be_ready() const noexcept {
        // relaxed: the sleeper's read of the owner word brings both (sleepers)
        return words_->cursor.load(std::memory_order_relaxed) != words_->tail.load(std::memory_order_relaxed);
    }
    // Whether the record that stood at `head` is done, or gone.
    bool front_has_moved(std::uint64_t head) const noexcept {
        // seq_cst (default): pairs with the compare-and-swap that finishes a job, in queue.cpp (room). In this order: a
        // state that is of a later record brings the head that has moved with it.
        return (at(head).state.load() & state_bits) == done || words_->head.load() != head;
    }

   private:
    struct bounds {
        std::uint64_t head, tail, cursor;
    };
    std::optional<bounds> look_at_words() const noexcept;
    std::optional<seen_record> look(std::uint64_t position, std::uint64_t tail) const noexcept;
    bool advance_head(bounds& b, census& who) const noexcept;

    std::byte* bytes_of(std::uint64_t position) const noexcept {
        return reinterpret_cast<std::byte*>(&at(position)) + sizeof(record);
    }

    ring_words* words_;
    std::byte* records_;
    std::uint64_t ring_bytes_;
    bool checked_;
};

}  // namespace samepage::queues
