// The C functions of locks: the handle itself is what owns.
// SPDX-License-Identifier: MIT
#include "samepage/lock.hpp"

#include "capi/call.hpp"

namespace samepage::capi {

// Only the thread that owns the lock through this handle touches `held`, and so the lock itself keeps others from it;
// `owned` keeps those off who release what they don't own.
struct owning_lock {
    explicit owning_lock(samepage::lock from) noexcept : object(std::move(from)) {}

    samepage::lock object;
    samepage::lock::held held;  // ends before the lock does
    std::atomic<bool> owned{false};
};

}  // namespace samepage::capi

struct samepage_lock : samepage::capi::slot<samepage::capi::owning_lock> {};

namespace capi = samepage::capi;
using capi::owning_lock;
using samepage::lock;

namespace {

constexpr const char* creating = "create a lock";
constexpr const char* asking = "ask a lock";
constexpr const char* acquiring = "acquire a lock";
constexpr const char* releasing = "release a lock";

samepage::lock_options options_of(const samepage_lock_options* given) {
    const auto o = capi::options_of(given);
    samepage::lock_options options;
    options.strategy = capi::strategy_of(o.strategy);
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    return options;
}

}  // namespace

samepage_status samepage_lock_create(const char* place, const samepage_lock_options* options, samepage_lock** into) {
    return capi::open(creating, into, [&] { return lock::create(capi::text_of(place), options_of(options)); });
}

samepage_status samepage_lock_create_new(const char* place, const samepage_lock_options* options,
                                         samepage_lock** into) {
    return capi::open(creating, into, [&] { return lock::create_new(capi::text_of(place), options_of(options)); });
}

samepage_status samepage_lock_open(const char* place, const samepage_lock_options* options, samepage_lock** into) {
    return capi::open("open a lock", into, [&] { return lock::open(capi::text_of(place), options_of(options)); });
}

void samepage_lock_close(samepage_lock* l) { capi::pool_of<samepage_lock>.close(l); }

samepage_status samepage_lock_created(samepage_lock* l, int32_t* created) {
    return capi::tell(l, asking, created, [](const owning_lock& mine) { return mine.object.created(); });
}

samepage_status samepage_lock_check_name(samepage_lock* l) {
    return capi::with(l, asking, [](const owning_lock& mine) { return capi::give(mine.object.check_name()); });
}

samepage_status samepage_lock_info_get(samepage_lock* l, samepage_lock_info* info) {
    return capi::with(l, asking, [&](const owning_lock& mine) {
        const auto seen = mine.object.info();
        if (!seen) return capi::fail(seen.error());
        samepage_lock_info all{};
        all.owned = seen->owned;
        all.owner_process = seen->owner_process;
        all.awaited = seen->awaited;
        all.owner_died = seen->owner_died;
        return capi::give_info(all, info);
    });
}

samepage_status samepage_lock_acquire(samepage_lock* l, int64_t timeout_ns, int32_t* owner_died) {
    return capi::with(l, acquiring, [&](owning_lock& mine) -> samepage_status {
        auto got = mine.object.acquire(capi::duration_of(timeout_ns));
        if (!got) return capi::fail(got.error());
        capi::set(owner_died, got->owner_died());
        mine.held = std::move(*got);
        mine.owned = true;
        return samepage_ok;
    });
}

samepage_status samepage_lock_try_acquire(samepage_lock* l, int32_t* owner_died) {
    return samepage_lock_acquire(l, SAMEPAGE_NO_WAIT, owner_died);
}

samepage_status samepage_lock_mark_repaired(samepage_lock* l) {
    return capi::with(l, "mark a lock as repaired", [](owning_lock& mine) -> samepage_status {
        if (!mine.owned) return capi::fail(samepage::error(samepage::errc::not_owner, "mark a lock as repaired"));
        mine.held.mark_repaired();
        return samepage_ok;
    });
}

samepage_status samepage_lock_release(samepage_lock* l) {
    return capi::with(l, releasing, [](owning_lock& mine) -> samepage_status {
        if (!mine.owned.exchange(false)) return capi::fail(samepage::error(samepage::errc::not_owner, releasing));
        // The next owner, which comes before release() has returned, finds it empty.
        lock::held last = std::move(mine.held);
        return capi::give(last.release());
    });
}
