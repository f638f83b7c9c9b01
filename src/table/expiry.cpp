// Erases records that have expired, when a writer comes by; and says when one expires.
// SPDX-License-Identifier: MIT
#include "table/expiry.hpp"

#include "table/state.hpp"

namespace samepage {

using tables::finder;
using tables::read;

// Large ones need the owner word of space: they are left alone while somebody else has it, who may be stopped.
result<void> tables::writer::sweep_bucket(std::uint64_t hash, shared::patience& until, const char* operation) {
    const std::uint64_t buckets = read(body_->buckets);
    if (buckets < buckets_min || buckets > buckets_max) return damaged(operation);
    group* in = find_.bucket(bucket_of(hash, buckets));
    for (unsigned groups = 0; in != nullptr && groups < chain_max; ++groups) {
        for (const word& slot : in->slots) {
            // Their misses of the cache overlap.
            if ((read(slot) & slot_expires) != 0) find_.expect_record(slot);
        }
        for (unsigned index = 0; index < group_slots; ++index) {
            const std::uint64_t slot = read(in->slots[index]);
            if ((slot & slot_expires) == 0) continue;
            place at;
            at.slot = &in->slots[index];
            if (find_.examine_any(*in, index, slot, at.record) != finder::look::same_key) return damaged(operation);
            if (find_.examine_expiry(*in, index, slot, at.record) != finder::look::expired) continue;
            const bool is_large = class_of(record_bytes(at.record.lengths)) == large_class;
            if (is_large && !shared::owner_word::is_free(body_->space.load())) continue;
            if (auto done = erase(hash, at, until, operation); !done) return done;
            // The space of a large one may not have been to be had after all.
            if (auto whole = recover(stripe_of(hash), until, operation); !whole) return whole;
        }
        const std::uint64_t next = read(in->next);
        if (next == 0) return {};
        in = find_.group_at(next);
    }
    return damaged(operation);
}

result<std::uint64_t> table_bytes::expires_unix_ns(std::span<const std::byte> key) const {
    if (!state_) return tables::closed(tables::getting);
    if (!tables::is_key(key)) return tables::no_key_that_can_be(key, tables::getting);
    const auto seen = state_->look(key);
    if (!seen) return seen.error();
    if (seen->number == 0) return tables::why_not(finder::outcome::missing, tables::getting);
    return seen->expires_ns;
}

result<tables::seen_record> table_bytes::state::look(std::span<const std::byte> key) const {
    tables::seen_record seen;
    const auto how = find->get(key, hash(key), seen, [](const std::byte*, std::uint64_t) noexcept {});
    if (how == finder::outcome::missing) return tables::seen_record{};
    if (how != finder::outcome::found) return tables::why_not(how, tables::getting);
    return seen;
}

}  // namespace samepage
