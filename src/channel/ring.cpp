// The slow paths of a channel's ring. The protocol is in the header.
// SPDX-License-Identifier: MIT
//
// relaxed: what senders alone write came with the turn.
#include "channel/ring.hpp"

namespace samepage::channels {

namespace {

constexpr unsigned tries_max = 100;
constexpr std::uint64_t loaned_record_bytes = sizeof(record_head) + 16;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) noexcept {
    return (value + unit - 1) & ~(unit - 1);
}

constexpr bool is_aligned(std::uint64_t position) noexcept { return (position & 15) == 0; }

std::atomic<std::uint64_t>& word_at(std::byte* at) noexcept {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(at);
}

}  // namespace

// ---- Sending -------------------------------------------------------------------------------------------------------

// Where the record ends that `meta` describes at `position`; 0: such a record cannot be there.
std::uint64_t ring::record_end(std::uint64_t position, std::uint64_t meta) const noexcept {
    const std::uint64_t size_bytes = static_cast<std::uint32_t>(meta);
    const std::uint64_t room_bytes = ring_bytes_ - offset_of(position) - sizeof(record_head);
    // Padding is shorter than the record that did not fit: so none follows another, and whoever passes it gets on.
    if (size_bytes > shape_.capacity_bytes) return 0;
    switch (meta >> 32) {
        case message_record:
            if (shared::copy_room(size_bytes) > room_bytes) return 0;
            return position + sizeof(record_head) + shared::copy_room(size_bytes);
        case padding_record: return size_bytes == room_bytes ? position + sizeof(record_head) + size_bytes : 0;
        case loaned_record: return room_bytes >= 16 ? position + loaned_record_bytes : 0;
        default: return 0;
    }
}

void ring::set_marks(std::uint64_t position, std::uint64_t end) const noexcept {
    // By distance: it ends for positions too that something else has written, just below 2^64.
    for (std::uint64_t at = round_up(position + 1, segment_bytes()); at - position <= end - position;
         at += segment_bytes())
        body_->marks[at / segment_bytes() % segments_count].store(end, std::memory_order_relaxed);
}

// Positions that no record stands behind: C1 of a sender that died before S4.
void ring::forget_unsent_loans() const noexcept {
    for (std::uint32_t i = 0; i < shape_.loans; ++i) {
        const std::uint64_t position = body_->blocks[i].position.load(std::memory_order_relaxed);
        if (!is_referred_to(i) || !is_named_by(i, position))
            body_->blocks[i].position.store(no_position, std::memory_order_relaxed);
    }
}

bool ring::catch_up() const noexcept {
    for (unsigned records = 0; records < 3; ++records) {
        const std::uint64_t position = body_->tail.load(std::memory_order_relaxed);
        const std::uint64_t meta = head_at(position).meta.load(std::memory_order_relaxed);
        if (meta == 0) {
            body_->next.store(head_at(position).sequence.load(std::memory_order_relaxed), std::memory_order_relaxed);
            forget_unsent_loans();
            return true;
        }
        const std::uint64_t end = record_end(position, meta);
        if (end == 0) return false;
        set_marks(position, end);
        // release: pairs with the acquire in newest() (tail)
        body_->tail.store(end, std::memory_order_release);
    }
    return false;
}

// A registered subscriber that has not come to `position` yet.
std::optional<std::uint32_t> ring::in_the_way(std::uint64_t position) const noexcept {
    // acquire: pairs with the release in unregister() (slot)
    const auto identity = [this](std::uint32_t i) {
        return body_->subscribers[i].identity.load(std::memory_order_acquire);
    };
    static_assert(subscribers_max % 4 == 0);
    for (std::uint32_t first = 0; first < subscribers_max; first += 4) {
        const bool nobody = (identity(first) | identity(first + 1) | identity(first + 2) | identity(first + 3)) == 0;
        if (nobody) [[likely]]
            continue;
        for (std::uint32_t i = first; i < first + 4; ++i) {
            // acquire: pairs with the release in subscriber_bytes::state::announce() (place)
            if (identity(i) != 0 && body_->subscribers[i].position.load(std::memory_order_acquire) < position) return i;
        }
    }
    return {};
}

// S1, when nobody is in the way.
void ring::give_up(std::uint64_t position) const noexcept {
    // release: pairs with the acquire in is_kept() (payload). A survivor finds fewer old messages.
    body_->oldest.store(position, std::memory_order_release);
}

// Makes the tail a place for a record of that length, and says where it is: read once and checked, never read again.
ring::outcome ring::prepare(std::uint64_t record_bytes, std::uint64_t& position) const noexcept {
    position = body_->tail.load(std::memory_order_relaxed);
    const std::uint64_t oldest = body_->oldest.load(std::memory_order_relaxed);
    if (!is_aligned(position) || !is_aligned(oldest) || oldest > position ||
        position - oldest > ring_bytes_ - sizeof(record_head))
        return {};
    const std::uint64_t left_bytes = ring_bytes_ - offset_of(position);
    const std::uint64_t padding_bytes = record_bytes > left_bytes ? left_bytes : 0;
    const std::uint64_t needed_end = position + padding_bytes + record_bytes + sizeof(record_head);
    if (needed_end - oldest > ring_bytes_) {
        // A whole segment at a time, so that `oldest`, which all subscribers look at, changes rarely.
        const std::uint64_t wanted = round_up(needed_end - ring_bytes_, segment_bytes());
        const std::uint64_t mark =
            body_->marks[wanted / segment_bytes() % segments_count].load(std::memory_order_relaxed);
        if (mark < wanted || mark > position || !is_aligned(mark)) return {};
        if (const auto blocking = in_the_way(mark)) return {sent::blocked, 0, *blocking, mark};
        give_up(mark);
    }
    if (padding_bytes != 0) {
        const std::uint64_t sequence = body_->next.load(std::memory_order_relaxed);
        begin(head_at(position + padding_bytes), sequence);
        commit(position, position + padding_bytes, padding_record, padding_bytes - sizeof(record_head), sequence);
        position += padding_bytes;
    }
    return {sent::done, 0, 0, 0};
}

ring::outcome ring::send(std::span<const std::byte> message) const noexcept {
    const std::uint64_t record_bytes = sizeof(record_head) + shared::copy_room(message.size());
    std::uint64_t position = 0;
    outcome ready = prepare(record_bytes, position);
    if (ready.how != sent::done) return ready;
    ready.sequence = body_->next.load(std::memory_order_relaxed);
    begin(head_at(position + record_bytes), ready.sequence + 1);
    shared::store_bytes(data_at(position), message.data(), message.size());
    commit(position, position + record_bytes, message_record, message.size(), ready.sequence + 1);
    return ready;
}

// ---- Loans ---------------------------------------------------------------------------------------------------------

bool ring::is_referred_to(std::uint32_t block) const noexcept {
    const std::uint64_t position = body_->blocks[block].position.load(std::memory_order_relaxed);
    return position >= body_->oldest.load(std::memory_order_relaxed) &&
           position < body_->tail.load(std::memory_order_relaxed);
}

bool ring::is_named_by(std::uint32_t block, std::uint64_t position) const noexcept {
    return is_aligned(position) && head_at(position).meta.load(std::memory_order_relaxed) >> 32 == loaned_record &&
           offset_of(position) + loaned_record_bytes <= ring_bytes_ &&
           word_at(data_at(position)).load(std::memory_order_relaxed) == block;
}

std::optional<std::uint32_t> ring::free_block() const noexcept {
    for (std::uint32_t i = 0; i < shape_.loans; ++i) {
        if (borrower_of(i) == 0 && !is_referred_to(i)) return i;
    }
    return {};
}

ring::blocks_seen ring::look_at_blocks() const noexcept {
    blocks_seen seen;
    for (std::uint32_t i = 0; i < shape_.loans; ++i) {
        if (borrower_of(i) != 0) {
            seen.is_any_lent = true;
            continue;
        }
        if (!is_referred_to(i)) {
            seen.free = i;
            break;
        }
        const std::uint64_t position = body_->blocks[i].position.load(std::memory_order_relaxed);
        if (!seen.oldest || position < seen.oldest_position) seen.oldest = i, seen.oldest_position = position;
    }
    return seen;
}

ring::outcome ring::give_up_loan(std::uint64_t position) const noexcept {
    const std::uint64_t next = position + loaned_record_bytes;
    if (const auto blocking = in_the_way(next)) return {sent::blocked, 0, *blocking, next};
    give_up(next);
    return {sent::done, 0, 0, 0};
}

void ring::keep_one_free() const noexcept {
    if (shape_.loans < 3) return;
    const blocks_seen seen = look_at_blocks();
    if (!seen.free && seen.oldest && !seen.is_any_lent) static_cast<void>(give_up_loan(seen.oldest_position));
    if (const auto next = seen.free ? seen.free : seen.oldest; next)
        shared::expect_to_write(blocks_ + static_cast<std::size_t>(*next * shape_.block_bytes()));
}

ring::outcome ring::send_loan(std::uint32_t block, std::uint64_t size_bytes) const noexcept {
    std::uint64_t position = 0;
    outcome ready = prepare(loaned_record_bytes, position);
    if (ready.how != sent::done) return ready;
    // C1. A survivor finds no record there that names the block, so it is a dead one's loan.
    body_->blocks[block].position.store(position, std::memory_order_relaxed);
    ready.sequence = body_->next.load(std::memory_order_relaxed);
    begin(head_at(position + loaned_record_bytes), ready.sequence + 1);
    // release: pairs with the acquire in look_closer() (payload)
    word_at(data_at(position)).store(block, std::memory_order_release);
    commit(position, position + loaned_record_bytes, loaned_record, size_bytes, ready.sequence + 1);
    end_loan(block);
    keep_one_free();
    return ready;
}

// ---- Subscribers ---------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> ring::register_subscriber(std::uint64_t identity, const reading_place& at) const noexcept {
    for (std::uint32_t i = 0; i < subscribers_max; ++i) {
        subscriber_slot& slot = body_->subscribers[i];
        // acquire: pairs with the release in unregister() (slot)
        if (slot.identity.load(std::memory_order_acquire) != 0) continue;
        slot.position.store(at.position, std::memory_order_relaxed);
        // release: pairs with the acquire in in_the_way() (slot). A survivor finds a free slot, or a dead one's.
        slot.identity.store(identity, std::memory_order_release);
        return i;
    }
    return {};
}

void ring::unregister(std::uint32_t slot, std::uint64_t identity) const noexcept {
    std::uint64_t seen = identity;
    // seq_cst (default): pairs with the acquires in register_subscriber() and in_the_way() (slot), and with the load in
    // when_there_is_room() (slot, sleepers)
    body_->subscribers[slot].identity.compare_exchange_strong(seen, 0);
}

ring::found ring::look_closer(const reading_place& at, std::uint64_t meta) const noexcept {
    found f;
    f.end = record_end(at.position, meta);
    f.size_bytes = static_cast<std::uint32_t>(meta);
    // acquire: pairs with the release in begin() (payload)
    const bool is_next = head_at(at.position).sequence.load(std::memory_order_acquire) == at.sequence;
    if (f.end != 0 && is_next && meta >> 32 == padding_record) {
        f.how = sight::passed;
    } else if (f.end != 0 && is_next && meta >> 32 == loaned_record) {
        // acquire: pairs with the release in send_loan() (payload)
        const std::uint64_t number = word_at(data_at(at.position)).load(std::memory_order_acquire);
        f.how = number < shape_.loans ? sight::message : sight::corrupt;
        f.loaned = true;
        if (f.how == sight::message) {
            f.data = block(static_cast<std::uint32_t>(number)).data();
            __builtin_prefetch(f.data);
        }
    }
    if (f.how != sight::message && !is_kept(at.position)) f.how = sight::overtaken;
    return f;
}

std::optional<reading_place> ring::oldest() const noexcept {
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        // acquire: pairs with the release in give_up() (payload)
        const std::uint64_t position = body_->oldest.load(std::memory_order_acquire);
        if (!is_aligned(position)) break;
        if (const auto at = place_at(position)) return at;
    }
    return {};
}

std::optional<reading_place> ring::place_at(std::uint64_t position) const noexcept {
    if (!is_aligned(position)) return {};
    // acquire: pairs with the release in begin() (payload)
    const std::uint64_t sequence = head_at(position).sequence.load(std::memory_order_acquire);
    if (!is_kept(position)) return {};
    return reading_place{position, sequence};
}

std::optional<reading_place> ring::newest() const noexcept {
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        // acquire: pairs with the release in commit() (tail)
        std::uint64_t position = body_->tail.load(std::memory_order_acquire);
        if (!is_aligned(position)) break;
        // A sender may be, or have died, between a record and the tail; it need not be the very end with busy ones.
        for (unsigned records = 0; records < 4; ++records) {
            const std::uint64_t meta = head_at(position).meta.load(std::memory_order_acquire);
            const std::uint64_t end = meta == 0 ? 0 : record_end(position, meta);
            // What has been overtaken may be a message's bytes, and leads nowhere.
            if (end == 0 || !is_kept(position)) break;
            position = end;
        }
        if (const auto at = place_at(position)) return at;
    }
    return {};
}

}  // namespace samepage::channels
