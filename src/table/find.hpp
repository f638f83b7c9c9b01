// Finding a record, as readers do: no lock, no write, no waiting; what was copied is validated before it counts.
// SPDX-License-Identifier: MIT
//
// reader of a key                                        a writer that replaces, erases, reuses
//   R1 buckets; the bucket; its slots, by the tag          W1 a record in a cell of its own, with its number
//   R2 the record's number; not 0                          W2 the slot leads to it (or is 0)             <- commits
//   R3 the slot again: the same word                       W3 the old cell's number 0, then it is in a free list
//   R4 lengths, key, value: copied, bounded                W4 later: another record in it, with another number
//   R5 the number again: the same
//   R6 not found: buckets again: the same
// Of a record that expires, between R4 and R5: the moment, the clock, the slot again (expiry.hpp).
//
// Invariants
//   I1 A number is given to one record of one cell, once in the table's life (but for one that is moved: its copy has
//      the same), and is 0 before any of the record's bytes changes.
//   I2 R2, R3 and R5 together: the record that the slot led to at R3, which is the reader's moment, is the one that was
//      copied. (At R2 alone it may be one that is only being written, and is never published.)
//   I3 A record that stays in the table is in the same slot all the time, but for a split: that puts it into the new
//      bucket, raises `buckets`, and takes it out of the old one. So who doesn't find it, and finds `buckets` as it
//      was, was right to.
//   I4 Cells stay cells of their size, so I1 holds of the word at R2 for ever. But pages of large records are used
//      again in any shape: `layout` is raised before that, and R5 then asks the slot too. A record that was moved
//      (compact.hpp) could be back in the same slot and cell by then: so the count of moves in `layout` is to be the
//      same. (It has 16 bits: nobody is expected to be in the middle of a copy for so many compactions.)
//   I5 A further group is freed only when it is empty, at a bucket's end, after `buckets` was raised. Who is still in
//      it finds nothing, or another bucket's records, and had already passed all that stays in its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "table/arena.hpp"
#include "table/bytes.hpp"
#include "table/expiry.hpp"

namespace samepage::tables {

// A record, as it was when it was looked at.
struct seen_record {
    std::uint64_t offset = 0, number = 0, lengths = 0, layout = 0;
    std::uint64_t expires_ns = 0;  // 0: never

    std::uint64_t value_at() const noexcept { return offset + value_offset(key_bytes_of(lengths)); }
    std::uint64_t expiry_at() const noexcept { return offset + record_bytes(lengths) - 8; }
};

// Damage makes longer chains than these, or more changes in a row than these tries, look like what they are.
inline constexpr unsigned chain_max = 1U << 20;
inline constexpr unsigned tries_max = 1000;
// Of a bucket's groups, so many are looked at without further ado.
inline constexpr unsigned near_groups = 3;

class finder {
   public:
    enum class outcome : std::uint8_t { found, missing, busy, corrupt };

    explicit finder(const arena& where) noexcept : arena_(&where), body_(&where.fixed()) {}

    // As get(), where that needs nothing but looking at one record: true. Else get() does it, from the start.
    template <class Use>
    [[gnu::always_inline]] bool try_get(std::span<const std::byte> key, std::uint64_t hash, std::uint64_t& number,
                                        Use&& use) const;
    // The same of a value whose length is known. Gives its number, or 0: get() does it. The first looks only at the
    // first group, and at records that don't expire: nearly always that is all, and the fewer instructions a get takes,
    // the more of them the processor has in sight, whose misses of the cache overlap.
    [[gnu::always_inline]] std::uint64_t try_get_at_first(std::span<const std::byte> key, std::uint64_t hash,
                                                          std::span<std::byte> into) const;
    [[gnu::always_inline]] std::uint64_t try_get_exactly(std::span<const std::byte> key, std::uint64_t hash,
                                                         std::span<std::byte> into) const;
    // Calls use(value, bytes) with the value in shared memory, maybe in the middle of a change: it copies. Again, until
    // what it got was whole.
    template <class Use>
    outcome get(std::span<const std::byte> key, std::uint64_t hash, seen_record& seen, Use&& use) const;

    // The two halves of these, and what brings the memory that each needs: so several gets' misses of the cache
    // overlap. The slot is null where none has the hash's tag.
    void expect_bucket(std::uint64_t hash) const noexcept;
    [[gnu::always_inline]] const word* near_slot(std::uint64_t hash, const arena::view& view) const noexcept;
    void expect_record(const word& slot) const noexcept;
    template <bool MayExpire>
    [[gnu::always_inline]] std::uint64_t copy_exactly(const word& slot, const arena::view& view,
                                                      std::span<const std::byte> key, std::span<std::byte> into) const;

    // The first group of the bucket of a hash; null also where get() has to look closer.
    [[gnu::always_inline]] const group* near_bucket(std::uint64_t hash, const arena::view& view) const noexcept;
    // The first group of a bucket; null: it cannot be.
    group* bucket(std::uint64_t index) const;
    // The group that `next` leads to; null: it cannot be.
    group* group_at(std::uint64_t offset) const {
        return offset % 8 == 0 && arena_->reaches(offset, sizeof(group)) ? &arena_->at<group>(offset) : nullptr;
    }

    enum class look : std::uint8_t { same_key, other_key, expired, gone, corrupt };
    // R2, R3, and of R4 the lengths: the record that slot `index` of `in` led to as `slot`.
    look examine_any(const group& in, unsigned index, std::uint64_t slot, seen_record& seen) const;
    // And the key.
    look examine(const group& in, unsigned index, std::uint64_t slot, std::span<const std::byte> key,
                 seen_record& seen) const;
    // Of one that it has found: same_key; or, if that expires: expired, gone.
    look examine_expiry(const group& in, unsigned index, std::uint64_t slot, seen_record& seen) const;
    // R5.
    bool is_whole(const group& in, unsigned index, std::uint64_t slot, const seen_record& seen) const {
        const bool same = read(arena_->at<record>(seen.offset).number) == seen.number;
        const std::uint64_t layout = read(body_->layout);
        return same &&
               (layout == seen.layout || (moves_of(layout) == moves_of(seen.layout) && read(in.slots[index]) == slot));
    }

   private:
    const arena* arena_;
    const body* body_;
};

inline group* finder::bucket(std::uint64_t index) const {
    if (index < first_groups) return &arena_->at<group>(table_offset + offsetof(body, first) + index * sizeof(group));
    const piece p = piece_of(index);
    const std::uint64_t offset = read(body_->pieces[p.index]);
    if (offset % 64 != 0 || offset == 0 || !arena_->reaches(offset, p.groups * sizeof(group))) return nullptr;
    return &arena_->at<group>(offset + p.within * sizeof(group));
}

inline finder::look finder::examine_any(const group& in, unsigned index, std::uint64_t slot, seen_record& seen) const {
    seen.layout = read(body_->layout);
    seen.offset = slot_offset(slot);
    seen.expires_ns = 0;
    if (!arena_->reaches(seen.offset, sizeof(record) + 8)) [[unlikely]]
        return read(in.slots[index]) == slot ? look::corrupt : look::gone;
    const record& r = arena_->at<record>(seen.offset);
    seen.number = read(r.number);
    seen.lengths = read(r.lengths);
    if (seen.number == 0 || read(in.slots[index]) != slot) return look::gone;
    if (value_bytes_of(seen.lengths) > value_max ||
        !arena_->reaches(seen.offset, record_bytes(seen.lengths) + spare_bytes)) [[unlikely]]
        return is_whole(in, index, slot, seen) ? look::corrupt : look::gone;
    return look::same_key;
}

inline finder::look finder::examine(const group& in, unsigned index, std::uint64_t slot, std::span<const std::byte> key,
                                    seen_record& seen) const {
    const look how = examine_any(in, index, slot, seen);
    if (how != look::same_key) return how;
    const bool same =
        key_bytes_of(seen.lengths) == key.size() && equals(&arena_->at<std::byte>(seen.offset) + sizeof(record), key);
    if (same) return look::same_key;
    return is_whole(in, index, slot, seen) ? look::other_key : look::gone;
}

inline finder::look finder::examine_expiry(const group& in, unsigned index, std::uint64_t slot,
                                           seen_record& seen) const {
    if (!does_expire(seen.lengths)) [[likely]]
        return look::same_key;
    seen.expires_ns = read(arena_->at<word>(seen.expiry_at()));
    if (is_to_come(seen.expires_ns)) return look::same_key;
    const bool was_there = read(in.slots[index]) == slot && is_whole(in, index, slot, seen);
    return was_there ? look::expired : look::gone;
}

inline const group* finder::near_bucket(std::uint64_t hash, const arena::view& view) const noexcept {
    const std::uint64_t buckets = read(body_->buckets);
    if (buckets - buckets_min > buckets_max - buckets_min) [[unlikely]]
        return nullptr;
    const std::uint64_t bucket = bucket_of(hash, buckets);
    std::uint64_t at = table_offset + offsetof(body, first) + bucket * sizeof(group);
    if (bucket >= first_groups) {
        const level& l = level_of(bucket);
        const std::uint64_t offset = read(body_->pieces[l.index_of(bucket)]);
        const std::uint64_t piece_bytes = (l.within_mask + 1) * sizeof(group);
        const bool is_there = offset % 64 == 0 && offset - 1 < view.reach &&  // not 0
                              piece_bytes <= view.reach - offset;
        if (!is_there) [[unlikely]]
            return nullptr;
        at = offset + (bucket & l.within_mask) * sizeof(group);
    }
    return reinterpret_cast<const group*>(view.base + static_cast<std::size_t>(at));
}

inline void finder::expect_bucket(std::uint64_t hash) const noexcept {
    if (const group* const in = near_bucket(hash, arena_->now()); in != nullptr) __builtin_prefetch(in);
}

inline const word* finder::near_slot(std::uint64_t hash, const arena::view& view) const noexcept {
    const group* in = near_bucket(hash, view);
    for (unsigned groups = 0; in != nullptr && groups < near_groups; ++groups) {
        if (const unsigned matches = matching(*in, tag_of(hash)); matches != 0)
            return &in->slots[std::countr_zero(matches)];
        const std::uint64_t next = read(in->next);
        if (next % 8 != 0 || next == 0 || next >= view.reach || view.reach - next < sizeof(group)) return nullptr;
        in = reinterpret_cast<const group*>(view.base + static_cast<std::size_t>(next));
    }
    return nullptr;
}

inline void finder::expect_record(const word& slot) const noexcept {
    const arena::view view = arena_->now();
    const std::uint64_t offset = slot_offset(read(slot));
    if (offset >= view.reach) return;
    // A prefetch of what isn't there does nothing.
    __builtin_prefetch(view.base + static_cast<std::size_t>(offset));
    __builtin_prefetch(view.base + static_cast<std::size_t>(offset) + 64);
}

// Whether what may be a record, with that much readable behind its first byte, doesn't expire, or hasn't yet. By I3 of
// expiry.hpp nothing else is to be asked then; of one that has, get() asks more.
inline bool has_time(const std::byte* record, std::uint64_t lengths, std::uint64_t readable_bytes) noexcept {
    if (!does_expire(lengths)) [[likely]]
        return true;
    const std::uint64_t bytes = record_bytes(lengths);
    return bytes <= readable_bytes &&
           is_to_come(read(*reinterpret_cast<const word*>(record + static_cast<std::size_t>(bytes - 8))));
}

template <bool MayExpire>
inline std::uint64_t finder::copy_exactly(const word& from, const arena::view& view, std::span<const std::byte> key,
                                          std::span<std::byte> into) const {
    const std::uint64_t slot = read(from), offset = slot_offset(slot);
    const std::uint64_t end = offset + value_offset(key.size()) + round_up(into.size(), 8) + spare_bytes;
    if (offset == 0 || end > view.reach) [[unlikely]]
        return 0;
    const auto* const bytes = view.base + static_cast<std::size_t>(offset);
    const record& r = *reinterpret_cast<const record*>(bytes);
    const std::uint64_t layout = read(body_->layout), number = read(r.number), lengths = read(r.lengths);
    const std::uint64_t wanted = lengths_of(key.size(), into.size());
    if (number == 0 || read(from) != slot || !equals(bytes + sizeof(record), key)) [[unlikely]]
        return 0;
    if (MayExpire ? (lengths & ~expires_flag) != wanted || !has_time(bytes, lengths, view.reach - offset)
                  : lengths != wanted) [[unlikely]]
        return 0;
    const auto* const value = bytes + value_offset(key.size());
    if (into.size() == 64) {
        shared::load_64_bytes(into.data(), value);
    } else {
        shared::load_bytes(into.data(), value, into.size());
    }
    return read(r.number) == number && read(body_->layout) == layout ? number : 0;
}

inline std::uint64_t finder::try_get_at_first(std::span<const std::byte> key, std::uint64_t hash,
                                              std::span<std::byte> into) const {
    const arena::view view = arena_->now();
    const group* const in = near_bucket(hash, view);
    const unsigned matches = in == nullptr ? 0 : matching(*in, tag_of(hash));
    return matches == 0 ? 0 : copy_exactly<false>(in->slots[std::countr_zero(matches)], view, key, into);
}

inline std::uint64_t finder::try_get_exactly(std::span<const std::byte> key, std::uint64_t hash,
                                             std::span<std::byte> into) const {
    const arena::view view = arena_->now();
    const word* const slot = near_slot(hash, view);
    return slot == nullptr ? 0 : copy_exactly<true>(*slot, view, key, into);
}

template <class Use>
inline bool finder::try_get(std::span<const std::byte> key, std::uint64_t hash, std::uint64_t& number,
                            Use&& use) const {
    const arena::view view = arena_->now();
    const word* const from = near_slot(hash, view);
    if (from == nullptr) return false;
    const std::uint64_t slot = read(*from), offset = slot_offset(slot);
    if (offset == 0 || offset >= view.reach || view.reach - offset < sizeof(record) + 8) [[unlikely]]
        return false;
    const auto* const bytes = view.base + static_cast<std::size_t>(offset);
    const record& r = *reinterpret_cast<const record*>(bytes);
    const std::uint64_t layout = read(body_->layout), before = read(r.number), lengths = read(r.lengths);
    const bool plain = before != 0 && read(*from) == slot && (lengths & ~expires_flag) >> 32 == key.size() - 1 &&
                       record_bytes(lengths) + spare_bytes <= view.reach - offset;
    if (!plain || !equals(bytes + sizeof(record), key) || !has_time(bytes, lengths, view.reach - offset)) [[unlikely]]
        return false;
    use(bytes + value_offset(key.size()), value_bytes_of(lengths));
    number = before;
    return read(r.number) == before && read(body_->layout) == layout;
}

template <class Use>
finder::outcome finder::get(std::span<const std::byte> key, std::uint64_t hash, seen_record& seen, Use&& use) const {
    const std::uint64_t tag = tag_of(hash);
    for (unsigned tries = 0; tries < tries_max;) {
        const std::uint64_t buckets = read(body_->buckets);
        if (buckets < buckets_min || buckets > buckets_max) return outcome::corrupt;
        const group* in = bucket(bucket_of(hash, buckets));
        for (unsigned groups = 0;; ++groups) {
            if (in == nullptr || groups == chain_max) return outcome::corrupt;
            for (unsigned matches = matching(*in, tag); matches != 0;) {
                const auto index = static_cast<unsigned>(std::countr_zero(matches));
                const std::uint64_t slot = read(in->slots[index]);
                const bool is_one = slot != 0 && tag_of(slot) == tag;
                look how = is_one ? examine(*in, index, slot, key, seen) : look::other_key;
                if (how == look::same_key) how = examine_expiry(*in, index, slot, seen);
                if (how == look::other_key) {
                    matches &= matches - 1;
                    continue;
                }
                if (how == look::corrupt) return outcome::corrupt;
                if (how == look::expired) return outcome::missing;
                if (how == look::same_key) {
                    use(&arena_->at<std::byte>(seen.value_at()), value_bytes_of(seen.lengths));
                    if (is_whole(*in, index, slot, seen)) [[likely]]
                        return outcome::found;
                }
                if (++tries == tries_max) return outcome::busy;
            }
            const std::uint64_t next = read(in->next);
            if (next == 0) break;
            in = group_at(next);
        }
        if (read(body_->buckets) == buckets) return outcome::missing;
        ++tries;
    }
    return outcome::busy;
}

}  // namespace samepage::tables
