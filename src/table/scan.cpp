// Goes over the buckets of a table in the order of their reversed bits. The order's reason is in the header.
// SPDX-License-Identifier: MIT
#include "table/scan.hpp"

#include <algorithm>

#include "table/hash.hpp"

namespace samepage::tables {

namespace {

constexpr std::uint64_t reversed(std::uint64_t bits) noexcept {
    bits = (bits >> 1 & 0x5555555555555555U) | (bits & 0x5555555555555555U) << 1;
    bits = (bits >> 2 & 0x3333333333333333U) | (bits & 0x3333333333333333U) << 2;
    bits = (bits >> 4 & 0x0f0f0f0f0f0f0f0fU) | (bits & 0x0f0f0f0f0f0f0f0fU) << 4;
    bits = (bits >> 8 & 0x00ff00ff00ff00ffU) | (bits & 0x00ff00ff00ff00ffU) << 8;
    bits = (bits >> 16 & 0x0000ffff0000ffffU) | (bits & 0x0000ffff0000ffffU) << 16;
    return bits >> 32 | bits << 32;
}

// How many low bits of a hash lead to this bucket.
constexpr unsigned bits_of(std::uint64_t bucket, std::uint64_t buckets) noexcept {
    const std::uint64_t full = std::bit_ceil(buckets);
    const auto bits = static_cast<unsigned>(std::bit_width(full)) - 1;
    const bool is_whole = bucket < full / 2 && bucket + full / 2 >= buckets;  // its other half isn't a bucket yet
    return is_whole ? bits - 1 : bits;
}

}  // namespace

void initialise(std::span<std::byte> object, std::uint64_t mark) noexcept {
    auto& fixed = *reinterpret_cast<body*>(object.data() + table_offset);
    write(fixed.buckets, buckets_min);
    write(fixed.end, initial_bytes);
    write(fixed.numbers, 1);
    write(fixed.mark, mark);
    write(fixed.rover, arena_offset);
    write(fixed.fresh, arena_offset);
    auto& first = *reinterpret_cast<run*>(object.data() + arena_offset);
    write(first.head, run_head((initial_bytes - arena_offset) / page, free_run));
}

finder::outcome scan::next_bucket(std::span<const std::byte> prefix) {
    if (ended_) return finder::outcome::missing;
    for (unsigned tries = 0; tries < tries_max; ++tries) {
        const std::uint64_t buckets = read(body_->buckets);
        if (buckets < buckets_min || buckets > buckets_max) return finder::outcome::corrupt;
        const std::uint64_t bucket = bucket_of(reversed(at_), buckets);
        const unsigned bits = bits_of(bucket, buckets);
        if (const auto how = copy_bucket(bucket, buckets, prefix); how != finder::outcome::found) return how;
        const std::uint64_t now = read(body_->buckets);
        if (now < buckets || now > buckets_max) return finder::outcome::corrupt;
        if (bits_of(bucket, now) != bits) continue;
        at_ += std::uint64_t{1} << (64 - bits);
        ended_ = at_ == 0;
        return finder::outcome::found;
    }
    return finder::outcome::busy;
}

finder::outcome scan::copy_bucket(std::uint64_t bucket, std::uint64_t buckets, std::span<const std::byte> prefix) {
    records_.clear();
    const group* in = find_.bucket(bucket);
    unsigned tries = 0;
    for (unsigned groups = 0;; ++groups) {
        if (in == nullptr || groups == chain_max) return finder::outcome::corrupt;
        for (unsigned index = 0; index < group_slots;) {
            const std::uint64_t slot = read(in->slots[index]);
            copied one;
            const auto how = slot == 0 ? finder::look::other_key : copy(*in, index, slot, one);
            if (how == finder::look::corrupt) return finder::outcome::corrupt;
            if (how == finder::look::gone) {
                if (++tries == tries_max) return finder::outcome::busy;
                continue;
            }
            ++index;
            if (how == finder::look::other_key || how == finder::look::expired) continue;
            const auto key = one.key();
            const bool wanted = key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
            if (wanted && bucket_of(hash_of(key, seed_), buckets) == bucket) records_.push_back(std::move(one));
        }
        const std::uint64_t next = read(in->next);
        if (next == 0) return finder::outcome::found;
        in = find_.group_at(next);
    }
}

// As finder::examine and get, whatever the key.
finder::look scan::copy(const group& in, unsigned index, std::uint64_t slot, copied& into) const {
    seen_record seen;
    const auto first = find_.examine_any(in, index, slot, seen);
    if (first != finder::look::same_key) return first;
    if (const auto how = find_.examine_expiry(in, index, slot, seen); how != finder::look::same_key) return how;
    into.number = seen.number;
    into.expires_ns = seen.expires_ns;
    into.key_bytes = static_cast<std::size_t>(key_bytes_of(seen.lengths));
    into.bytes.resize(into.key_bytes + static_cast<std::size_t>(value_bytes_of(seen.lengths)));
    shared::load_bytes(into.bytes.data(), &arena_->at<std::byte>(seen.offset + sizeof(record)), into.key_bytes);
    shared::load_bytes(into.bytes.data() + into.key_bytes, &arena_->at<std::byte>(seen.value_at()),
                       into.bytes.size() - into.key_bytes);
    return find_.is_whole(in, index, slot, seen) ? finder::look::same_key : finder::look::gone;
}

}  // namespace samepage::tables
