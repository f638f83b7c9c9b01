// What a table's handle has: the opened object, and each part of the engine on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "samepage/table.hpp"
#include "shared/owner_word.hpp"
#include "shared/patience.hpp"
#include "shared/structured.hpp"
#include "shared/wait_word.hpp"
#include "table/hash.hpp"
#include "table/writer.hpp"

namespace samepage {

struct table_bytes::state {
    shared::structured opened;
    std::optional<tables::arena> bytes;
    std::optional<tables::finder> find;
    std::uint64_t seed = 0;
    std::optional<shared::participants> self;
    std::vector<shared::owner_word> owners;    // of the stripes, growth, space
    std::vector<shared::wait_word> key_waits;  // empty: this handle may not mark itself
    std::optional<shared::wait_word> any_wait;
    mutable std::optional<tables::writer> change;  // has no state of its own
    wait_strategy strategy = wait_strategy::spin_then_sleep;

    static result<table_bytes> open(std::string_view place, os::disposition disposition, const table_options& options);
    void attach(const table_options& options);

    std::uint64_t hash(std::span<const std::byte> key) const noexcept { return tables::hash_of(key, seed); }
    // Copies a value to where room_for(its length) says, if anywhere; it may ask more than once. Gives the version.
    template <class RoomFor>
    result<std::uint64_t> copy_out(std::span<const std::byte> key, std::uint64_t hash, RoomFor&& room_for) const;
    [[gnu::noinline]] result<found> get_closely(std::span<const std::byte> key, std::uint64_t hash,
                                                std::span<std::byte> into) const;
    result<void> may_write(const char* operation) const {
        if (opened.may_write()) return {};
        return error(errc::denied, operation, "it was opened read-only; open it to write");
    }

    // Runs `step` in the stripe of a key, with the place that the key has.
    template <class Step>
    auto with_stripe(std::span<const std::byte> key, duration timeout, const char* operation, Step&& step) const
        -> decltype(step(std::declval<tables::writer&>(), std::uint64_t{}, std::declval<tables::writer::place&>(),
                         std::declval<shared::patience&>()));
    // The owner word of a stripe or growth; a stripe is whole then.
    result<shared::turn> own(unsigned index, shared::patience& until, const char* operation) const;
    void split_one() const;
};

}  // namespace samepage
