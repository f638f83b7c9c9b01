// Writes a stripe's changes into its ring, and reads them as subscribers do. The protocol is in the header.
// SPDX-License-Identifier: MIT
#include "table/history.hpp"

#include <bit>
#include <cstring>

#include "shared/owner_word.hpp"
#include "table/run_map.hpp"

namespace samepage::tables {

namespace {

constexpr unsigned places_tried = 100;

constexpr bool is_aligned(std::uint64_t position) noexcept { return position % 8 == 0; }
constexpr std::uint64_t key_bytes_in(std::uint64_t what) noexcept { return what & 0xffffffffU; }

}  // namespace

// ---- Writing -------------------------------------------------------------------------------------------------------

void history_ring::initialise(std::uint64_t number) const noexcept {
    for (word* const w : {&head_->oldest, &head_->tail, &head_->tail_after}) write(*w, 0);
    write(word_at(0), number);
}

std::uint64_t history_ring::end_of(std::uint64_t position, std::uint64_t what) const noexcept {
    const std::uint64_t kind = what >> 32, bytes = entry_bytes(key_bytes_in(what));
    const bool fits = key_bytes_in(what) <= key_max && bytes <= ring_bytes_ / 2;
    return (kind == put_entry || kind == erase_entry) && fits ? position + bytes : 0;
}

bool history_ring::write_entry(entry_kind kind, const seen_record& about, const std::byte* key,
                               std::uint64_t number) const {
    const std::uint64_t position = tail();
    std::uint64_t oldest = read(head_->oldest), key_bytes = key_bytes_of(about.lengths);
    if (entry_bytes(key_bytes) > ring_bytes_ / 2) key_bytes = 0;
    const std::uint64_t end = position + entry_bytes(key_bytes);
    if (!is_aligned(position) || !is_aligned(oldest) || position - oldest > ring_bytes_ - 8) return false;
    while (end + 8 - oldest > ring_bytes_) {
        const std::uint64_t next = end_of(oldest, read(word_at(oldest + 8)));
        if (next == 0 || next - oldest > position - oldest) return false;
        oldest = next;
    }
    if (read(head_->oldest) != oldest) write(head_->oldest, oldest);  // H1. A survivor finds fewer old entries
    write(word_at(end), number + 1);                                  // H2. What is behind the tail, nobody reads
    write(word_at(position), number);                                 // the same as there was
    write(word_at(position + 8), key_bytes | kind << 32);
    write(word_at(position + 16), about.number);
    for (std::uint64_t at = 0; at < key_bytes; at += 8)
        write(word_at(position + 24 + at), read(*reinterpret_cast<const word*>(key + static_cast<std::size_t>(at))));
    write(head_->tail_after, end);  // H3
    return true;
}

// ---- Reading -------------------------------------------------------------------------------------------------------

history_ring::sight history_ring::look(const place& at, std::uint64_t tail, entry& seen) const {
    if (tail <= at.position) {
        // A dead one's entry was read before its step is finished; else it moved back, which it never does.
        const bool is_ahead = tail == at.position || tail_after() == at.position || this->tail() >= at.position;
        return is_ahead ? sight::nothing : sight::corrupt;
    }
    const std::uint64_t number = read(word_at(at.position)), what = read(word_at(at.position + 8));
    seen.kind = what >> 32;
    seen.version = read(word_at(at.position + 16));
    seen.end = end_of(at.position, what);
    seen.key.clear();
    if (seen.end != 0) {
        const auto key_bytes = static_cast<std::size_t>(key_bytes_in(what));
        seen.key.resize(static_cast<std::size_t>(round_up(key_bytes, 8)));
        for (std::size_t i = 0; i < key_bytes; i += 8) {
            const std::uint64_t eight = read(word_at(at.position + 24 + i));
            std::memcpy(seen.key.data() + i, &eight, 8);
        }
        seen.key.resize(key_bytes);
    }
    if (read(head_->oldest) > at.position) return sight::overrun;  // R3
    return seen.end != 0 && seen.end <= tail && number == at.number ? sight::entry : sight::corrupt;
}

bool history_ring::oldest(place& at) const {
    for (unsigned tries = 0; tries < places_tried; ++tries) {
        at.position = read(head_->oldest);
        at.number = read(word_at(at.position));
        if (read(head_->oldest) == at.position) return true;
    }
    return false;
}

bool history_ring::newest(place& at) const {
    for (unsigned tries = 0; tries < places_tried; ++tries) {
        at.position = tail();
        at.number = read(word_at(at.position));
        if (read(head_->oldest) <= at.position) return true;
    }
    return false;
}

bool history_ring::is_whole(std::uint64_t changes) const {
    const std::uint64_t end = tail();
    std::uint64_t at = read(head_->oldest);
    if (!is_aligned(at) || !is_aligned(end) || end - at > ring_bytes_ - 8) return false;
    std::uint64_t number = read(word_at(at));
    while (at != end) {
        const std::uint64_t next = end_of(at, read(word_at(at + 8)));
        if (next == 0 || next - at > end - at || read(word_at(at)) != number) return false;
        at = next;
        number += 1;
    }
    return read(word_at(end)) == number && number == changes + 1;
}

bool find_history(const arena& where, std::uint64_t offset, std::uint64_t& ring_bytes) {
    if (offset < arena_offset + sizeof(run) || offset % page != sizeof(run) || !where.reaches(offset, sizeof(run)))
        return false;
    ring_bytes = read(where.at<run>(offset - sizeof(run)).detail);
    return ring_bytes >= ring_bytes_min && ring_bytes <= ring_bytes_max && std::has_single_bit(ring_bytes) &&
           where.reaches(offset, history_bytes(ring_bytes));
}

std::uint64_t dead_tail(const arena& where, unsigned stripe, const history_ring& ring,
                        const shared::participants& self) {
    const tables::stripe& s = where.fixed().stripes[stripe];
    const std::uint64_t owner = s.owner.load();  // D1
    if (shared::owner_word::is_free(owner) || read(s.doing) != publishing) return 0;
    const std::uint64_t tail = ring.tail_after();
    if (tail == ring.tail() || !is_at_rest(owner, self)) return 0;
    const std::uint64_t at = read(s.at), after = read(s.after);  // D2
    if (at % 8 != 0 || at < table_offset || !where.reaches(at, 8)) return 0;
    const bool is_committed = read(where.at<word>(at)) == after;  // D3
    return is_committed && s.owner.load() == owner ? tail : 0;    // D4
}

}  // namespace samepage::tables
