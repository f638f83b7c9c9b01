// Reading a whole table while others change it: each record that stays comes once.
// SPDX-License-Identifier: MIT
//
// The scan goes over hashes in the order of their reversed bits. A bucket has an interval of that order, and a split
// cuts an interval in two: so what was passed stays passed, and what is to come stays to come, however the table grows.
//
// A bucket's records are copied, each validated as by get(); then, if the bucket was split meanwhile, once more. What
// belongs to another bucket (left there by a split that isn't finished) isn't counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "table/find.hpp"

namespace samepage::tables {

// The body and the first pages of a new table. relaxed order would do: nobody else sees it yet.
void initialise(std::span<std::byte> object, std::uint64_t mark) noexcept;

class scan {
   public:
    struct copied {
        std::vector<std::byte> bytes;  // key, then value
        std::size_t key_bytes;
        std::uint64_t number, expires_ns;
        std::span<const std::byte> key() const noexcept { return std::span(bytes).first(key_bytes); }
        std::span<const std::byte> value() const noexcept { return std::span(bytes).subspan(key_bytes); }
    };

    scan(const arena& where, std::uint64_t seed) noexcept
        : arena_(&where), body_(&where.fixed()), find_(where), seed_(seed) {}

    // The records of the next bucket, those with the prefix: found; missing: there are no more. busy, corrupt.
    finder::outcome next_bucket(std::span<const std::byte> prefix);
    const std::vector<copied>& records() const noexcept { return records_; }

   private:
    finder::outcome copy_bucket(std::uint64_t bucket, std::uint64_t buckets, std::span<const std::byte> prefix);
    finder::look copy(const group& in, unsigned index, std::uint64_t slot, copied& into) const;

    const arena* arena_;
    const body* body_;
    finder find_;
    std::uint64_t seed_;
    std::uint64_t at_ = 0;  // reversed bits of the next hash
    bool ended_ = false;
    std::vector<copied> records_;
};

}  // namespace samepage::tables
