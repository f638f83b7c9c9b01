// Hostile bytes in a lock: those who hold it, take it and look at it.
// SPDX-License-Identifier: MIT
#include <array>

#include "hostile.hpp"
#include "lock/layout.hpp"
#include "samepage/lock.hpp"

namespace hostile {

namespace {

using samepage::lock;

const std::array<std::uint64_t, 5> spots = {
    0,
    samepage::shared::wait_page_offset,
    samepage::shared::participants_offset,
    samepage::shared::participants_offset + 64,
    samepage::locks::owner_offset,
};

void use(const lock& l, bool looks) {
    if (looks) {
        if (const auto info = l.info(); !info) require_explained(info.error());
    }
    auto held = l.try_acquire();
    if (!held) return require_explained(held.error());
    if (held->owner_died()) held->mark_repaired();
    if (const auto released = held->release(); !released) require_explained(released.error());
}

struct lock_under_attack {
    std::string path = scratch_path();
    lock gate = std::move(lock::create(path).value());
    victim bytes{path};
};

}  // namespace

void attack_lock(input bytes) {
    static lock_under_attack attacked;
    const bool looks = looks_too(bytes);
    attacked.bytes.patch(bytes, spots);
    use(attacked.gate, looks);

    // While it is held.
    attacked.bytes.mend();
    {
        auto held = attacked.gate.try_acquire();
        require(held.has_value(), "after mending, it can't be acquired");
        attacked.bytes.patch(bytes, spots);
        use(attacked.gate, looks);
        if (const auto released = held->release(); !released) require_explained(released.error());
    }

    attacked.bytes.patch(bytes, spots);
    if (const auto fresh = lock::open(attacked.path)) {
        use(*fresh, looks);
    } else {
        require_explained(fresh.error());
    }

    attacked.bytes.mend();
    require(attacked.gate.try_acquire().has_value(), "after mending, it can't be acquired");
}

}  // namespace hostile
