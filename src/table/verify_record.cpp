// Copies a record, as readers do, and compares what it says with what follows from its key.
// SPDX-License-Identifier: MIT
#include "table/verify_record.hpp"

#include <algorithm>

#include "table/hash.hpp"

namespace samepage::tables {

std::string record_checker::who(std::uint64_t slot) const {
    return "the record at " + hex(slot_offset(slot)) + " in bucket " + std::to_string(bucket_);
}

// The value only where something is to be found out about it.
void record_checker::copy(std::uint64_t offset, std::uint64_t lengths) {
    const std::uint64_t key_bytes = round_up(key_bytes_of(lengths), 8);
    const auto count = static_cast<std::size_t>(key_bytes + (checked_ ? value_bytes_of(lengths) : 0));
    copy_.resize(count);
    shared::load_bytes(copy_.data(), &arena_->at<std::byte>(offset) + sizeof(record), count);
}

record_checker::facts record_checker::check_copy(std::uint64_t slot, const seen_record& seen, std::uint64_t check,
                                                 complaints& wrong) const {
    const std::uint64_t lengths = seen.lengths, number = seen.number;
    const std::span<const std::byte> all(copy_);
    const auto key_bytes = static_cast<std::size_t>(key_bytes_of(lengths));
    const auto rounded = static_cast<std::size_t>(round_up(key_bytes, 8));
    const auto key = all.first(key_bytes), behind = all.subspan(key_bytes, rounded - key_bytes);
    const std::uint64_t hash = hash_of(key, seed_);
    if (number == 0 || number >= read(body_->numbers))
        wrong.say(who(slot) + " has a number that was not given: " + std::to_string(number));
    if (tag_of(hash) != tag_of(slot) || check >> 32 != (hash & 0xffffffffU))
        wrong.say(who(slot) + " has another hash than its key");
    const bool expires = does_expire(lengths);
    if (expires != ((slot & slot_expires) != 0) || (expires && read(body_->expiring) == 0))
        wrong.say(who(slot) + (expires ? " expires, but its slot or the table doesn't say so"
                                       : " doesn't expire, as its slot says"));
    if (checked_ && (check & 0xffffffffU) != record_check(key, all.subspan(rounded), number, seen.expires_ns))
        wrong.say(who(slot) + " has a wrong check sum");
    if (std::any_of(behind.begin(), behind.end(), [](std::byte b) { return b != std::byte{0}; }))
        wrong.say(who(slot) + " has a key with something behind it");
    return {hash, lengths, number};
}

std::optional<record_checker::facts> record_checker::check(std::uint64_t slot, complaints& wrong) {
    const std::uint64_t offset = slot_offset(slot);
    if (!arena_->reaches(offset, sizeof(record) + 8)) {
        wrong.say(who(slot) + " is outside");
        return {};
    }
    const record& r = arena_->at<record>(offset);
    const std::uint64_t lengths = read(r.lengths);
    if ((lengths & ~expires_flag) >> 48 != 0 || value_bytes_of(lengths) > value_max ||
        !arena_->reaches(offset, record_bytes(lengths) + spare_bytes)) {
        wrong.say(who(slot) + " cannot have such lengths: " + hex(lengths));
        return {};
    }
    seen_record seen;
    seen.offset = offset;
    seen.number = read(r.number);
    seen.lengths = lengths;
    seen.expires_ns = expiry_of(seen);
    copy(offset, lengths);
    const facts its = check_copy(slot, seen, read(r.check), wrong);
    const auto key = std::span<const std::byte>(copy_).first(static_cast<std::size_t>(key_bytes_of(lengths)));
    for (const known_key& other : keys_) {
        if (other.hash == its.hash && std::equal(key.begin(), key.end(), other.bytes.begin(), other.bytes.end()))
            wrong.say(who(slot) + " has a key that came before");
    }
    keys_.push_back({its.hash, {key.begin(), key.end()}});
    return its;
}

bool record_checker::look(const group& in, unsigned index, complaints& wrong) {
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        const std::uint64_t slot = read(in.slots[index]);
        if (slot == 0) return false;
        seen_record seen;
        const auto how = find_.examine_any(in, index, slot, seen);
        if (how == finder::look::corrupt) {
            wrong.say(who(slot) + " can't be read");
            return false;
        }
        if (how != finder::look::same_key) continue;
        const std::uint64_t check = read(arena_->at<record>(seen.offset).check);
        seen.expires_ns = expiry_of(seen);
        copy(seen.offset, seen.lengths);
        if (!find_.is_whole(in, index, slot, seen)) continue;
        const facts its = check_copy(slot, seen, check, wrong);
        if (stripe_of(its.hash) != bucket_ % stripes_count) wrong.say(who(slot) + " is in a stripe that isn't its own");
        return true;
    }
    return false;
}

}  // namespace samepage::tables
