// Pushing, taking and sweeping in the ring of jobs. Layout, invariants and the crash story are in the header.
// SPDX-License-Identifier: MIT
//
// relaxed: the words are written by the owner of the owner word, which orders them; a record's fields are read by its
// taker or caller, to whom the state word brought them, or in look(). Lengths are read once and checked.
#include "queue/ring.hpp"

#include <algorithm>

#include "shared/check.hpp"

namespace samepage::queues {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

// Head moves that far at once, so that not every push looks at it.
constexpr std::uint64_t head_batch = 64;

// How many cells before they are used pushers fetch them from the processor that had them last.
constexpr std::uint64_t cells_ahead = 8;

// A sweep begins at head, unless it saves more cells than that to begin where an earlier one has seen that all is done.
constexpr std::uint64_t worth_remembering = 256;

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

// ---- Looking -----------------------------------------------------------------------------------------------------

ring::sight ring::look(std::uint64_t position, seen_record& seen) const noexcept {
    cell& c = at(position);
    // acquire: pairs with the release in push() (position): the state is this record's or done
    if (const std::uint64_t here = c.position.load(std::memory_order_acquire); here != position) {
        return here > position ? sight::gone : sight::nothing;
    }
    // acquire: pairs with the compare-and-swap in change() and the release in push() (job)
    const std::uint64_t state = c.state.load(std::memory_order_acquire);
    if (!is_of(state, position)) return sight::nothing;
    // acquire: pairs with the releases in push() (position): of a later record, they bring its position
    const std::uint64_t job_bytes = c.job_bytes.load(std::memory_order_acquire),
                        room_bytes = c.room_bytes.load(std::memory_order_acquire);
    if (c.position.load(relaxed) != position) return sight::gone;
    seen = {&c, position, state, record_cells(job_bytes, room_bytes), job_bytes, room_bytes};
    return seen.cells <= count_ ? sight::record : sight::corrupt;
}

std::optional<ring::bounds> ring::own_bounds() const noexcept {
    const bounds b{words_->head.load(relaxed), words_->tail.load(relaxed)};
    if (!can_be(b)) return std::nullopt;
    return b;
}

// Head and tail of one moment, or head twice when pushers are too fast. They may be damaged.
ring::bounds ring::any_bounds() const noexcept {
    std::uint64_t before = head();
    for (unsigned tries = 0; tries < 100; ++tries) {
        // acquire: pairs with the release in push() (tail): head isn't older
        const std::uint64_t tail = words_->tail.load(std::memory_order_acquire);
        const std::uint64_t after = head();
        if (before == after) return {before, tail};
        before = after;
    }
    return {before, before};
}

// ---- Pushing -----------------------------------------------------------------------------------------------------

bool ring::repair() const noexcept {
    const auto b = own_bounds();
    if (!b) return false;
    seen_record r;
    const sight s = look(b->tail, r);
    if (s != sight::record) return s == sight::nothing;
    const std::uint64_t id = r.at->id.load(relaxed), known = words_->last_id.load(relaxed);
    if (r.end() - b->head > count_ || (id != known && id != known + 1)) return false;
    // P5; killed here, the next one repairs again. release: pairs with the acquire in any_bounds() (tail)
    words_->last_id.store(id, relaxed);
    words_->tail.store(r.end(), std::memory_order_release);
    return true;
}

// P1: until `cells` fit behind tail, if that is possible, and a little further.
bool ring::advance_head(bounds& b, std::uint64_t cells) const noexcept {
    const std::uint64_t before = b.head;
    while (b.head != b.tail && (count_ - (b.tail - b.head) < cells || b.head - before < head_batch)) {
        seen_record r;
        if (look(b.head, r) != sight::record || r.end() - b.head > b.tail - b.head) return false;
        if (r.kind() != done) break;
        b.head = r.end();
    }
    // release: pairs with the acquire in head() (room). A survivor sees more room.
    if (b.head != before) words_->head.store(b.head, std::memory_order_release);
    return true;
}

ring::pushed ring::push(std::span<const std::byte> bytes, std::uint64_t caller, std::uint64_t room_bytes) const {
    const std::uint64_t cells = record_cells(bytes.size(), room_bytes);
    auto b = own_bounds();
    if (!b) return {};
    if (count_ - (b->tail - b->head) < cells) {
        if (!advance_head(*b, cells)) return {};
        if (count_ - (b->tail - b->head) < cells) {
            seen_record front;
            if (look(b->head, front) != sight::record) return {};
            return {outcome::none, b->head, front.at->id.load(relaxed), front.state, front.at->caller.load(relaxed)};
        }
    }
    // P2. release: pairs with the acquires in look() and has_news() (position). All this is behind tail.
    cell& r = at(b->tail);
    r.position.store(b->tail, std::memory_order_release);
    for (std::uint64_t i = 1; i < cells; ++i) at(b->tail + i).position.store(b->tail + i, std::memory_order_release);
    const std::uint64_t id = words_->last_id.load(relaxed) + 1;
    // P3. release: pairs with the acquires in look() (position)
    r.job_bytes.store(static_cast<std::uint32_t>(bytes.size()), std::memory_order_release);
    r.room_bytes.store(static_cast<std::uint32_t>(room_bytes), std::memory_order_release);
    r.reply_bytes.store(0, relaxed);
    r.id.store(id, relaxed);
    r.caller.store(caller, relaxed);
    r.check.store(checked_ ? shared::check_of(bytes, id) : 0, relaxed);
    store(b->tail, 0, bytes);
    // P4. release: pairs with the acquires in look() and has_news() (job). A survivor sees the job.
    r.state.store(ready | in_state(b->tail), std::memory_order_release);
    // P5. release: pairs with the acquire in any_bounds() (tail). A survivor between both does them again.
    words_->last_id.store(id, relaxed);
    words_->tail.store(b->tail + cells, std::memory_order_release);
    if (count_ - (b->tail + cells - b->head) > cells_ahead) expect_cell(b->tail + cells + cells_ahead);
    return {outcome::good, b->tail, id};
}

// ---- Taking ------------------------------------------------------------------------------------------------------

ring::outcome ring::take(std::uint64_t me, std::uint64_t& at, seen_record& got) const noexcept {
    for (std::uint64_t steps = 0; steps <= 2 * count_; ++steps) {
        const sight s = look(at, got);
        if (s == sight::corrupt) return outcome::corrupt;
        if (s != sight::record) {
            // Its cells are a later record's, which head then brought with it, or it isn't there yet.
            const std::uint64_t first = head();
            if (first <= at) return s == sight::gone ? outcome::corrupt : outcome::none;
            at = first;
            continue;
        }
        if (got.kind() == ready) {
            const std::uint64_t deliveries = std::min(deliveries_of(got.state) + 1, deliveries_max);
            const std::uint64_t mine = taken | me | deliveries << deliveries_shift;
            if (!change(*got.at, got.state, mine)) continue;  // T3: a survivor sees a dead taker
            got.state = mine;
            at = got.end();
            return outcome::good;
        }
        at = got.end();
    }
    return outcome::none;
}

ring::swept ring::sweep(census& who, std::uint64_t& from, std::uint64_t until) const noexcept {
    swept result;
    const bounds b = any_bounds();
    result.sound = can_be(b);
    if (from - b.head > b.tail - b.head || from - b.head < worth_remembering) from = b.head;
    bool all_done = true;
    std::uint64_t at = from;
    for (std::uint64_t steps = 0; result.sound && steps <= 2 * count_; ++steps) {
        seen_record r;
        const sight s = look(at, r);
        result.sound = s != sight::corrupt;
        if (s == sight::nothing || s == sight::gone) {
            const std::uint64_t first = head();
            // Up to tail there was a record everywhere.
            if (first <= at) result.sound = s == sight::nothing && at >= b.tail;
            if (first <= at) break;
            at = first;
            continue;
        }
        if (!result.sound || (r.kind() == ready && at >= until)) break;
        if (r.kind() == ready) result.found = true;
        if (r.kind() == taken && who.is_dead(r.state) &&
            change(*r.at, r.state, ready | (r.state & deliveries_bits) | in_state(at))) {
            rewind();  // S1. A survivor without it: as G1
            result.found = true;
        }
        if (r.kind() == replied) {
            const std::uint64_t caller = r.at->caller.load(relaxed);
            const std::uint64_t next = done | in_state(at);
            if ((caller == 0 || who.is_dead(caller)) && change(*r.at, r.state, next)) {  // S2
                r.state = next;
                result.freed = true;
            }
        }
        all_done = all_done && r.kind() == done;
        at = r.end();
        if (all_done) from = at;
    }
    return result;
}

bool ring::drop_reply(const pushed& tried, census& who) const noexcept {
    if ((tried.in_the_way & kind_bits) != replied || (tried.caller != 0 && !who.is_dead(tried.caller))) return false;
    std::uint64_t seen = tried.in_the_way;
    return change(at(tried.position), seen, done | in_state(tried.position));  // S2
}

// ---- Counting ----------------------------------------------------------------------------------------------------

bool ring::count(counts& all) const noexcept {
    auto b = own_bounds();
    if (!b || !advance_head(*b, count_)) return false;
    all.used_bytes = (b->tail - b->head) * cell_bytes;
    all.next_id = words_->last_id.load(relaxed) + 1;
    for (std::uint64_t at = b->head; at != b->tail;) {
        seen_record r;
        if (look(at, r) != sight::record || r.cells > b->tail - at) return false;
        at = r.end();
        if (r.kind() == ready) all.ready += 1;
        if (r.kind() == replied) all.replied += 1;
        if (r.kind() != taken) continue;
        all.taken += 1;
        if (all.taken > 1) continue;
        all.oldest_id = r.at->id.load(relaxed);
        all.oldest_state = r.state;
    }
    return true;
}

bool ring::list(std::vector<listed>& all, std::size_t count_max) const {
    const auto b = own_bounds();
    if (!b) return false;
    for (std::uint64_t at = b->head; at != b->tail && all.size() < count_max;) {
        seen_record r;
        if (look(at, r) != sight::record || r.cells > b->tail - at) return false;
        at = r.end();
        if (r.kind() == done) continue;
        all.push_back({r.at->id.load(relaxed), r.state, r.at->caller.load(relaxed), r.job_bytes});
    }
    return true;
}

// ---- Bytes -------------------------------------------------------------------------------------------------------

// run(where in the ring, how far in the bytes, how many) for each piece of `count` bytes that begin `offset`, a
// multiple of 16, behind the first byte of the record at `position`.
template <class Run>
void ring::each_run(std::uint64_t position, std::uint64_t offset, std::size_t count, Run&& run) const noexcept {
    std::uint64_t cell_number = 0, within = offset;
    if (offset >= first_bytes) {
        cell_number = 1 + (offset - first_bytes) / more_bytes;
        within = (offset - first_bytes) % more_bytes;
    }
    for (std::size_t done_bytes = 0; done_bytes < count; within = 0, ++cell_number) {
        std::byte* const whole = reinterpret_cast<std::byte*>(&at(position + cell_number));
        const std::uint64_t begin = (cell_number == 0 ? offsetof(cell, bytes) : more_offset) + within;
        const std::size_t size = std::min(count - done_bytes, static_cast<std::size_t>(cell_bytes - begin));
        run(whole + begin, done_bytes, size);
        done_bytes += size;
    }
}

void ring::store(std::uint64_t position, std::uint64_t offset, std::span<const std::byte> bytes) const noexcept {
    // Most jobs end in their first cell.
    if (offset + bytes.size() <= first_bytes) {
        shared::store_bytes(at(position).bytes + static_cast<std::size_t>(offset), bytes.data(), bytes.size());
        return;
    }
    each_run(position, offset, bytes.size(), [&](std::byte* to, std::size_t from, std::size_t size) {
        shared::store_bytes(to, bytes.data() + from, size);
    });
}

void ring::load(std::uint64_t position, std::uint64_t offset, std::span<std::byte> to) const noexcept {
    if (offset + to.size() <= first_bytes) {
        shared::load_bytes(to.data(), at(position).bytes + static_cast<std::size_t>(offset), to.size());
        return;
    }
    each_run(position, offset, to.size(), [&](const std::byte* from, std::size_t begin, std::size_t size) {
        shared::load_bytes(to.data() + begin, from, size);
    });
}

void ring::write_reply(std::uint64_t position, std::uint64_t job_bytes, std::span<const std::byte> reply,
                       bool failed) const noexcept {
    store(position, shared::copy_room(job_bytes), reply);
    const auto size = static_cast<std::uint32_t>(reply.size());
    at(position).reply_bytes.store(failed ? size | failed_reply : size, relaxed);
}

std::optional<ring::copied_reply> ring::copy_reply(std::uint64_t position, std::uint64_t job_bytes,
                                                   std::uint64_t room_bytes) const {
    const std::uint32_t word = at(position).reply_bytes.load(relaxed);
    const bool failed = (word & failed_reply) != 0;
    const std::size_t size = word & ~failed_reply;
    if (size > (failed ? bytes_behind_job(job_bytes, room_bytes) : room_bytes)) return std::nullopt;
    copied_reply reply{std::vector<std::byte>(size), failed};
    load(position, shared::copy_room(job_bytes), reply.bytes);
    return reply;
}

}  // namespace samepage::queues
