// Puts, erases, splits, and finishes what the dead have begun. The protocol is in the header.
// SPDX-License-Identifier: MIT
#include "table/writer.hpp"

namespace samepage::tables {

namespace {

// Numbers that a stripe fetches at once: so that stripes seldom meet, and few are skipped.
constexpr std::uint64_t numbers_fetched = 1024;

// Records to a bucket, in tenths: fewer take more memory, more make more buckets have a second group.
constexpr std::uint64_t load_tenths = 49;

}  // namespace

bool writer::find(std::span<const std::byte> key, std::uint64_t hash, place& at) const {
    at = place{};
    const std::uint64_t buckets = read(body_->buckets);
    if (buckets < buckets_min || buckets > buckets_max) return false;
    group* in = find_.bucket(bucket_of(hash, buckets));
    for (unsigned groups = 0; in != nullptr && groups < chain_max; ++groups) {
        at.last = in;
        for (unsigned matches = matching(*in, tag_of(hash)); matches != 0; matches &= matches - 1) {
            const auto index = static_cast<unsigned>(std::countr_zero(matches));
            const std::uint64_t slot = read(in->slots[index]);
            if (slot == 0) continue;
            switch (find_.examine(*in, index, slot, key, at.record)) {
                case finder::look::same_key:
                    at.slot = &in->slots[index];
                    at.is_there = find_.examine_expiry(*in, index, slot, at.record) == finder::look::same_key;
                    return true;
                case finder::look::other_key: break;
                default: return false;
            }
        }
        for (unsigned index = 0; at.free_slot == nullptr && index < group_slots; ++index) {
            if (read(in->slots[index]) == 0) at.free_slot = &in->slots[index];
        }
        const std::uint64_t next = read(in->next);
        if (next == 0) return true;
        in = find_.group_at(next);
    }
    return false;
}

// I2. Blocks of numbers never come twice; a stripe's rest is skipped when its supply can't be right.
result<std::uint64_t> writer::next_number(unsigned stripe, const char* operation) const {
    tables::stripe& s = body_->stripes[stripe];
    std::uint64_t number = read(s.next_number);
    if (number >= read(s.number_end)) {
        number = body_->numbers.fetch_add(numbers_fetched);
        if (number == 0 || number > std::uint64_t{1} << 62) return damaged(operation);
        write(s.number_end, 0);  // a survivor fetches others
        write(s.next_number, number);
        write(s.number_end, number + numbers_fetched);
    }
    write(s.next_number, number + 1);
    return number;
}

// P3 to P7.
result<void> writer::publish(unsigned stripe, const change& what, shared::patience& until, const char* operation) {
    tables::stripe& s = body_->stripes[stripe];
    note(s, {offset_of(what.at), what.after, what.before, what.before_class, what.more_records, what.more_changes});
    const std::uint64_t history = read(body_->history);
    if (history != 0 && !write_history(stripe, history, what)) return damaged(operation);
    commit(s, what.how, what.at, what.after);
    const auto done = finish(stripe, history, until, operation);
    // It is published; who has the stripe next frees what was there before, once the space can be had.
    if (done || done.error().code() != errc::corrupt) return {};
    return done.error();
}

// P5 to P7, or what is left of them.
result<void> writer::finish(unsigned stripe, std::uint64_t history, shared::patience& until, const char* operation) {
    tables::stripe& s = body_->stripes[stripe];
    count(s);
    if (history != 0 && !finish_history(stripe, history)) return damaged(operation);
    if (const std::uint64_t before = read(s.before); before != 0) {
        const std::uint64_t old_class = read(s.before_class);
        if (old_class > large_class) return damaged(operation);
        const auto given =
            space_.give(stripe, static_cast<unsigned>(old_class), slot_offset(before), s.before, until, operation);
        if (!given) return given.error();
    }
    write(s.doing, no_step);
    return {};
}

// H1 to H3. False: damage.
bool writer::write_history(unsigned stripe, std::uint64_t history, const change& what) const {
    std::uint64_t ring_bytes = 0;
    if (!find_history(*arena_, history, ring_bytes)) return false;
    const history_ring ring = ring_of(*arena_, history, ring_bytes, stripe);
    if (what.about == nullptr) {
        ring.write_none();
        return true;
    }
    const std::byte* const key = &arena_->at<std::byte>(what.about->offset + sizeof(record));
    const std::uint64_t number = read(body_->stripes[stripe].changes_after);
    return ring.write_entry(what.after == 0 ? erase_entry : put_entry, *what.about, key, number);
}

// H4.
bool writer::finish_history(unsigned stripe, std::uint64_t history) const {
    std::uint64_t ring_bytes = 0;
    if (!find_history(*arena_, history, ring_bytes)) return false;
    ring_of(*arena_, history, ring_bytes, stripe).finish();
    return true;
}

// I4. From the supply, too: a number behind its end would come again with the next one. Where that is damaged, puts
// say so.
void writer::skip_number(unsigned stripe) const { static_cast<void>(next_number(stripe, "skip a number")); }

result<void> writer::add_group(unsigned stripe, group& behind, shared::patience& until, const char* operation) {
    const auto cell = space_.take_group(stripe, until, operation);
    if (!cell) return cell.error();
    return publish(stripe, {behind.next, *cell, 0, 0, 0, 0}, until, operation);
}

result<std::uint64_t> writer::put(std::uint64_t hash, std::span<const std::byte> key, std::span<const std::byte> value,
                                  std::uint64_t expires_ns, place& at, shared::patience& until, const char* operation) {
    const unsigned stripe = stripe_of(hash);
    const bool expires = expires_ns != 0;
    const auto number = next_number(stripe, operation);
    if (!number) return number.error();
    word* slot = at.slot != nullptr ? at.slot : at.free_slot;
    if (slot == nullptr) {
        if (auto added = add_group(stripe, *at.last, until, operation); !added) return added.error();
        group* const fresh = find_.group_at(read(at.last->next));
        if (fresh == nullptr) return damaged(operation);
        slot = &fresh->slots[0];
    }
    const std::uint64_t lengths = lengths_of(key.size(), value.size()) | (expires ? expires_flag : 0);
    const auto cell = space_.take(stripe, record_bytes(lengths), until, operation);
    if (!cell) return cell.error();
    if (expires && read(body_->expiring) == 0) write(body_->expiring, 1);
    write_record(arena_->at<record>(*cell), {hash, *number, lengths, key, value, expires_ns, checked_});
    const std::uint64_t before = read(*slot);
    const unsigned before_class = before == 0 ? 0 : class_of(record_bytes(at.record.lengths));
    const seen_record about{*cell, *number, lengths, 0};
    change what{*slot, slot_word(hash, *cell, expires), before, before_class, before == 0 ? 1U : 0U};
    what.about = &about;
    const auto done = publish(stripe, what, until, operation);
    if (!done) return done.error();
    return *number;
}

result<void> writer::erase(std::uint64_t hash, const place& at, shared::patience& until, const char* operation) {
    const unsigned stripe = stripe_of(hash);
    skip_number(stripe);
    const unsigned before_class = class_of(record_bytes(at.record.lengths));
    change what{*at.slot, 0, read(*at.slot), before_class, ~std::uint64_t{0}};
    what.about = &at.record;
    return publish(stripe, what, until, operation);
}

result<void> writer::move(unsigned stripe, const place& at, shared::patience& until, const char* operation) {
    skip_number(stripe);
    const std::uint64_t bytes = record_bytes(at.record.lengths), before = read(*at.slot);
    const auto cell = space_.take(stripe, bytes, until, operation);
    if (!cell) return cell.error();
    // Nobody changes the old one meanwhile.
    for (std::uint64_t i = sizeof(word); i < bytes; i += sizeof(word))
        write(arena_->at<word>(*cell + i), read(arena_->at<word>(at.record.offset + i)));
    write(arena_->at<record>(*cell).number, at.record.number);
    const std::uint64_t after = (before & ~(slot_expires - 1)) | *cell / 8;
    return publish(stripe, {*at.slot, after, before, class_of(bytes), 0, 0}, until, operation);
}

result<std::uint64_t> writer::add_node(word& link, std::uint64_t hash, std::uint64_t owner, shared::patience& until,
                                       const char* operation) {
    const unsigned stripe = stripe_of(hash);
    skip_number(stripe);
    const auto cell = space_.take(stripe, sizeof(lock_node), until, operation);
    if (!cell) return cell.error();
    lock_node& fresh = arena_->at<lock_node>(*cell);
    write(fresh.next, 0);
    write(fresh.owner, owner);
    write(fresh.hash, hash);
    if (auto done = publish(stripe, {link, *cell, 0, 0, 0, 0}, until, operation); !done) return done.error();
    return *cell;
}

result<void> writer::remove_node(unsigned stripe, word& link, const lock_node& node, shared::patience& until,
                                 const char* operation) {
    skip_number(stripe);
    const std::uint64_t before = offset_of(node.number) / 8;  // as a slot would say it
    return publish(stripe, {link, read(node.next), before, class_of(sizeof(lock_node)), 0, 0, unlinking}, until,
                   operation);
}

result<void> writer::recover(unsigned stripe, shared::patience& until, const char* operation) {
    tables::stripe& s = body_->stripes[stripe];
    if (read(s.doing) == no_step) return {};
    skip_number(stripe);
    switch (read(s.doing)) {
        case refilling:
        case collecting:
        case taking: return space_.recover(stripe, until, operation);
        case splitting:
            if (!clear_strangers(read(s.at))) return damaged(operation);
            write(s.doing, no_step);
            return {};
        case publishing:
        case unlinking: break;
        default: return damaged(operation);
    }
    const std::uint64_t at = read(s.at), after = read(s.after);
    if (at % 8 != 0 || at < table_offset || !arena_->reaches(at, 8)) return damaged(operation);
    if (read(arena_->at<word>(at)) == after) return finish(stripe, read(body_->history), until, operation);
    // Not published: what it was to lead to is free.
    if (after != 0 && read(s.doing) == publishing) {
        const std::uint64_t cell_class = read(s.cell_class);
        if (cell_class > large_class) return damaged(operation);
        const auto given =
            space_.give(stripe, static_cast<unsigned>(cell_class), read(s.cell), s.cell, until, operation);
        if (!given) return given.error();
    }
    write(s.doing, no_step);
    return {};
}

// ---- Splitting -----------------------------------------------------------------------------------------------------

std::uint64_t writer::next_to_split() const {
    const std::uint64_t buckets = read(body_->buckets);
    return buckets - std::bit_floor(buckets);
}

bool writer::is_crowded(unsigned stripe) const {
    return read(body_->stripes[stripe].records) * stripes_count * 10 > read(body_->buckets) * load_tenths;
}

// Of the record that a slot leads to: the hash's low 32 bits.
std::optional<std::uint64_t> writer::hash_at(std::uint64_t slot) const {
    const std::uint64_t offset = slot_offset(slot);
    if (!arena_->reaches(offset, sizeof(record))) return {};
    return read(arena_->at<record>(offset).check) >> 32;
}

// S5.
bool writer::clear_strangers(std::uint64_t bucket) const {
    const std::uint64_t buckets = read(body_->buckets);
    if (buckets < buckets_min || buckets > buckets_max || bucket >= buckets) return false;
    group* in = find_.bucket(bucket);
    for (unsigned groups = 0; in != nullptr && groups < chain_max; ++groups) {
        for (word& slot : in->slots) {
            const std::uint64_t seen = read(slot);
            if (seen == 0) continue;
            const auto hash = hash_at(seen);
            if (!hash) return false;
            if (bucket_of(*hash, buckets) != bucket) write(slot, 0);
        }
        const std::uint64_t next = read(in->next);
        if (next == 0) return true;
        in = find_.group_at(next);
    }
    return false;
}

result<void> writer::split(std::uint64_t bucket, shared::patience& until, const char* operation) {
    const std::uint64_t other = read(body_->buckets);
    if (other < buckets_min || other >= buckets_max) return damaged(operation);
    const auto stripe = static_cast<unsigned>(bucket % stripes_count);
    skip_number(stripe);
    if (other >= first_groups) {
        const piece p = piece_of(other);
        if (read(body_->pieces[p.index]) == 0) {
            if (auto added = space_.add_piece(p, until, operation); !added) return added.error();
        }
    }
    group* const first = find_.bucket(other);
    group* from = find_.bucket(bucket);
    if (first == nullptr || from == nullptr) return damaged(operation);
    unsigned groups = 0;
    for (group* in = first; in != nullptr; ++groups) {  // S1
        if (groups == chain_max) return damaged(operation);
        for (word& slot : in->slots) {
            if (read(slot) != 0) write(slot, 0);
        }
        const std::uint64_t next = read(in->next);
        in = next == 0 ? nullptr : find_.group_at(next);
        if (next != 0 && in == nullptr) return damaged(operation);
    }
    group* to = first;
    unsigned used = 0;
    for (groups = 0; from != nullptr; ++groups) {  // S2
        if (groups == chain_max) return damaged(operation);
        for (const word& slot : from->slots) find_.expect_record(slot);  // their misses of the cache overlap
        for (const word& slot : from->slots) {
            const std::uint64_t seen = read(slot);
            if (seen == 0) continue;
            const auto hash = hash_at(seen);
            if (!hash) return damaged(operation);
            if (bucket_of(*hash, other + 1) != other) continue;
            if (used == group_slots) {
                if (read(to->next) == 0) {
                    if (auto added = add_group(stripe, *to, until, operation); !added) return added.error();
                }
                to = find_.group_at(read(to->next));
                if (to == nullptr) return damaged(operation);
                used = 0;
            }
            write(to->slots[used++], seen);
        }
        const std::uint64_t next = read(from->next);
        from = next == 0 ? nullptr : find_.group_at(next);
        if (next != 0 && from == nullptr) return damaged(operation);
    }
    tables::stripe& s = body_->stripes[stripe];
    write(s.at, bucket);
    write(s.doing, splitting);         // S3
    write(body_->buckets, other + 1);  // S4
    if (!clear_strangers(bucket)) return damaged(operation);
    write(s.doing, no_step);
    return drop_empty_groups(bucket, until, operation);
}

// S6. The last groups of a bucket, while they are empty.
result<void> writer::drop_empty_groups(std::uint64_t bucket, shared::patience& until, const char* operation) {
    const auto stripe = static_cast<unsigned>(bucket % stripes_count);
    for (;;) {
        group* before = nullptr;
        group* last = find_.bucket(bucket);
        for (unsigned groups = 0; last != nullptr && read(last->next) != 0; ++groups) {
            if (groups == chain_max) return damaged(operation);
            before = last;
            last = find_.group_at(read(last->next));
        }
        if (last == nullptr) return damaged(operation);
        for (const word& slot : last->slots) {
            if (read(slot) != 0) return {};
        }
        if (before == nullptr) return {};
        const std::uint64_t offset = read(before->next);
        const auto done = publish(stripe, {before->next, 0, offset / 8, group_class, 0, 0}, until, operation);
        if (!done) return done.error();
    }
}

}  // namespace samepage::tables
