// Whether a record is what its slot, its bucket and its own words say; of records that may be changing, too.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/find.hpp"
#include "table/run_map.hpp"

namespace samepage::tables {

class record_checker {
   public:
    // `checked`: records carry check sums.
    record_checker(const arena& where, std::uint64_t seed, bool checked) noexcept
        : arena_(&where), body_(&where.fixed()), find_(where), seed_(seed), checked_(checked) {}

    // Of which bucket the next ones are.
    void begin_bucket(std::uint64_t bucket) {
        bucket_ = bucket;
        keys_.clear();
    }
    std::string who(std::uint64_t slot) const;

    struct facts {
        std::uint64_t hash, lengths, number;
    };
    // Of a bucket that nobody changes. Nothing: it cannot be a record, what was said.
    std::optional<facts> check(std::uint64_t slot, complaints& wrong);
    // Of a bucket that others change: false where it is none, or was changed meanwhile.
    bool look(const group& in, unsigned index, complaints& wrong);

   private:
    void copy(std::uint64_t offset, std::uint64_t lengths);
    facts check_copy(std::uint64_t slot, const seen_record& seen, std::uint64_t check, complaints& wrong) const;
    std::uint64_t expiry_of(const seen_record& seen) const {
        return does_expire(seen.lengths) ? read(arena_->at<word>(seen.expiry_at())) : 0;
    }

    const arena* arena_;
    const body* body_;
    finder find_;
    std::uint64_t seed_;
    bool checked_;
    std::uint64_t bucket_ = 0;
    std::vector<std::byte> copy_;  // key, rounded up, and value
    struct known_key {
        std::uint64_t hash;
        std::vector<std::byte> bytes;
    };
    std::vector<known_key> keys_;  // of the bucket
};

}  // namespace samepage::tables
