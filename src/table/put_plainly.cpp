// The put that most puts are: a small record, in a stripe where all is at rest, with room, and nobody to be asked.
// SPDX-License-Identifier: MIT
//
// The steps are put()'s (writer.hpp, steps.hpp). What it saves is time between them: nothing is looked up twice, and
// whatever is unusual is found out before anything was changed.
#include "table/state.hpp"

namespace samepage {

namespace {

using namespace tables;

constexpr std::uint64_t small_max = class_bytes(record_classes - 1);

bool fits(const arena::view& view, std::uint64_t offset, std::uint64_t bytes) noexcept {
    return offset % 8 == 0 && bytes <= view.reach && offset <= view.reach - bytes;
}

template <class T>
T& at(const arena::view& view, std::uint64_t offset) noexcept {
    return *reinterpret_cast<T*>(view.base + static_cast<std::size_t>(offset));
}

// The first free slot of a group, or null.
word* free_slot(group& in) noexcept {
    unsigned empty = 0;
    for (unsigned index = 0; index < group_slots; ++index)
        empty |= static_cast<unsigned>(read(in.slots[index]) == 0) << index;
    return empty == 0 ? nullptr : &in.slots[std::countr_zero(empty)];
}

// The slot of that key's record, and what it is, if it is as long as the next one; or a free one. Null: one has to look
// closer.
struct slot_seen {
    word* slot;
    std::uint64_t value;
};
[[gnu::always_inline]] inline slot_seen slot_of(group* in, const new_record& next, const arena::view& view) noexcept {
    word* room = nullptr;
    for (unsigned groups = 0; groups < near_groups; ++groups) {
        if (const unsigned matches = matching(*in, tag_of(next.hash)); matches != 0) {
            word& slot = in->slots[std::countr_zero(matches)];
            const std::uint64_t value = read(slot), offset = slot_offset(value);
            if (offset == 0 || !fits(view, offset, record_bytes(next.lengths))) return {};
            const auto& r = at<tables::record>(view, offset);
            const auto* const key = reinterpret_cast<const std::byte*>(&r) + sizeof r;
            const bool is_it = read(r.number) != 0 && read(r.lengths) == next.lengths && equals(key, next.key);
            return is_it ? slot_seen{&slot, value} : slot_seen{};
        }
        if (room == nullptr) room = free_slot(*in);
        const std::uint64_t behind = read(in->next);
        if (behind == 0) return {room, 0};
        if (!fits(view, behind, sizeof(group))) return {};
        in = &at<group>(view, behind);
    }
    return {};
}

// For the owner of the stripe, which is at rest: the number, or 0.
[[gnu::always_inline]] inline std::uint64_t put_in(body& fixed, group& first, const arena::view& view,
                                                   new_record next) noexcept {
    const unsigned index = stripe_of(next.hash), cell_class = class_of(record_bytes(next.lengths));
    stripe& s = fixed.stripes[index];
    cell_list& list = fixed.lists[index][cell_class];
    next.number = read(s.next_number);
    const std::uint64_t cell = read(list.first), last = read(list.last);
    const std::uint64_t cell_bytes = class_bytes(cell_class);
    if (next.number >= read(s.number_end) || cell == 0 || !fits(view, cell, cell_bytes) ||
        !fits(view, last, cell_bytes))
        return 0;
    const auto [slot, before] = slot_of(&first, next, view);
    if (slot == nullptr) return 0;

    write(s.next_number, next.number + 1);
    auto& fresh = at<tables::record>(view, cell);
    take_out(s, list, cell_class, cell, fresh);
    // Who comes next to this list will want that one.
    if (const std::uint64_t upcoming = read(list.first); upcoming != 0 && fits(view, upcoming, 128)) {
        shared::expect_to_write(view.base + static_cast<std::size_t>(upcoming));
        shared::expect_to_write(view.base + static_cast<std::size_t>(upcoming) + 64);
    }
    write_record(fresh, next);
    const std::uint64_t after = slot_word(next.hash, cell);
    const auto where = static_cast<std::uint64_t>(reinterpret_cast<std::byte*>(slot) - view.base);
    note(s, {where, after, before, before == 0 ? 0 : cell_class, before == 0 ? 1U : 0U, 1});
    commit(s, publishing, *slot, after);
    count(s);
    if (before != 0) {
        auto& freed = at<tables::record>(view, slot_offset(before));
        put_back(list, cell_class, slot_offset(before), freed, at<tables::record>(view, last));
    }
    write(s.doing, no_step);
    return next.number;
}

}  // namespace

template <std::size_t KeyBytes>
[[gnu::flatten]] std::uint64_t table_bytes::state::put_now(std::span<const std::byte, KeyBytes> key,
                                                           std::span<const std::byte> value) const {
    // relaxed: it says only what this handle has done in this process
    if (!is_key(key) || begun.load(std::memory_order_relaxed) != begun_here() || value.size() > small_max) return 0;
    const std::uint64_t lengths = lengths_of(key.size(), value.size()), h = hash(key);
    const unsigned index = stripe_of(h);
    const arena::view view = bytes->now();
    body& fixed = bytes->fixed();
    const std::uint64_t buckets = read(fixed.buckets);  // before the bucket is looked up
    auto* const in = const_cast<group*>(find->near_bucket(h, view));
    // What is asked in the turn again is asked here to spare one for nothing.
    if (in == nullptr || record_bytes(lengths) > small_max || (read(fixed.expiring) | read(fixed.history)) != 0)
        return 0;
    shared::expect_to_write(in);
    std::uint64_t number = 0;
    {
        const std::uint64_t identity = owners[index].try_fast();
        if (identity == 0) return 0;
        const shared::turn mine(owners[index], identity);
        const bool is_plain = read(fixed.stripes[index].doing) == no_step && !locks->are_any(index) &&
                              self->has_no_other_sole() && (read(fixed.expiring) | read(fixed.history)) == 0 &&
                              read(fixed.buckets) == buckets;
        if (is_plain) number = put_in(fixed, *in, view, {h, 0, lengths, key, value, 0, change->is_checked()});
    }
    if (number != 0) leave(index, true);
    return number;
}

std::uint64_t table_bytes::state::put_plainly(std::span<const std::byte> key, std::span<const std::byte> value) const {
    // The most common length of keys has code of its own.
    return key.size() == 8 ? put_now<8>(key.first<8>(), value) : put_now<std::dynamic_extent>(key, value);
}

}  // namespace samepage
