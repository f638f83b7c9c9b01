// Locked keys: which handle has which, kept in a list of each stripe; a word for who has locked all.
// SPDX-License-Identifier: MIT
//
// Layout: in the body `whole`, an owner word, says who wants all, and `granted` who has it: an identity or 0, with
// `died` where one that had all died, and no later one has repaired. Each stripe leads to a list of nodes (layout.hpp),
// one for each key of it that is locked, or was and has something left to say. A key is its 64-bit hash: two keys with
// the same one share a node, and so a lock. In a node's owner word `died` says that an owner died, and nobody has said
// yet that what the lock guards is repaired; `starving` on an owned one that somebody has waited long, on a free one
// that it is for those who have.
//
// Roles. A locker, a writer, one who locks all: each own the stripe while they look at its nodes. Only to unlock
// nothing is needed, so that nobody has to wait for that.
//
//   locks a key                                          unlocks it (the lock's owner; the stripe isn't needed)
//   K1 owns the stripe; nobody else has all, or wants    U1 the node's owner: nobody, by compare-and-swap   <- free
//      it, unless this handle has a lock already         U2 wakes those who sleep
//   K2 no node: a cell (doing = taking)                  U3 with the stripe, if that is to be had at once: nodes that
//   K3 the node: owner, hash, leads nowhere                 are nobody's, and have nothing to say, go out of the list
//   K4 publishing: the list's last link   <- locked         (doing = unlinking)
//   K5 or a node that is nobody's, or a dead one's:
//      by compare-and-swap                <- locked
//   locks all                                            writes a record
//   A1 takes `whole`; `granted` is nobody's              W1 owns the stripe
//   A2 owns each stripe until no living other has a      W2 a node of its own? else `granted` and the key's node are
//      node there                                           nobody else's. Otherwise it gives back the stripe and waits
//   A3 `granted` is its own                              unlocks all
//   A4 owns each stripe once more. A node of a living    B1 `granted` is nobody's                           <- free
//      other there: back to A1            <- locked      B2 gives back `whole`, wakes those who sleep
//
// Who waits has given back the stripe, and sleeps on the key's wait word until the owner that it saw isn't the owner
// any more; at most for 10 ms, since death wakes nobody. It never stores to a node but with the stripe.
//
// Invariants
//   I1 Only its owner makes an owned node another's or nobody's; of one that is dead (the kernel says so) who owns the
//      stripe does, exactly that one's.
//   I2 Nodes go into the list and out of it by who owns the stripe, and not while they are owned. So an owner knows
//      where its node is, and a key has one node.
//   I3 Whoever owns a stripe after A4 did sees `granted`: its turn came after that one's. So at A4's end nobody writes,
//      and there are no nodes.
//   I4 The first word of a node is 0: no reader takes it for a record.
//   I5 Who wants all and hasn't got it hinders nobody who has a lock: he may take more, and will let them go.
//
// Crash story. K2 to K4 and U3 are steps of the stripe, which the next one undoes or finishes (writer.hpp). An owner
// that dies after K4, K5 or A1 has the lock until somebody meets it: a locker takes it, and is told; a writer makes it
// nobody's, and leaves `died` for the next locker. Such a note stays until an owner of the lock, or of all, has
// repaired. A death with all may have left any key half-done: whoever locks one is told, until an owner of all has
// repaired. An owner may unlock after its word was read, and end before the kernel is asked about it: the word isn't
// the dead one's any more, so it is read again, and no death is told. Killed after U1: the node is nobody's; U3 is done
// by who next meets it and has to look at the list anyway.
// Killed after B1: all is nobody's, and the next who locks all is told of a death.
// A stopped owner is alive: others' deadlines end, and name it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "samepage/result.hpp"
#include "shared/owner_word.hpp"
#include "shared/patience.hpp"
#include "table/arena.hpp"
#include "table/writer.hpp"

namespace samepage::tables {

// Who is in the way, as it was seen.
struct obstacle {
    const word* owner;  // in shared memory: a node's, `whole` or `granted`
    std::uint64_t seen;
    const word* hash;  // the node's; null: it isn't one
    std::uint64_t wanted_hash;

    bool is_reserved() const noexcept { return shared::owner_word::is_free(seen); }
    // seq_cst (default): see "Why a sleeper misses no change" in wait.cpp (sleepers)
    bool is_gone() const noexcept {
        return ((owner->load() ^ seen) & shared::identity_bits) != 0 || (hash != nullptr && read(*hash) != wanted_hash);
    }
};

class lock_list {
   public:
    // `permits`: identities whose locks this handle may write under.
    lock_list(arena& where, writer& change, shared::participants& self, const shared::owner_word& whole,
              std::vector<std::uint64_t> permits) noexcept
        : arena_(&where),
          body_(&where.fixed()),
          change_(&change),
          self_(&self),
          whole_(&whole),
          permits_(std::move(permits)) {}

    // Whether a writer has to look. For the owner of the stripe.
    bool are_any(unsigned stripe) const noexcept {
        return (read(body_->stripes[stripe].locks) | (read(body_->granted) & shared::identity_bits)) != 0;
    }

    // ---- For the owner of the stripe -----------------------------------------------------------------------------

    // W2. Nothing: it may write. `waited`: it comes again.
    result<std::optional<obstacle>> in_writers_way(std::uint64_t hash, bool waited, const char* operation) const;

    struct attempt {
        std::optional<obstacle> way;  // nothing: it is locked
        std::uint64_t node = 0;       // its offset
        bool owner_died = false;
    };
    // K1 to K5, for `me`. `waited`: it comes again, or its time is up.
    result<attempt> try_lock(std::uint64_t hash, std::uint64_t me, bool waited, shared::patience& until,
                             const char* operation) const;
    // A2, A4. `owner_died`: becomes true where a node says so.
    result<std::optional<obstacle>> in_way_of_all(unsigned stripe, bool& owner_died, const char* operation) const;
    // U3. Whatever goes wrong, the next one tries again.
    void prune(unsigned stripe, shared::patience& until, const char* operation) const;
    // What nodes of nobody have to say is done with. Who has locked all.
    void forget_notes(unsigned stripe) const;
    // Who has waited long is to have the lock next; or gives up. Others who wait say it again.
    void reserve(const obstacle& way, bool wanted) const;

    // ---- For the owner of `whole` --------------------------------------------------------------------------------

    // A1: what is there now is a dead one's, and told on.
    void want_all() const noexcept { grant(0, read(body_->granted) != 0); }
    // A3; with 0: A1 again, B1. `died`: what somebody_died_with_all() is to say.
    void grant(std::uint64_t identity, bool died) const noexcept {
        // seq_cst (default): before the look at who sleeps (sleepers)
        body_->granted.store(identity | (died ? shared::owner_word::died : 0));
    }
    // As it stands; for the owner of a stripe too.
    bool somebody_died_with_all() const noexcept { return (read(body_->granted) & shared::owner_word::died) != 0; }

    // ---- For the lock's owner ------------------------------------------------------------------------------------

    // U1. False: it isn't.
    bool unlock(std::uint64_t node, std::uint64_t identity, bool repaired) const;

   private:
    struct spot {
        lock_node* node;  // null: there is none
        std::uint64_t offset;
        word* link;  // that leads to it, or the list's last
    };
    // Until `wanted` says so of one; nothing: damage.
    template <class Wanted>
    std::optional<spot> find(unsigned stripe, Wanted&& wanted) const;
    std::optional<spot> find_hash(std::uint64_t hash) const;
    bool may_pass(std::uint64_t owner) const noexcept;
    attempt got(std::uint64_t node, bool owner_died) const noexcept {
        owned_.fetch_add(1, std::memory_order_relaxed);  // relaxed: a hint
        return attempt{{}, node, owner_died || somebody_died_with_all()};
    }
    // Who has all, if it is a living other; and who wants it. The dead have and want nothing, then.
    result<std::optional<obstacle>> granted_to_other(const char* operation) const;
    result<std::optional<obstacle>> wanted_by_other(const char* operation) const;

    arena* arena_;
    body* body_;
    writer* change_;
    shared::participants* self_;
    const shared::owner_word* whole_;
    std::vector<std::uint64_t> permits_;
    mutable std::atomic<std::uint32_t> owned_{0};  // locks of keys that this handle has: for I5, a hint
};

}  // namespace samepage::tables
