// What runs a table has, and which of their cells are accounted for: what verify() goes by.
// SPDX-License-Identifier: MIT
//
// Only reads. Who owns `space` raises `space_turns` before it changes a run; so what was read while nobody alive owned
// it, and while `space_turns` stayed, is as it was at that moment. Slabs and runs of buckets stay what they are, unless
// somebody compacts (`slabs_freed` tells, and then nothing here counts): where others change runs all the time, the
// walk goes on from the last of those that it is sure of, and the map is then of several moments.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "os/os.hpp"
#include "shared/participants.hpp"
#include "table/arena.hpp"

namespace samepage::tables {

// Sentences about what is wrong.
class complaints {
   public:
    static constexpr std::size_t most = 20;
    void say(std::string sentence) {
        if (all_.size() < most) all_.push_back(std::move(sentence));
    }
    void add(const complaints& more) {
        for (const std::string& sentence : more.all_) say(sentence);
    }
    bool empty() const noexcept { return all_.empty(); }
    void clear() noexcept { all_.clear(); }
    std::vector<std::string> take() noexcept { return std::move(all_); }

   private:
    std::vector<std::string> all_;
};

std::string hex(std::uint64_t offset);

// Whether the owner that a word names is dead, or there is none: nobody changes what the word guards, until it is
// taken. An owner that cannot be is no owner.
bool is_at_rest(std::uint64_t owner, const shared::participants& self);

class run_map {
   public:
    // A large run or one of buckets has one "cell".
    struct known_run {
        std::uint64_t offset, pages, kind, detail, next;
        bool leaves = false;               // a slab, of whose cells some may be nobody's (compact.hpp)
        std::uint64_t cells_at_first = 0;  // of a slab: how many had been handed out when the first map was made
        std::vector<bool> claimed;

        std::uint64_t inside() const { return offset + sizeof(run); }
        std::uint64_t end() const { return offset + pages * page - spare_bytes; }
    };

    run_map(const arena& where, const shared::participants& self) noexcept
        : arena_(&where), body_(&where.fixed()), self_(&self) {}

    // whole: of one moment, and the words that lead to runs were looked at, too. busy: `until` has passed; there is no
    // map. damaged: it was said what is wrong, and there is none.
    enum class outcome : std::uint8_t { whole, of_several_moments, busy, damaged };
    // May be made again: what was claimed stays so.
    outcome make(const os::deadline& until, complaints& wrong);

    // The run that `offset` lies in, or null.
    const known_run* run_of(std::uint64_t offset) const;
    const std::vector<known_run>& runs() const noexcept { return runs_; }
    std::uint64_t pending() const noexcept { return pending_; }  // when the walk began
    // Buckets from this one on can't be looked at; damage was said.
    std::uint64_t buckets_sound() const noexcept { return buckets_sound_; }
    std::uint64_t pages_free() const noexcept { return pages_free_; }

    // Whose is a cell? A record's, or a group's; or the run of a large record of that stripe.
    enum class claim_result : std::uint8_t { first, again, not_one };
    claim_result claim(std::uint64_t offset, unsigned cell_class, unsigned stripe);
    // Forgets the claims since the last keep().
    void undo();
    void keep() noexcept { since_.clear(); }

    // Cells that nobody has claimed, once all stripes have claimed what they have. What counts is a map that was made
    // after that: a slab may have begun to leave meanwhile.
    bool has_leftovers() const;
    void check_leftovers(complaints& wrong) const;

   private:
    enum class look : std::uint8_t { good, moved, bad };
    static look back(std::vector<known_run>& runs, std::uint64_t& at);
    look walk_on(std::vector<known_run>& runs, std::uint64_t& at, std::uint64_t turn, complaints& wrong) const;
    bool read_run(std::uint64_t at, std::uint64_t end, known_run& into, complaints& wrong) const;
    bool check_slab(known_run& slab, complaints& wrong) const;
    void check_words(std::vector<known_run>& runs, complaints& wrong);
    void check_pieces(std::vector<known_run>& runs, complaints& wrong);
    void take_over(std::vector<known_run>&& fresh);
    static std::uint64_t left_over(const known_run& r);
    bool await_rest(const os::deadline& until, std::uint64_t& turn) const;

    const arena* arena_;
    const body* body_;
    const shared::participants* self_;
    std::vector<known_run> runs_;  // by offset
    bool is_first_ = true;
    std::uint64_t buckets_sound_ = buckets_max;
    std::uint64_t pages_free_ = 0, pending_ = 0;
    struct claimed_cell {
        std::uint64_t run;
        std::size_t index;
    };
    std::vector<claimed_cell> since_;
};

}  // namespace samepage::tables
