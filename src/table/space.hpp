// The space of a table: pages in runs, and cells in lists; who dies in the middle leaks nothing.
// SPDX-License-Identifier: MIT
//
// Layout (layout.hpp): runs tile the arena, each with its length and kind in one word. Slabs give cells of one size out
// once; from then on a cell is in use, or in the list of its class in the stripe that freed it.
//
// Roles. The owner of `space` (an owner word) changes runs, `slabs`, `pieces`, `end`, `pending` and the two hints; it
// owns a stripe (or `growth`) too. The owner of a stripe changes its lists, and `doing` of itself. So the many who put
// and erase meet in `space` only when a list is empty.
//
//   a run is handed out                                     a list is filled
//   A1 pending = the run                                    F1 doing = refilling: cells from the slab's `next` on
//   A2 the rest of it becomes a free run of its own         F2 the slab's `next` behind them            <- theirs
//   A3 its head: in use, with its pages       <- in use     F3 each leads to the one behind it; the list to the first
//   A4 the word that leads to it                            F4 doing = none
//   A5 pending = 0                                          a cell comes out of a list
//   a run is freed                                          T1 doing = taking: the list's first
//   B1 freeing = the run                                    T2 the list leads to the next             <- out of it
//   B2 its head: free                         <- free       a cell is freed
//   B3 the word of the step that names it: 0                X1 its number: 0    X2 it leads nowhere
//   B4 freeing = 0                                          X3 the list's last leads to it            <- in it
//   pages are added                                         X4 the list ends with it
//   E1 the object grows
//   E2 a free run's head at the old end
//   E3 end behind it                          <- there
// How slabs are emptied and become free runs is in compact.hpp.
//
// Invariants
//   I1 Runs tile [arena_offset, end) at every moment: A3 splits and B2 joins by one store, E3 adds one.
//   I2 A run in use is led to by the word that its kind says (`slabs`, `pieces`, a stripe's `cell` while it is taking,
//      a slot), or it is `pending`.
//   I3 Each cell that was handed out is in use, in one list, or named by its stripe's step.
//   I4 Who owns `space` raises `space_turns` before it changes anything: so who only reads knows what is of one moment
//      (run_map.hpp). A cell stays with the stripe to which it was handed out.
//   I5 A free run that may have holes says so in its head: the rest of one before it is a run (A2), two that are joined
//      before they are one, and one that is given back before it is. What is handed out is reserved first, and one page
//      more, for the head of the rest.
//
// Crash story. Whoever takes `space` from the dead: a pending run that nothing leads to is free again (before A4) or
// stays (after it); B2 to B4 are done, before anybody can have the pages, so that no step frees a run twice; a stripe
// that had come to F1 and not to F2 gets its cells. Whoever takes a stripe from the dead:
// undoes T1, T2, or does F3, F4 (writer.hpp says the rest). Each of these may itself be cut off and done again.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "samepage/result.hpp"
#include "shared/owner_word.hpp"
#include "shared/patience.hpp"
#include "shared/words.hpp"
#include "table/arena.hpp"
#include "table/steps.hpp"

namespace samepage::tables {

inline error damaged(const char* operation) {
    return error(errc::corrupt, operation, "the table's bytes cannot be; something else has written in it");
}

class space {
   public:
    space(arena& where, const shared::owner_word& owner) noexcept
        : arena_(&where), body_(&where.fixed()), owner_(&owner) {}

    // ---- For the owner of the stripe -----------------------------------------------------------------------------

    // A cell of a class, or a run for a record of so many bytes: its offset. `doing` is `taking` then.
    // no_space, timed_out (who has the space is stopped), corrupt.
    result<std::uint64_t> take(unsigned stripe, std::uint64_t bytes, shared::patience& until, const char* operation);
    result<std::uint64_t> take_group(unsigned stripe, shared::patience& until, const char* operation);
    // Has the memory come here that take() and give() of this class will write. Any thread.
    void expect_cell(unsigned stripe, unsigned cell_class) const noexcept {
        if (cell_class == large_class) return;
        const cell_list& list = body_->lists[stripe][cell_class];
        const arena::view view = arena_->now();
        const std::uint64_t first = read(list.first), last = read(list.last);
        if (first >= view.reach || last >= view.reach) return;
        shared::expect_to_write(view.base + static_cast<std::size_t>(first));
        shared::expect_to_write(view.base + static_cast<std::size_t>(first) + 64);
        shared::expect_to_write(view.base + static_cast<std::size_t>(last));
    }
    // Gives back what no word leads to any more but `named`, of the stripe's step: that becomes 0 where it is a run.
    // May be repeated after a death.
    result<void> give(unsigned stripe, unsigned cell_class, std::uint64_t cell, word& named, shared::patience& until,
                      const char* operation);
    // After a death in refilling, taking or collecting.
    result<void> recover(unsigned stripe, shared::patience& until, const char* operation);

    // Takes out of a list, for ever, what lies in pages that leave; `first_only`: until it begins with one that stays.
    // Calls gone(offset) for each. False: damage. (collect.cpp)
    using is_leaving = std::function<bool(std::uint64_t)>;
    using is_gone = std::function<void(std::uint64_t)>;
    bool collect(unsigned stripe, unsigned cell_class, const is_leaving& leaves, const is_gone& gone,
                 bool first_only = false) const;

    // ---- For the owner of `space`, who compacts -------------------------------------------------------------------

    struct known_slab {
        std::uint64_t offset, pages, next;
        unsigned cell_class;
        bool leaves;  // already: who began it was killed, or couldn't empty it
    };
    // All slabs but those from which cells are handed out. False: damage.
    bool list_slabs(std::vector<known_slab>& slabs) const;
    void make_leave(const std::vector<std::uint64_t>& slabs) const;
    // Of slabs all of whose cells were collected.
    void free_slabs(const std::vector<std::uint64_t>& slabs) const;
    // For who has the object alone. Gives free pages back to the system, but for one of each run: how many bytes.
    result<std::uint64_t> give_back(const char* operation) const;
    // What that would give.
    std::uint64_t bytes_to_give() const;

    // ---- For the owner of `growth` -------------------------------------------------------------------------------

    // A piece of the array of buckets, zeroed; its word leads to it.
    result<void> add_piece(const piece& wanted, shared::patience& until, const char* operation);

    // ---- For the owner of `growth` and all stripes ---------------------------------------------------------------

    // K1 to K4 of history.hpp, if there is none.
    result<void> add_history(std::uint64_t ring_bytes, shared::patience& until, const char* operation);

    // The owner word; whatever a dead one had begun is done.
    result<shared::turn> own(shared::patience& until, const char* operation);

   private:
    bool repair() const;
    bool finish_freeing() const;
    result<void> give_run(unsigned stripe, std::uint64_t inside, word& named, shared::patience& until,
                          const char* operation);
    bool is_led_to(std::uint64_t offset, const run& r) const;
    bool join(std::uint64_t at, std::uint64_t end, std::uint64_t& head) const;
    result<std::uint64_t> find_pages(std::uint64_t pages, const char* operation);
    result<std::uint64_t> find_run(std::uint64_t pages, const char* operation);
    result<void> add_pages(std::uint64_t pages, const char* operation);
    void hand_out(std::uint64_t offset, std::uint64_t pages, run_kind kind, std::uint64_t detail);
    result<void> refill(unsigned stripe, unsigned cell_class, shared::patience& until, const char* operation);
    result<std::uint64_t> take_large(unsigned stripe, std::uint64_t bytes, shared::patience& until,
                                     const char* operation);
    result<std::uint64_t> take_cell(unsigned stripe, unsigned cell_class, shared::patience& until,
                                    const char* operation);
    bool chain(unsigned stripe) const;
    bool finish_collecting(unsigned stripe) const;
    // Calls use(offset, run) for each. False: damage.
    template <class Use>
    bool for_each_run(Use&& use) const;

    run* run_at(std::uint64_t offset) const {
        const bool fits = offset >= arena_offset && offset % page == 0 && arena_->reaches(offset, page);
        return fits ? &arena_->at<run>(offset) : nullptr;
    }
    // Null: there can be none of that class.
    record* cell_at(std::uint64_t offset, std::uint64_t cell_class) const {
        const bool fits = offset % 8 == 0 && cell_class < classes_count &&
                          arena_->reaches(offset, class_bytes(static_cast<unsigned>(cell_class)));
        return fits ? &arena_->at<record>(offset) : nullptr;
    }

    arena* arena_;
    body* body_;
    const shared::owner_word* owner_;
};

}  // namespace samepage::tables
