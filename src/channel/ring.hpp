// The messages of a channel in shared memory: sending one, and reading along.
// SPDX-License-Identifier: MIT
//
// Layout (layout.hpp): a ring of R bytes. A *position* counts the bytes of all records ever written; the record at
// position p begins at byte p mod R of the ring. Records are contiguous; padding fills the ring's end where the next
// one doesn't fit. A ring has 8 segments; marks[i] is the position of the first record that begins in segment i or, if
// none does, after it.
//
// Roles: one sender at a time, the one that owns the channel's owner word; any number of subscribers, who read.
//
//   sender of record [p, e), message number n           subscriber at position r, which expects number n
//   S1 room: oldest = a record >= e + 16 - R             R1 meta of r: 0? then R3, and nothing is there
//   S2 head at e: meta 0, sequence n + 1                 R2 copy size, number and bytes out, bounded
//   S3 the message's bytes                               R3 oldest: beyond r? then overtaken, forget the copy
//   S4 meta of p: the record is there                    R4 the message was whole; r = its end, n + 1
//   S5 marks, where [p, e) touches another segment
//   S6 tail = e, next = n + 1
//
// Invariants
//   I1 The head at the end of the last record has meta 0 and the next number, from before the record is there: so a
//      subscriber at the end waits at a word that only S4 changes, and what was there a lap ago is never taken for it.
//   I2 Bytes of a record at position q are written over only when oldest > q. Every word is stored with release and
//      loaded with acquire (words.hpp), and S1 is before S2 and S3: a copy that has a byte of a later record sees in R3
//      that it was overtaken.
//   I3 `oldest`, the marks and `tail` are positions of records' heads; oldest <= tail <= oldest + R - 16.
//   I4 `oldest` passes no registered subscriber that lives. Registering takes a turn, so none comes in between.
//
// Crash story: killed
//   before S4: nothing was sent. `oldest` may have moved on: some old messages are gone, a little early. The next
//     sender writes its own record over what there is at p.
//   after S4: the message was sent. `tail` may still be p: the next sender, who hears of the death when it gets the
//     turn, finds a record there, does S5 and S6 again (both give the same) and goes on. Nobody else looks at the head
//     at the tail before writing it: subscribers poll it, so its cache line would have to come from them first.
//     Subscribers never look at `tail`, except to begin.
// A stopped sender keeps its turn; subscribers see what has been sent.
//
// Loans: a block is outside the ring, so it has no place in the order. Lending takes a turn, sending too.
//   L1 borrower = identity: lent                         C1 blocks[b].position = p
//   …the borrower writes into the block…                 C2 the record at p, as S1 to S6, saying "block b"
//                                                        C3 borrower = 0
//   A block is *referred to* if a record that is kept names it. That is decided by S4 of C2, one store: killed before
//   it, the block is a dead one's loan; killed after it, it is a message. A block that is referred to is lent again
//   only after `oldest` has passed its record, so I2 holds for its bytes too (on processors that reorder stores, from
//   the release of the turn on). In the turn of C2, after C3, the oldest such message may be given up, as in S1: then
//   the next loan finds a free block.
//   I5 But for what a dead sender left, blocks[b].position is the position of the record that names b, if that is kept:
//      so nobody looks at the ring to find out. After a death, whoever gets the turn compares with the ring and takes
//      back what never came to S4.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "channel/layout.hpp"
#include "shared/words.hpp"

namespace samepage::channels {

// Where a subscriber stands.
struct reading_place {
    std::uint64_t position = 0;
    std::uint64_t sequence = 0;  // of the message that it expects there
};

class ring {
   public:
    enum class sent : std::uint8_t { done, blocked, corrupt };
    struct outcome {
        sent how = sent::corrupt;
        std::uint64_t sequence = 0;  // done: the message's number
        // blocked: by this registered subscriber, which must come to `needed`
        std::uint32_t subscriber = 0;
        std::uint64_t needed = 0;
    };

    enum class sight : std::uint8_t { message, nothing, overtaken, passed, corrupt };
    struct found {
        sight how = sight::corrupt;
        bool loaned = false;
        std::uint64_t size_bytes = 0;
        std::uint64_t end = 0;            // where the next record is
        const std::byte* data = nullptr;  // readable for copy_room(size_bytes)
    };

    // `object` points to the object's first byte; it is object_bytes() long.
    ring(std::byte* object, const shape& s) noexcept
        : body_(reinterpret_cast<body*>(object + shared::body_offset)),
          ring_(object + ring_offset),
          blocks_(object + s.blocks_offset()),
          ring_bytes_(s.ring_bytes),
          shape_(s) {}

    const shape& its_shape() const noexcept { return shape_; }

    // The body of a new channel. relaxed: nobody else sees it yet.
    void initialise() const noexcept {
        head_at(0).sequence.store(1, std::memory_order_relaxed);
        body_->next.store(1, std::memory_order_relaxed);
        for (block_slot& slot : body_->blocks) slot.position.store(no_position, std::memory_order_relaxed);
    }

    // ---- For the sender whose turn it is ---------------------------------------------------------------------------

    // Sends if that needs nothing but the stores: the message's number, or 0; then send() does it.
    [[gnu::always_inline]] inline std::uint64_t try_send(std::span<const std::byte> message) const noexcept {
        // Locals: for all that the compiler knows, the stores below change members.
        body& b = *body_;
        std::byte* const records = ring_;
        const std::uint64_t ring_bytes = ring_bytes_;
        // relaxed: senders alone write it, and the last one's came with the turn.
        const std::uint64_t position = b.tail.load(std::memory_order_relaxed);
        const std::uint64_t sequence = b.next.load(std::memory_order_relaxed);
        const std::uint64_t oldest = b.oldest.load(std::memory_order_relaxed);
        const std::uint64_t offset = position & (ring_bytes - 1);
        const std::uint64_t record_bytes = sizeof(record_head) + shared::copy_room(message.size());
        const std::uint64_t end = position + record_bytes;
        const bool plain = (position & 15) == 0 && offset + record_bytes <= ring_bytes &&
                           end + sizeof(record_head) - oldest <= ring_bytes;
        if (!plain) [[unlikely]]
            return 0;
        const auto at = [&](std::uint64_t where) -> record_head& {
            return *reinterpret_cast<record_head*>(records + static_cast<std::size_t>(where & (ring_bytes - 1)));
        };
        // Where the messages after this one come: subscribers have read those lines a lap ago, so they must come back.
        shared::expect_to_write(&at(end + 256));
        begin(at(end), sequence + 1);
        std::byte* const head = records + static_cast<std::size_t>(offset);
        shared::store_bytes(head + sizeof(record_head), message.data(), message.size());
        appear(*reinterpret_cast<record_head*>(head), message_record, message.size());
        if (((position ^ end) & ~(ring_bytes / segments_count - 1)) != 0) [[unlikely]]
            set_marks(position, end);
        advance(b, end, sequence + 1);
        return sequence;
    }
    outcome send(std::span<const std::byte> message) const noexcept;

    // Ends what a dead sender had begun: S5 and S6 of records that are there; else takes C1 back. False: corrupt.
    bool catch_up() const noexcept;
    struct blocks_seen {
        std::optional<std::uint32_t> free;    // a block that is neither on loan nor a message
        std::optional<std::uint32_t> oldest;  // no free one: of those that are messages, the oldest's
        std::uint64_t oldest_position = 0;
        bool is_any_lent = false;
    };
    std::optional<std::uint32_t> free_block() const noexcept;
    blocks_seen look_at_blocks() const noexcept;
    // Gives up the messages to the one at that position, which has a block: then that is free.
    outcome give_up_loan(std::uint64_t position) const noexcept;
    // What a loan's sender writes has been read by subscribers: so it comes back while the block is filled.
    void expect_loan(std::uint32_t block) const noexcept {
        const std::uint64_t position = body_->tail.load(std::memory_order_relaxed);  // relaxed: as in try_send()
        shared::expect_to_write(&head_at(position));
        shared::expect_to_write(&head_at(position + 32));
        shared::expect_to_write(blocks_ + static_cast<std::size_t>(block * shape_.block_bytes()));
    }
    void lend(std::uint32_t block, std::uint64_t identity) const noexcept {
        expect_loan(block);
        // release: pairs with the acquire in borrower_of() (block). A survivor finds it lent by a dead one.
        body_->blocks[block].borrower.store(identity, std::memory_order_release);
    }
    outcome send_loan(std::uint32_t block, std::uint64_t size_bytes) const noexcept;
    // Puts a new registered subscriber at the oldest record or at the end; its slot, or none: all are taken.
    std::optional<std::uint32_t> register_subscriber(std::uint64_t identity, const reading_place& at) const noexcept;
    // Frees the slot if `identity` has it: a dead one's in a turn, one's own at any time.
    void unregister(std::uint32_t slot, std::uint64_t identity) const noexcept;

    // ---- For anybody -----------------------------------------------------------------------------------------------

    subscriber_slot& subscriber(std::uint32_t slot) const noexcept { return body_->subscribers[slot]; }
    std::uint64_t borrower_of(std::uint32_t block) const noexcept {
        // acquire: pairs with the release in end_loan() (block)
        return body_->blocks[block].borrower.load(std::memory_order_acquire);
    }
    void end_loan(std::uint32_t block) const noexcept {
        // release: pairs with the acquire in borrower_of() (block). A survivor finds it free, or lent by a dead one.
        body_->blocks[block].borrower.store(0, std::memory_order_release);
    }
    std::span<std::byte> block(std::uint32_t index) const noexcept {
        return {blocks_ + static_cast<std::size_t>(index * shape_.block_bytes()),
                static_cast<std::size_t>(shape_.capacity_bytes)};
    }

    // What is at this place, without having copied it: the caller copies, and then asks is_kept(). `usual_bytes`: its
    // probable size. If it is right, then where the next record begins is known before this one's line has come from
    // another processor: a guess of the branch predictor, and the next line is on its way, too.
    [[gnu::always_inline]] inline found look(const reading_place& at, std::uint32_t usual_bytes = 0) const noexcept {
        const record_head& head = head_at(at.position);
        // acquire: pairs with the release in commit() (record)
        const std::uint64_t meta = head.meta.load(std::memory_order_acquire);
        found f;
        if (meta == 0) {
            f.how = is_kept(at.position) ? sight::nothing : sight::overtaken;
            return f;
        }
        f.size_bytes = static_cast<std::uint32_t>(meta);
        if (f.size_bytes == usual_bytes) {
            // Else the compiler would use the one that was loaded.
            asm volatile("" : "+r"(usual_bytes));
            f.size_bytes = usual_bytes;
        }
        f.end = at.position + sizeof(record_head) + shared::copy_room(f.size_bytes);
        f.data = data_at(at.position);
        const bool plain = meta >> 32 == message_record && f.size_bytes <= shape_.capacity_bytes &&
                           offset_of(at.position) + (f.end - at.position) <= ring_bytes_ &&
                           // acquire: pairs with the release in begin() (payload)
                           head.sequence.load(std::memory_order_acquire) == at.sequence;
        if (!plain) [[unlikely]]
            return look_closer(at, meta);
        f.how = sight::message;
        return f;
    }
    // While there is nothing: the second cache line of what comes there, so that it comes together with the first.
    void expect(const reading_place& at) const noexcept { __builtin_prefetch(&head_at(at.position + 64)); }
    // Whether there is something to look at: a record, or a loss.
    bool has_news(std::uint64_t position) const noexcept {
        // acquire: pairs with the release in commit() (record)
        return head_at(position).meta.load(std::memory_order_acquire) != 0 || !is_kept(position);
    }
    // Whether the record at this position, of which something was loaded before, has been there all the time.
    bool is_kept(std::uint64_t position) const noexcept {
        // acquire: pairs with the release in give_up() (payload); those on the copy's words keep it behind the copy
        return body_->oldest.load(std::memory_order_acquire) <= position;
    }

    // The oldest record that is kept, as of now; none: senders were faster in every try, or its position cannot be.
    std::optional<reading_place> oldest() const noexcept;
    // The place at a record's position that somebody else gave; none: it isn't kept.
    std::optional<reading_place> place_at(std::uint64_t position) const noexcept;
    // The end, as of now.
    std::optional<reading_place> newest() const noexcept;

   private:
    std::uint64_t offset_of(std::uint64_t position) const noexcept { return position & (ring_bytes_ - 1); }
    record_head& head_at(std::uint64_t position) const noexcept {
        return *reinterpret_cast<record_head*>(ring_ +
                                               static_cast<std::size_t>(offset_of(position) & ~std::uint64_t{15}));
    }
    std::byte* data_at(std::uint64_t position) const noexcept {
        return ring_ + static_cast<std::size_t>(offset_of(position) & ~std::uint64_t{15}) + sizeof(record_head);
    }

    // S2, at the end.
    static void begin(record_head& next, std::uint64_t next_sequence) noexcept {
        // release: pairs with the acquire in look() (payload). A survivor sees nothing of it: no record leads there.
        next.meta.store(0, std::memory_order_release);
        next.sequence.store(next_sequence, std::memory_order_release);
    }
    // S4.
    static void appear(record_head& head, record_kind kind, std::uint64_t size_bytes) noexcept {
        // release: pairs with the acquires in look() and has_news() (record). From here on the record is there.
        head.meta.store(size_bytes | std::uint64_t{kind} << 32, std::memory_order_release);
    }
    // S6.
    static void advance(body& b, std::uint64_t end, std::uint64_t next_sequence) noexcept {
        // release: pairs with the acquire in newest() (tail). A survivor that finds the old one does the same again.
        b.tail.store(end, std::memory_order_release);
        // relaxed: senders alone read it.
        b.next.store(next_sequence, std::memory_order_relaxed);
    }
    // S4 to S6.
    void commit(std::uint64_t position, std::uint64_t end, record_kind kind, std::uint64_t size_bytes,
                std::uint64_t next_sequence) const noexcept {
        appear(head_at(position), kind, size_bytes);
        if (((position ^ end) & ~(segment_bytes() - 1)) != 0) set_marks(position, end);
        advance(*body_, end, next_sequence);
    }
    std::uint64_t segment_bytes() const noexcept { return ring_bytes_ / segments_count; }
    void set_marks(std::uint64_t position, std::uint64_t end) const noexcept;
    outcome prepare(std::uint64_t record_bytes, std::uint64_t& position) const noexcept;
    std::optional<std::uint32_t> in_the_way(std::uint64_t position) const noexcept;
    void give_up(std::uint64_t position) const noexcept;
    std::uint64_t record_end(std::uint64_t position, std::uint64_t meta) const noexcept;
    bool is_referred_to(std::uint32_t block) const noexcept;
    bool is_named_by(std::uint32_t block, std::uint64_t position) const noexcept;
    void forget_unsent_loans() const noexcept;
    // Of three or more blocks one is free for the next loan, if none is lent and no registered subscriber wants the
    // oldest message. `oldest`, which all subscribers look at, changes now, and not between the next loan and its
    // message.
    void keep_one_free() const noexcept;
    found look_closer(const reading_place& at, std::uint64_t meta) const noexcept;

    body* body_;
    std::byte* ring_;
    std::byte* blocks_;
    std::uint64_t ring_bytes_;
    shape shape_;
};

}  // namespace samepage::channels
