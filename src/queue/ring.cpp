// Pushing, taking and sweeping in the ring of jobs. Layout, invariants and the crash story are in the header.
// SPDX-License-Identifier: MIT
//
// relaxed: the words and a record's fields are written by the owner of the owner word, which orders them; lengths are
// read once and checked, whatever they are.
#include "queue/ring.hpp"

#include <algorithm>

#include "shared/check.hpp"

namespace samepage::queues {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

// From what was seen to `next`. False: another one was faster, or it is damaged.
bool change(record& r, std::uint64_t& seen, std::uint64_t next) noexcept {
    // seq_cst (default): pairs with the loads in look() (job) and of those who wait (room, reply)
    return r.state.compare_exchange_strong(seen, next);
}

}  // namespace

bool census::is_dead(std::uint64_t word) noexcept {
    const std::uint64_t identity = word & shared::identity_bits;
    for (std::size_t i = 0; i < std::min(count_, known_.size()); ++i) {
        if (known_[i].identity == identity) return known_[i].dead;
    }
    const auto live = self_->is_live(word, "sweep a queue");
    const bool dead = live ? !*live : live.error().code() == errc::corrupt;
    known_[count_++ % known_.size()] = {identity, dead};
    return dead;
}

std::optional<ring::bounds> ring::look_at_words() const noexcept {
    const std::uint64_t head = words_->head.load(relaxed), tail = words_->tail.load(relaxed);
    // Below head after a kill, or when others moved head: nothing before head is ready.
    const std::uint64_t cursor = words_->cursor.load(relaxed);
    if ((head | tail | cursor) % alignment != 0 || tail - head > ring_bytes_) return std::nullopt;
    const bool before_head = head - cursor <= ring_bytes_;
    if (!before_head && cursor - head > tail - head) return std::nullopt;
    return bounds{head, tail, before_head ? head : cursor};
}

std::optional<seen_record> ring::look(std::uint64_t position, std::uint64_t tail) const noexcept {
    record& r = at(position);
    const std::uint64_t left = std::min(ring_bytes_ - position % ring_bytes_, tail - position);
    seen_record seen{&r, position, 0, r.size_bytes.load(relaxed), 0, 0};
    if (seen.size_bytes == 0 || seen.size_bytes % alignment != 0 || seen.size_bytes > left) return std::nullopt;
    // acquire: pairs with the compare-and-swap in change() of who finished or gave back the job (job)
    seen.state = r.state.load(std::memory_order_acquire);
    if (seen.kind() == done) return seen;
    if (seen.kind() < ready || seen.kind() > done || seen.size_bytes < sizeof(record)) return std::nullopt;
    seen.job_bytes = r.job_bytes.load(relaxed);
    seen.room_bytes = r.room_bytes.load(relaxed);
    if (record_bytes(seen.job_bytes, seen.room_bytes) > seen.size_bytes) return std::nullopt;
    return seen;
}

bool ring::repair() const noexcept {
    const auto b = look_at_words();
    if (!b) return false;
    const std::uint64_t last = words_->last.load(relaxed);
    if (last % alignment == 0 && last - b->tail <= ring_bytes_) return true;  // no push was committed since
    // It may be before head, done long ago: then its bytes still stand, because no push began since.
    if (last % alignment != 0 || b->tail - last > ring_bytes_) return false;
    if (ring_bytes_ - last % ring_bytes_ < sizeof(record)) return false;
    const std::uint64_t id = at(last).id.load(relaxed), known = words_->last_id.load(relaxed);
    if (id != known && id != known + 1) return false;
    words_->last_id.store(id, relaxed);  // P6; killed here, the next one repairs again
    return true;
}

// P1, S3. Head over all that is done, or was replied to somebody dead.
bool ring::advance_head(bounds& b, census& who) const noexcept {
    const std::uint64_t before = b.head;
    while (b.head != b.tail) {
        auto r = look(b.head, b.tail);
        if (!r) return false;
        if (r->kind() == replied) {
            const std::uint64_t caller = r->at->caller.load(relaxed);
            if ((caller == 0 || who.is_dead(caller)) && change(*r->at, r->state, done)) r->state = done;
        }
        if (r->kind() != done) break;
        b.head = r->end();
    }
    if (b.head == before) return true;
    // release: pairs with the loads in front_has_moved() (room). A survivor sees more room.
    words_->head.store(b.head, std::memory_order_release);
    if (b.head - b.cursor <= ring_bytes_) b.cursor = b.head;
    return true;
}

ring::pushed ring::push(std::span<const std::byte> bytes, std::uint64_t caller, std::uint64_t room_bytes,
                        census& who) const {
    const pushed cannot_be{outcome::corrupt, 0, 0};
    const std::uint64_t size = record_bytes(bytes.size(), room_bytes);
    auto b = look_at_words();
    if (!b) return cannot_be;
    const std::uint64_t to_end = ring_bytes_ - b->tail % ring_bytes_;
    const std::uint64_t padding = to_end < size ? to_end : 0;
    const auto fits = [&](std::uint64_t more) { return ring_bytes_ - (b->tail - b->head) >= more; };
    if (!fits(padding + size) && !advance_head(*b, who)) return cannot_be;
    // In an empty ring the padding is freed at once, so that a job as large as the ring fits wherever the tail is.
    if (!fits(padding + size) && b->head != b->tail) {
        const auto front = look(b->head, b->tail);
        if (!front) return cannot_be;
        return {outcome::none, b->head, front->at->id.load(relaxed), front->state, front->at->caller.load(relaxed)};
    }
    const bool nothing_ready = b->cursor == b->tail;
    words_->last.store(b->tail + padding, relaxed);  // P2: a survivor sees that no push is committed
    if (padding != 0) {
        record& p = at(b->tail);
        p.size_bytes.store(static_cast<std::uint32_t>(padding), relaxed);
        p.state.store(done, relaxed);
        b->tail += padding;
        words_->tail.store(b->tail, relaxed);  // P3: a survivor sees one record more that is done
        if (nothing_ready) words_->cursor.store(b->tail, relaxed);
        // release: pairs with the loads in front_has_moved() (room)
        if (!fits(size)) words_->head.store(b->tail, std::memory_order_release);
    }
    record& r = at(b->tail);
    const std::uint64_t id = words_->last_id.load(relaxed) + 1;
    r.size_bytes.store(static_cast<std::uint32_t>(size), relaxed);
    r.job_bytes.store(static_cast<std::uint32_t>(bytes.size()), relaxed);
    r.id.store(id, relaxed);
    r.caller.store(caller, relaxed);
    r.room_bytes.store(static_cast<std::uint32_t>(room_bytes), relaxed);
    r.reply_bytes.store(0, relaxed);
    r.check.store(checked_ ? shared::check_of(bytes, id) : 0, relaxed);
    shared::store_bytes(bytes_of(b->tail), bytes.data(), bytes.size());
    // release: pairs with the load of a stale record in front_has_moved() (room), which then sees the head that moved
    r.state.store(ready, std::memory_order_release);  // P4: a survivor sees nothing of it, it is behind tail
    // release: pairs with the acquire of the next owner (owner)
    words_->tail.store(b->tail + size, std::memory_order_release);  // P5: a survivor sees the job
    words_->last_id.store(id, relaxed);                             // P6
    return {outcome::good, b->tail, id};
}

ring::outcome ring::take(std::uint64_t me, seen_record& got) const noexcept {
    const auto b = look_at_words();
    if (!b) return outcome::corrupt;
    for (std::uint64_t at = b->cursor; at != b->tail;) {
        auto r = look(at, b->tail);
        if (!r) return outcome::corrupt;
        at = r->end();
        if (r->kind() != ready) continue;
        const std::uint64_t deliveries = std::min(deliveries_of(r->state) + 1, deliveries_max);
        const std::uint64_t mine = taken | me | deliveries << deliveries_shift;
        if (!change(*r->at, r->state, mine)) continue;  // T2: a survivor sees a dead taker. A caller withdrew it: go on
        words_->cursor.store(at, relaxed);              // T3
        got = *r;
        got.state = mine;
        return outcome::good;
    }
    if (words_->cursor.load(relaxed) != b->tail) words_->cursor.store(b->tail, relaxed);
    return outcome::none;
}

void ring::lower_cursor(std::uint64_t position) const noexcept {
    const std::uint64_t cursor = words_->cursor.load(relaxed);
    // Both are within one ring of each other. A survivor's takers look at some records more.
    if (cursor - position <= ring_bytes_) words_->cursor.store(position, relaxed);
}

bool ring::sweep(census& who, bool& found, bool& freed) const noexcept {
    auto b = look_at_words();
    if (!b) return false;
    const std::uint64_t head_before = b->head;
    if (!advance_head(*b, who)) return false;
    freed = b->head != head_before;
    std::optional<seen_record> run;  // of records that are done
    // Up to cursor, and over what is not ready there: a taker died before T3.
    for (std::uint64_t at = b->head; at != b->tail;) {
        const bool before_cursor = at - b->head < b->cursor - b->head;
        // A record that reaches beyond cursor isn't where cursor was.
        auto r = look(at, before_cursor ? b->cursor : b->tail);
        if (!r) return false;
        if (r->kind() == ready && !before_cursor) break;
        const bool has_died = r->kind() == taken && who.is_dead(r->state);
        if (has_died || r->kind() == ready) {
            if (!found) lower_cursor(at);  // S1, S2
            found = true;
        }
        if (has_died) change(*r->at, r->state, ready | (r->state & deliveries_max << deliveries_shift));
        if (r->kind() == replied) {
            const std::uint64_t caller = r->at->caller.load(relaxed);
            if (caller == 0 || who.is_dead(caller)) change(*r->at, r->state, done);  // S3
        }
        if (r->kind() != done) {
            run.reset();
        } else if (!run || at % ring_bytes_ == 0 || at == b->cursor) {
            run = r;
        } else {  // S4: a survivor sees one record that is done, or several
            run->size_bytes += r->size_bytes;
            run->at->size_bytes.store(static_cast<std::uint32_t>(run->size_bytes), relaxed);
        }
        at = r->end();
    }
    return true;
}

bool ring::count(counts& all) const noexcept {
    const auto b = look_at_words();
    if (!b) return false;
    all.used_bytes = b->tail - b->head;
    all.next_id = words_->last_id.load(relaxed) + 1;
    for (std::uint64_t at = b->head; at != b->tail;) {
        const auto r = look(at, b->tail);
        if (!r) return false;
        at = r->end();
        if (r->kind() == ready) all.ready += 1;
        if (r->kind() == replied) all.replied += 1;
        if (r->kind() != taken) continue;
        all.taken += 1;
        if (all.taken > 1) continue;
        all.oldest_id = r->at->id.load(relaxed);
        all.oldest_state = r->state;
    }
    return true;
}

bool ring::list(std::vector<listed>& all, std::size_t count_max) const {
    const auto b = look_at_words();
    if (!b) return false;
    for (std::uint64_t at = b->head; at != b->tail && all.size() < count_max;) {
        const auto r = look(at, b->tail);
        if (!r) return false;
        at = r->end();
        if (r->kind() == done) continue;
        all.push_back({r->at->id.load(relaxed), r->state, r->at->caller.load(relaxed), r->job_bytes});
    }
    return true;
}

std::vector<std::byte> ring::copy_job(const seen_record& job) const {
    std::vector<std::byte> bytes(static_cast<std::size_t>(job.job_bytes));
    shared::load_bytes(bytes.data(), bytes_of(job.position), bytes.size());
    return bytes;
}

void ring::write_reply(std::uint64_t position, std::uint64_t job_bytes,
                       std::span<const std::byte> reply) const noexcept {
    std::byte* const room = bytes_of(position) + static_cast<std::size_t>(shared::copy_room(job_bytes));
    shared::store_bytes(room, reply.data(), reply.size());
    at(position).reply_bytes.store(static_cast<std::uint32_t>(reply.size()), relaxed);
}

std::optional<std::vector<std::byte>> ring::copy_reply(std::uint64_t position, std::uint64_t job_bytes,
                                                       std::uint64_t room_bytes) const {
    const std::size_t size = at(position).reply_bytes.load(relaxed);
    if (size > room_bytes) return std::nullopt;
    std::vector<std::byte> reply(size);
    shared::load_bytes(reply.data(), bytes_of(position) + static_cast<std::size_t>(shared::copy_room(job_bytes)), size);
    return reply;
}

}  // namespace samepage::queues
