// Takes, judges and lets go locked keys. The protocol is in the header.
// SPDX-License-Identifier: MIT
#include "table/locks.hpp"

#include <algorithm>

namespace samepage::tables {

using shared::identity_bits;
using shared::owner_word;

namespace {

// Only a process that keeps damaging the word makes an unlock lose that often.
constexpr unsigned unlock_tries_max = 10000;

// At once: a long list's rest is for the next ones.
constexpr unsigned pruned_max = 1000;

bool can_be(std::uint64_t owner) noexcept { return (owner & ~(identity_bits | owner_word::flags)) == 0; }

obstacle at_node(const lock_node& n, std::uint64_t seen) noexcept { return {&n.owner, seen, &n.hash, read(n.hash)}; }

// relaxed: it only looks; the exchange that follows decides
std::uint64_t owner_of(const lock_node& n) noexcept { return n.owner.load(std::memory_order_relaxed); }

// With the stripe, this loses to nobody but the living owner that unlocks. acquire: pairs with the seq_cst exchange in
// unlock() (record_lock). relaxed: a failed try has seen nothing
bool replace(word& owner, std::uint64_t seen, std::uint64_t next) noexcept {
    return owner.compare_exchange_strong(seen, next, std::memory_order_acquire, std::memory_order_relaxed);
}

}  // namespace

template <class Wanted>
std::optional<lock_list::spot> lock_list::find(unsigned stripe, Wanted&& wanted) const {
    word* link = &body_->stripes[stripe].locks;
    for (unsigned nodes = 0; nodes < chain_max; ++nodes) {
        const std::uint64_t offset = read(*link);
        if (offset == 0) return spot{nullptr, 0, link};
        if (offset % 8 != 0 || offset < arena_offset || !arena_->reaches(offset, sizeof(lock_node))) return {};
        lock_node& n = arena_->at<lock_node>(offset);
        if (!can_be(owner_of(n))) return {};
        if (wanted(n)) return spot{&n, offset, link};
        link = &n.next;
    }
    return {};
}

std::optional<lock_list::spot> lock_list::find_hash(std::uint64_t hash) const {
    return find(stripe_of(hash), [=](const lock_node& n) { return read(n.hash) == hash; });
}

bool lock_list::may_pass(std::uint64_t owner) const noexcept {
    const std::uint64_t identity = owner & identity_bits;
    return identity != 0 &&
           (identity == self_->identity() || std::find(permits_.begin(), permits_.end(), identity) != permits_.end());
}

result<std::optional<obstacle>> lock_list::granted_to_other(const char* operation) const {
    const std::uint64_t seen = read(body_->granted);
    if (!can_be(seen)) return damaged(operation);
    if (owner_word::is_free(seen) || may_pass(seen)) return std::optional<obstacle>();
    const auto live = self_->is_live(seen, operation);
    if (!live) return live.error();
    if (*live) return std::optional<obstacle>(obstacle{&body_->granted, seen, nullptr, 0});
    // Said once, so that nobody asks the kernel again.
    replace(body_->granted, seen, owner_word::died);
    return std::optional<obstacle>();
}

result<std::optional<obstacle>> lock_list::wanted_by_other(const char* operation) const {
    const std::uint64_t seen = read(body_->whole);
    // relaxed: a hint
    const bool has_locks = owned_.load(std::memory_order_relaxed) != 0 || !permits_.empty();
    if (owner_word::is_free(seen) || has_locks || may_pass(seen)) return std::optional<obstacle>();
    const auto buried = whole_->bury(seen, operation);
    if (!buried) return buried.error();
    if (*buried) return std::optional<obstacle>();
    return std::optional<obstacle>(obstacle{&body_->whole, seen, nullptr, 0});
}

result<std::optional<obstacle>> lock_list::in_writers_way(std::uint64_t hash, bool waited,
                                                          const char* operation) const {
    const auto at = find_hash(hash);
    if (!at) return damaged(operation);
    const std::uint64_t seen = at->node == nullptr ? 0 : owner_of(*at->node);
    if (may_pass(seen)) return std::optional<obstacle>();
    const auto all = granted_to_other(operation);
    if (!all || *all) return all;
    if (!owner_word::is_free(seen)) {
        const auto live = self_->is_live(seen, operation);
        if (!live) return live.error();
        if (*live) return std::optional<obstacle>(at_node(*at->node, seen));
        // Said once, so that nobody asks the kernel again. A survivor finds it the dead one's still, or this.
        replace(at->node->owner, seen, owner_word::died);
    } else if (waited && (seen & owner_word::starving) != 0) {
        replace(at->node->owner, seen, seen & owner_word::died);  // it was reserved for this one, maybe
    }
    return std::optional<obstacle>();
}

result<lock_list::attempt> lock_list::try_lock(std::uint64_t hash, std::uint64_t me, bool waited,
                                               shared::patience& until, const char* operation) const {
    for (const auto& all : {granted_to_other(operation), wanted_by_other(operation)}) {
        if (!all) return all.error();
        if (*all) return attempt{*all, 0, false};
    }
    const auto at = find_hash(hash);
    if (!at) return damaged(operation);
    if (at->node == nullptr) {
        const auto node = change_->add_node(*at->link, hash, me, until, operation);
        if (!node) return node.error();
        return got(*node, false);
    }
    word& owner = at->node->owner;
    std::uint64_t seen = owner_of(*at->node);
    if (!owner_word::is_free(seen)) {
        const auto live = self_->is_live(seen, operation);
        if (!live) return live.error();
        if (*live) return attempt{at_node(*at->node, seen), 0, false};
        if (replace(owner, seen, me | owner_word::died)) return got(at->offset, true);
        seen = owner_of(*at->node);  // it unlocked, and then it ended
    }
    if (!owner_word::is_free(seen)) return damaged(operation);
    if ((seen & owner_word::starving) != 0 && !waited) return attempt{at_node(*at->node, seen), 0, false};
    const bool owner_died = (seen & owner_word::died) != 0;
    if (!replace(owner, seen, me | (seen & owner_word::died))) return damaged(operation);
    return got(at->offset, owner_died);
}

result<std::optional<obstacle>> lock_list::in_way_of_all(unsigned stripe, bool& owner_died,
                                                         const char* operation) const {
    std::optional<error> failed;
    std::uint64_t seen = 0;
    const auto at = find(stripe, [&](lock_node& n) {
        seen = owner_of(n);
        if ((seen & owner_word::died) != 0) owner_died = true;
        if (owner_word::is_free(seen) || (seen & identity_bits) == self_->identity()) return false;
        const auto live = self_->is_live(seen, operation);
        if (!live) failed = live.error();
        if (!live || *live) return true;
        replace(n.owner, seen, owner_word::died);  // unless it unlocked, and then it ended
        if ((owner_of(n) & owner_word::died) != 0) owner_died = true;
        return false;
    });
    if (failed) return *failed;
    if (!at) return damaged(operation);
    if (at->node == nullptr) return std::optional<obstacle>();
    return std::optional<obstacle>(at_node(*at->node, seen));
}

void lock_list::prune(unsigned stripe, shared::patience& until, const char* operation) const {
    const auto is_nobodys = [](const lock_node& n) { return owner_of(n) == 0; };
    for (unsigned removed = 0; removed < pruned_max; ++removed) {
        const auto at = find(stripe, is_nobodys);
        if (!at || at->node == nullptr) return;
        if (!change_->remove_node(stripe, *at->link, *at->node, until, operation)) return;
    }
}

void lock_list::forget_notes(unsigned stripe) const {
    static_cast<void>(find(stripe, [](lock_node& n) {
        const std::uint64_t seen = owner_of(n);
        if (owner_word::is_free(seen)) replace(n.owner, seen, 0);
        return false;
    }));
}

void lock_list::reserve(const obstacle& way, bool wanted) const {
    // Nodes are changed with the stripe alone; to `whole` its waiters add this at any time.
    word& owner = way.owner == &body_->granted ? body_->whole : const_cast<word&>(*way.owner);
    const std::uint64_t seen = owner.load(std::memory_order_relaxed);  // relaxed: as in owner_of
    const std::uint64_t next = wanted ? seen | owner_word::starving : seen & ~owner_word::starving;
    if (next != seen && !owner_word::is_free(seen) && ((seen ^ way.seen) & identity_bits) == 0)
        replace(owner, seen, next);
}

bool lock_list::unlock(std::uint64_t node, std::uint64_t identity, bool repaired) const {
    if (!arena_->reaches(node, sizeof(lock_node))) return false;
    word& owner = arena_->at<lock_node>(node).owner;
    // relaxed: the exchange below decides
    std::uint64_t seen = owner.load(std::memory_order_relaxed);
    for (unsigned tries = 0; tries < unlock_tries_max; ++tries) {
        if ((seen & identity_bits) != identity) return false;
        const std::uint64_t next = (seen & owner_word::starving) | (repaired ? 0 : owner_word::died);
        // seq_cst (default): pairs with the acquire in replace() (record_lock), and comes before the look at who sleeps
        if (owner.compare_exchange_strong(seen, next)) {
            owned_.fetch_sub(1, std::memory_order_relaxed);  // relaxed: a hint
            return true;
        }
    }
    return false;
}

}  // namespace samepage::tables
