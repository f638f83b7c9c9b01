// Walks over the runs of a table, also while others change them. Why that is right is said in the header.
// SPDX-License-Identifier: MIT
#include "table/run_map.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <thread>
#include <utility>

#include "shared/owner_word.hpp"
#include "table/history.hpp"

namespace samepage::tables {

namespace {

std::string number(std::uint64_t n) { return std::to_string(n); }

template <class Runs>
auto* find_run(Runs& runs, std::uint64_t offset) {
    const auto behind = std::upper_bound(runs.begin(), runs.end(), offset,
                                         [](std::uint64_t at, const auto& r) { return at < r.offset; });
    if (behind == runs.begin() || offset >= std::prev(behind)->offset + std::prev(behind)->pages * page)
        return static_cast<decltype(&*behind)>(nullptr);
    return &*std::prev(behind);
}

bool stays(const run_map::known_run& r) { return r.kind == slab_run || r.kind == groups_run || r.kind == history_run; }

// How often a map of one moment is tried for.
constexpr unsigned whole_tries = 20;

}  // namespace

std::string hex(std::uint64_t offset) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(offset));
    return text;
}

bool is_at_rest(std::uint64_t owner, const shared::participants& self) {
    if (shared::owner_word::is_free(owner)) return true;
    const auto live = self.is_live(owner, "verify a table");
    return !live || !*live;
}

// ---- Walking -------------------------------------------------------------------------------------------------------

// False: `until` has passed. Read before the owner word: who is done by then is in it.
bool run_map::await_rest(const os::deadline& until, std::uint64_t& turn) const {
    for (;;) {
        turn = read(body_->space_turns);
        if (is_at_rest(body_->space.load(), *self_)) return true;
        if (until.passed()) return false;
        std::this_thread::yield();
    }
}

run_map::outcome run_map::make(const os::deadline& until, complaints& wrong) {
    std::vector<known_run> fresh;
    std::uint64_t at = arena_offset, turn = 0;
    for (unsigned tries = 0;; ++tries) {
        if (!await_rest(until, turn)) return outcome::busy;
        const bool from_the_start = tries < whole_tries;
        if (from_the_start) {
            fresh.clear();
            at = arena_offset;
            pending_ = read(body_->pending);
        }
        complaints found;
        look how = walk_on(fresh, at, turn, found);
        if (how == look::good && from_the_start) {
            check_words(fresh, found);
            if (read(body_->space_turns) != turn) how = back(fresh, at);
        }
        if (how != look::moved) {
            wrong.add(found);
            if (how == look::bad) return outcome::damaged;
            take_over(std::move(fresh));
            return from_the_start ? outcome::whole : outcome::of_several_moments;
        }
        if (until.passed()) return outcome::busy;
    }
}

// Where the next walk may go on: behind the last run that stays.
run_map::look run_map::back(std::vector<known_run>& runs, std::uint64_t& at) {
    while (!runs.empty() && !stays(runs.back())) runs.pop_back();
    at = runs.empty() ? arena_offset : runs.back().offset + runs.back().pages * page;
    return look::moved;
}

// From `at` to the end.
run_map::look run_map::walk_on(std::vector<known_run>& runs, std::uint64_t& at, std::uint64_t turn,
                               complaints& wrong) const {
    const auto moved = [&] { return read(body_->space_turns) != turn; };
    const std::uint64_t end = read(body_->end);
    if (end < arena_offset || end % page != 0 || !arena_->reaches(arena_offset, end - arena_offset)) {
        if (moved()) return back(runs, at);
        wrong.say("the object doesn't reach to " + hex(end) + ", where its runs are to end");
        return look::bad;
    }
    while (at < end) {
        known_run r{};
        const bool is_one = read_run(at, end, r, wrong);
        if ((!is_one || stays(r)) && moved()) return back(runs, at);
        if (!is_one) return look::bad;
        at += r.pages * page;
        runs.push_back(std::move(r));
    }
    return moved() ? back(runs, at) : look::good;
}

bool run_map::read_run(std::uint64_t at, std::uint64_t end, known_run& into, complaints& wrong) const {
    const run& r = arena_->at<run>(at);
    const std::uint64_t head = read(r.head), pages = pages_of(head), kind = kind_of(head);
    if (pages == 0 || pages > (end - at) / page || kind < free_run || kind > leaving_run) {
        wrong.say("at " + hex(at) + " there is no run: its head is " + hex(head));
        return false;
    }
    const bool leaves = kind == leaving_run;
    into = {at, pages, leaves ? slab_run : kind, read(r.detail), read(r.next), leaves, 0, {}};
    if (kind == large_run || kind == groups_run || kind == history_run) into.claimed.resize(1);
    return into.kind != slab_run || check_slab(into, wrong);
}

bool run_map::check_slab(known_run& slab, complaints& wrong) const {
    const std::uint64_t size = slab.detail < classes_count ? class_bytes(static_cast<unsigned>(slab.detail)) : 0;
    if (size == 0 || slab.next < slab.inside() || slab.next > slab.end() || (slab.next - slab.inside()) % size != 0) {
        wrong.say("the slab at " + hex(slab.offset) + " cannot be: class " + number(slab.detail) + ", next cell " +
                  hex(slab.next));
        return false;
    }
    slab.claimed.resize(static_cast<std::size_t>((slab.next - slab.inside()) / size));
    return true;
}

// Claims stay, of slabs that stay.
void run_map::take_over(std::vector<known_run>&& fresh) {
    pages_free_ = 0;
    for (known_run& r : fresh) {
        if (r.kind == free_run) pages_free_ += r.pages;
        if (r.kind != slab_run) continue;
        if (is_first_) r.cells_at_first = r.claimed.size();
        known_run* const before = find_run(runs_, r.offset);
        if (before == nullptr || before->offset != r.offset || before->kind != slab_run) continue;
        const std::size_t cells = std::max(r.claimed.size(), before->claimed.size());
        r.claimed = std::move(before->claimed);
        r.claimed.resize(cells);
        r.cells_at_first = before->cells_at_first;
    }
    runs_ = std::move(fresh);
    is_first_ = false;
}

// ---- Words that lead to runs ----------------------------------------------------------------------------------------

void run_map::check_words(std::vector<known_run>& runs, complaints& wrong) {
    const auto starts_run = [&](std::uint64_t offset) {
        const known_run* const r = find_run(runs, offset);
        return r != nullptr && r->offset == offset;
    };
    const struct {
        const char* name;
        const word& leads;
        bool may_be_none;
    } words[] = {{"rover", body_->rover, false},
                 {"fresh", body_->fresh, false},
                 {"pending", body_->pending, true},
                 {"freeing", body_->freeing, true}};
    for (const auto& w : words) {
        const std::uint64_t offset = read(w.leads);
        if (!(w.may_be_none && offset == 0) && !starts_run(offset))
            wrong.say(std::string(w.name) + " leads to " + hex(offset) + ", where no run starts");
    }
    for (unsigned c = 0; c < classes_count; ++c) {
        const std::uint64_t offset = read(body_->slabs[c]);
        if (offset == 0) continue;
        const known_run* const slab = find_run(runs, offset);
        if (slab == nullptr || slab->offset != offset || slab->kind != slab_run || slab->detail != c)
            wrong.say("class " + number(c) + " takes cells from " + hex(offset) + ", which is no slab of it");
    }
    for (const known_run& slab : runs) {
        if (slab.kind != slab_run || slab.offset == pending_ || read(body_->slabs[slab.detail]) == slab.offset)
            continue;
        if ((slab.end() - slab.next) / class_bytes(static_cast<unsigned>(slab.detail)) != 0)
            wrong.say("the slab at " + hex(slab.offset) + " has cells that nobody can get");
    }
    check_pieces(runs, wrong);
    if (const std::uint64_t offset = read(body_->history); offset != 0) {
        known_run* const r = find_run(runs, offset);
        std::uint64_t ring_bytes = 0;
        const bool is_one = r != nullptr && r->inside() == offset && r->kind == history_run &&
                            find_history(*arena_, offset, ring_bytes) && history_bytes(ring_bytes) <= r->end() - offset;
        if (!is_one) wrong.say("the history is at " + hex(offset) + ", where there is none");
        if (is_one) r->claimed[0] = true;
    }
    for (const known_run& r : runs) {
        if ((r.kind == groups_run || r.kind == history_run) && !r.claimed[0] && r.offset != pending_)
            wrong.say("the run at " + hex(r.offset) + " is lost");
    }
}

void run_map::check_pieces(std::vector<known_run>& runs, complaints& wrong) {
    const std::uint64_t buckets = read(body_->buckets);
    buckets_sound_ = buckets_max;
    for (std::uint64_t bucket = first_groups; bucket < buckets_max; bucket += piece_of(bucket).groups) {
        const piece p = piece_of(bucket);
        const std::uint64_t offset = read(body_->pieces[p.index]);
        known_run* const r = offset == 0 ? nullptr : find_run(runs, offset);
        const bool is_missing = offset == 0 && bucket < buckets;
        const bool has_groups = r != nullptr && r->inside() == offset && r->kind == groups_run &&
                                p.groups * sizeof(group) <= r->end() - r->inside();
        if (is_missing) wrong.say("the piece of bucket " + number(bucket) + " is missing");
        if (offset != 0 && !has_groups)
            wrong.say("the piece of bucket " + number(bucket) + " is at " + hex(offset) + ", which has no groups");
        if (has_groups && r->claimed[0]) wrong.say("two pieces are at " + hex(offset));
        if (is_missing || (offset != 0 && (!has_groups || r->claimed[0])))
            buckets_sound_ = std::min(buckets_sound_, bucket);
        if (has_groups) r->claimed[0] = true;
    }
}

// ---- Claims ---------------------------------------------------------------------------------------------------------

const run_map::known_run* run_map::run_of(std::uint64_t offset) const { return find_run(runs_, offset); }

run_map::claim_result run_map::claim(std::uint64_t offset, unsigned cell_class, unsigned stripe) {
    known_run* const r = find_run(runs_, offset);
    std::uint64_t index = 0;
    if (r == nullptr || offset < r->inside()) return claim_result::not_one;
    if (cell_class == large_class) {
        if (r->kind != large_run || offset != r->inside() || r->detail != stripe) return claim_result::not_one;
    } else {
        const std::uint64_t size = class_bytes(cell_class);
        index = (offset - r->inside()) / size;
        if (r->kind != slab_run || r->detail != cell_class || (offset - r->inside()) % size != 0 ||
            index >= r->claimed.size())
            return claim_result::not_one;
    }
    const auto at = static_cast<std::size_t>(index);
    if (r->claimed[at]) return claim_result::again;
    r->claimed[at] = true;
    since_.push_back({r->offset, at});
    return claim_result::first;
}

void run_map::undo() {
    for (const claimed_cell& c : since_) {
        known_run* const r = find_run(runs_, c.run);
        if (r != nullptr && c.index < r->claimed.size()) r->claimed[c.index] = false;
    }
    since_.clear();
}

std::uint64_t run_map::left_over(const known_run& r) {
    if (r.kind != slab_run || r.leaves) return 0;
    const auto known = r.claimed.begin() + static_cast<std::ptrdiff_t>(r.cells_at_first);
    return static_cast<std::uint64_t>(std::count(r.claimed.begin(), known, false));
}

bool run_map::has_leftovers() const {
    return std::any_of(runs_.begin(), runs_.end(), [](const known_run& r) { return left_over(r) != 0; });
}

void run_map::check_leftovers(complaints& wrong) const {
    for (const known_run& r : runs_) {
        if (const std::uint64_t lost = left_over(r); lost != 0)
            wrong.say(number(lost) + " cells of the slab at " + hex(r.offset) + " are lost");
    }
}

}  // namespace samepage::tables
