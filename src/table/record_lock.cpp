// Locking a key or the whole table, writing past such locks, waiting for them. The protocol: table/locks.hpp.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>

#include "shared/await.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::obstacle;

namespace {

constexpr const char* locking = "lock a record";
constexpr const char* locking_all = "lock a table";
constexpr const char* unlocking = "unlock a record";

constexpr duration slice = std::chrono::milliseconds(10);          // death wakes nobody: look again after that
constexpr duration reserved_slice = std::chrono::milliseconds(1);  // what a newcomer lets those who waited go first
constexpr duration fair_after = std::chrono::milliseconds(1);      // who has waited so long is to be the next

// Who comes again after waiting, and for how long it has.
class waiter {
   public:
    bool has_waited() const noexcept { return since_.has_value(); }
    bool is_hungry() const { return since_ && since_->passed(); }
    void waits() {
        if (!since_) since_ = os::deadline::after(fair_after);
    }

   private:
    std::optional<os::deadline> since_;
};

}  // namespace

std::vector<std::uint64_t> tables::permits_of(std::string_view permits, std::uint64_t seed) {
    std::vector<std::uint64_t> found;
    while (!permits.empty()) {
        const std::string_view one = permits.substr(0, permits.find(','));
        permits.remove_prefix(std::min(permits.size(), one.size() + 1));
        std::uint64_t its_seed = 0, identity = 0;
        const char* const end = one.data() + one.size();
        const auto first = std::from_chars(one.data(), end, its_seed, 16);
        if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-' || its_seed != seed) continue;
        if (std::from_chars(first.ptr + 1, end, identity, 16).ptr == end && identity != 0) found.push_back(identity);
    }
    return found;
}

error table_bytes::state::locked(const obstacle& way, const char* operation) const {
    if (way.is_reserved()) return error(errc::timed_out, operation, "others were faster all the time; wait longer");
    return error(errc::timed_out, operation,
                 self->describe(way.seen) + " has locked " + (way.hash != nullptr ? "the record" : "the table") +
                     " and is alive (running or stopped); wait longer, or look what it does");
}

void table_bytes::state::wait_for(const obstacle& way, unsigned stripe, shared::patience& until) const {
    const auto gone = [&] { return way.is_gone(); };
    const duration longest = way.is_reserved() ? reserved_slice : slice;
    const auto end = os::deadline::after(std::min(longest, until.end().left()));
    shared::await(gone, gone, &key_waits[stripe % tables::key_waits_count], opened.object(), strategy, end);
}

result<shared::turn> table_bytes::state::pass_locks(shared::turn given, std::uint64_t hash, shared::patience& until,
                                                    const char* operation) const {
    const unsigned stripe = tables::stripe_of(hash);
    std::optional<shared::turn> mine(std::move(given));
    for (waiter me;;) {
        auto way = locks->in_writers_way(hash, me.has_waited(), operation);
        if (!way) return way.error();
        if (!*way) break;
        const bool gives_up = until.end().passed();
        if (me.is_hungry()) locks->reserve(**way, !gives_up);
        if (gives_up) return locked(**way, operation);
        mine.reset();
        if (!me.has_waited()) wake(stripe);  // it may have finished what a dead one had begun
        me.waits();
        wait_for(**way, stripe, until);
        auto again = own(stripe, until, operation);
        if (!again) return again.error();
        mine.emplace(*std::move(again));
    }
    locks->prune(stripe, until, operation);
    return *std::move(mine);
}

// ---- One key -----------------------------------------------------------------------------------------------------

result<table_bytes::held> table_bytes::lock(std::span<const std::byte> key, duration timeout) const {
    if (!state_) return tables::closed(locking);
    if (!tables::is_key(key)) return tables::no_key_that_can_be(key, locking);
    const state& s = *state_;
    if (auto good = s.may_write(timeout, locking); !good) return good.error();
    const std::uint64_t hash = s.hash(key);
    const unsigned stripe = tables::stripe_of(hash);
    shared::patience until(timeout);
    for (waiter me;;) {
        tables::lock_list::attempt tried;
        std::uint64_t identity = 0;
        const bool is_last = !until.waits() || (me.has_waited() && until.end().passed());
        {
            const auto mine = s.own(stripe, until, locking);
            if (!mine) return mine.error();
            identity = mine->identity();
            const auto how = s.locks->try_lock(hash, identity, me.has_waited() || is_last, until, locking);
            if (!how) return how.error();
            tried = *how;
            if (tried.way && me.is_hungry()) s.locks->reserve(*tried.way, !is_last);
        }
        if (!tried.way || !me.has_waited()) s.wake(stripe);  // as above
        if (!tried.way) {
            held got;
            got.state_ = state_.get();
            got.identity_ = identity;
            got.node_ = tried.node;
            got.owner_died_ = tried.owner_died;
            return got;
        }
        if (is_last) return s.locked(*tried.way, locking);
        me.waits();
        s.wait_for(*tried.way, stripe, until);
    }
}

bool table_bytes::state::unlock(std::uint64_t node, std::uint64_t identity, bool repaired) const {
    const std::uint64_t hash = tables::read(bytes->at<tables::lock_node>(node).hash);
    const unsigned stripe = tables::stripe_of(hash);
    if (!locks->unlock(node, identity, repaired)) return false;
    wake(stripe);
    // It is free; what follows is tidying, which others do when the stripe isn't to be had at once.
    shared::patience at_once(no_wait);
    {
        const auto mine = own(stripe, at_once, unlocking);
        if (!mine) return true;
        locks->prune(stripe, at_once, unlocking);
    }
    wake(stripe);
    return true;
}

// ---- All -----------------------------------------------------------------------------------------------------------

// A2, and A4 when it is `granted`: then no living other's node is waited for.
result<bool> table_bytes::state::own_each(bool& owner_died, bool granted, shared::patience& until,
                                          const char* operation) const {
    for (unsigned stripe = 0; stripe < tables::stripes_count; ++stripe) {
        for (bool waited = false;; waited = true) {
            std::optional<obstacle> way;
            {
                const auto mine = own(stripe, until, operation);
                if (!mine) return mine.error();
                const auto seen = locks->in_way_of_all(stripe, owner_died, operation);
                if (!seen) return seen.error();
                way = *seen;
            }
            if (!waited) wake(stripe);
            if (!way) break;
            if (granted) return false;
            if (until.end().passed()) return locked(*way, operation);
            wait_for(*way, stripe, until);
        }
    }
    return true;
}

// A2 to A4.
result<void> table_bytes::state::own_all(std::uint64_t identity, bool& owner_died, shared::patience& until,
                                         const char* operation) const {
    for (;;) {
        if (auto free = own_each(owner_died, false, until, operation); !free) return free.error();
        const bool died = locks->somebody_died_with_all();
        locks->grant(identity, died);
        const auto done = own_each(owner_died, true, until, operation);
        if (!done) return done.error();
        if (*done) return {};
        // Somebody who had a lock has taken another one meanwhile, and perhaps waits.
        locks->grant(0, died);
        wake_all();
    }
}

result<table_bytes::held> table_bytes::lock_all(duration timeout) const {
    if (!state_) return tables::closed(locking_all);
    const state& s = *state_;
    if (auto good = s.may_write(timeout, locking_all); !good) return good.error();
    shared::patience until(timeout);
    const auto taken = s.owners[tables::whole_owner].acquire(until.end().left(), s.strategy, locking_all);
    if (!taken) return taken.error();
    s.locks->want_all();
    bool owner_died = taken->owner_died || s.locks->somebody_died_with_all();
    if (auto done = s.own_all(taken->identity, owner_died, until, locking_all); !done) {
        static_cast<void>(s.unlock_all(taken->identity, false));
        return done.error();
    }
    held got;
    got.state_ = state_.get();
    got.identity_ = taken->identity;
    got.owner_died_ = owner_died;
    return got;
}

bool table_bytes::state::unlock_all(std::uint64_t identity, bool repaired) const {
    // Killed in the middle of this, it leaves its own death to be told.
    for (unsigned stripe = 0; repaired && stripe < tables::stripes_count; ++stripe) {
        if (tables::read(bytes->fixed().stripes[stripe].locks) == 0) continue;
        shared::patience until(writer_patience);
        const auto mine = own(stripe, until, unlocking);
        if (!mine) continue;  // it is told once more
        locks->forget_notes(stripe);
        locks->prune(stripe, until, unlocking);
    }
    locks->grant(0, !repaired && locks->somebody_died_with_all());
    const bool was_mine = owners[tables::whole_owner].release(identity, repaired);
    wake_all();
    return was_mine;
}

// ---- Held --------------------------------------------------------------------------------------------------------

result<void> table_bytes::held::release() {
    const std::uint64_t identity = std::exchange(identity_, 0);
    const auto* const from = static_cast<const table_bytes::state*>(state_);
    // A forked child has its parent's `held`, but another identity or none.
    if (identity != 0 && from->self->identity() == identity &&
        (node_ != 0 ? from->unlock(node_, identity, !owner_died_) : from->unlock_all(identity, !owner_died_)))
        return {};
    return error(errc::not_owner, unlocking, "this handle does not own it; only the owner may release it");
}

std::string table_bytes::held::permit() const {
    if (!owns()) return {};
    char text[40];
    std::snprintf(text, sizeof text, "%llx-%llx",
                  static_cast<unsigned long long>(static_cast<const table_bytes::state*>(state_)->seed),
                  static_cast<unsigned long long>(identity_));
    return text;
}

}  // namespace samepage
