// Moves records together and gives back what is free then. The protocol is in the header.
// SPDX-License-Identifier: MIT
#include "table/compact.hpp"

#include <algorithm>
#include <array>

#include "table/run_map.hpp"
#include "table/state.hpp"

namespace samepage {

using tables::read;

namespace {

constexpr const char* compacting = "compact a table";

// A large page that another thread just looks at is not cut into those that go and those that stay.
constexpr unsigned give_back_tries = 4;

// Fuller slabs aren't worth it: of an eighth of the cells nothing is known to be had by moving the rest.
constexpr std::uint64_t worth_it(std::uint64_t cells) noexcept { return cells - cells / 8; }

bool may_leave(unsigned cell_class) noexcept {
    return cell_class < tables::record_classes && cell_class != tables::class_of(sizeof(tables::lock_node));
}

}  // namespace

class table_bytes::state::compactor {
   public:
    compactor(const state& s, duration timeout) noexcept : s_(&s), timeout_(timeout) {}

    result<void> run() {
        if (auto done = sweep(); !done) return done;
        if (auto done = count(); !done) return done;
        choose();
        if (leaving_.empty()) return {};
        if (auto done = make_leave(); !done) return done;
        if (auto done = collect_and_move(); !done) return done;
        if (auto done = finish(); !done) return done;
        return free_slabs();
    }
    std::uint64_t moved() const noexcept { return moved_; }

   private:
    struct slab : tables::space::known_slab {
        std::uint64_t free = 0;  // in lists
        std::vector<bool> collected;
        std::uint64_t collected_count = 0;

        explicit slab(const known_slab& known) : known_slab(known) {
            const std::uint64_t first = offset + sizeof(tables::run);
            collected.resize(static_cast<std::size_t>((next - first) / tables::class_bytes(cell_class)));
        }
        std::uint64_t cells() const noexcept { return collected.size(); }
        std::uint64_t live() const noexcept { return cells() - std::min(cells(), free + collected_count); }
        bool is_emptier_than(const slab& other) const noexcept {
            return live() * other.cells() < other.live() * cells();
        }
        void collect(std::uint64_t at) {
            const auto index =
                static_cast<std::size_t>((at - offset - sizeof(tables::run)) / tables::class_bytes(cell_class));
            if (index >= collected.size() || collected[index]) return;
            collected[index] = true;
            ++collected_count;
        }
    };

    // What has expired is not worth moving.
    result<void> sweep() {
        if (read(s_->bytes->fixed().expiring) == 0) return {};
        for (std::uint64_t bucket = 0; bucket < read(s_->bytes->fixed().buckets); ++bucket) {
            const auto done =
                with_stripe(static_cast<unsigned>(bucket % tables::stripes_count),
                            [&](shared::patience& until) { return s_->change->sweep(bucket, until, compacting); });
            if (!done) return done;
        }
        return {};
    }

    // C1. By runs first: their cells lie between their ends whatever the lists say.
    result<void> count() {
        std::vector<tables::space::known_slab> known;
        shared::patience until(timeout_);
        {
            const auto space = s_->change->own_space(until, compacting);
            if (!space) return space.error();
            if (!pages().list_slabs(known)) return tables::damaged(compacting);
        }
        for (const auto& one : known) {
            if (may_leave(one.cell_class)) slabs_.emplace_back(one);
        }
        for (unsigned stripe = 0; stripe < tables::stripes_count; ++stripe) {
            shared::patience soon(timeout_);
            const auto mine = s_->own(stripe, soon, compacting);
            if (!mine) return mine.error();
            for (unsigned c = 0; c < tables::record_classes; ++c) {
                const auto look = [&](std::uint64_t at) {
                    if (slab* const in = slab_of(at)) ++in->free;
                    return false;
                };
                if (may_leave(c) && !pages().collect(stripe, c, look, [](std::uint64_t) {}))
                    return tables::damaged(compacting);
            }
        }
        for (slab& one : slabs_) {
            if (one.leaves) find_collected(one);
        }
        return {};
    }

    void find_collected(slab& in) const {
        const std::uint64_t size = tables::class_bytes(in.cell_class);
        for (std::uint64_t at = in.offset + sizeof(tables::run); at + size <= in.next; at += size) {
            const auto& cell = s_->bytes->at<tables::record>(at);
            if (read(cell.number) == 0 && read(cell.lengths) == tables::collected) in.collect(at);
        }
    }

    void choose() {
        std::array<std::vector<std::size_t>, tables::record_classes> of_class;
        std::array<std::uint64_t, tables::record_classes> free{};
        for (std::size_t i = 0; i < slabs_.size(); ++i) {
            const slab& one = slabs_[i];
            if (one.leaves) {
                leaving_.push_back(i);
                continue;
            }
            of_class[one.cell_class].push_back(i);
            free[one.cell_class] += one.free;
        }
        for (unsigned c = 0; c < tables::record_classes; ++c) {
            std::sort(of_class[c].begin(), of_class[c].end(),
                      [&](std::size_t a, std::size_t b) { return slabs_[a].is_emptier_than(slabs_[b]); });
            std::uint64_t wanted = 0;
            for (const std::size_t i : of_class[c]) {
                const slab& one = slabs_[i];
                wanted += one.live();
                free[c] -= one.free;
                if (one.live() > worth_it(one.cells()) || wanted > free[c]) break;
                leaving_.push_back(i);
            }
        }
        for (const std::size_t i : leaving_) {
            slabs_[i].leaves = true;
            has_leaving_[slabs_[i].cell_class] = true;
        }
    }

    std::vector<std::uint64_t> offsets_where(bool (*is)(const slab&)) const {
        std::vector<std::uint64_t> offsets;
        for (const std::size_t i : leaving_) {
            if (is(slabs_[i])) offsets.push_back(slabs_[i].offset);
        }
        return offsets;
    }

    // C2.
    result<void> make_leave() {
        shared::patience until(timeout_);
        const auto space = s_->change->own_space(until, compacting);
        if (!space) return space.error();
        pages().make_leave(offsets_where([](const slab&) { return true; }));
        return {};
    }

    // C3, C4, in many short turns. More buckets may come: their records are those of buckets before.
    result<void> collect_and_move() {
        for (unsigned stripe = 0; stripe < tables::stripes_count; ++stripe) {
            const auto done = with_stripe(stripe, [&](shared::patience&) { return collect(stripe); });
            if (!done) return done;
        }
        for (std::uint64_t bucket = 0; bucket < read(s_->bytes->fixed().buckets); ++bucket) {
            const auto stripe = static_cast<unsigned>(bucket % tables::stripes_count);
            const auto done =
                with_stripe(stripe, [&](shared::patience& until) { return move_bucket(bucket, stripe, until); });
            if (!done) return done;
        }
        return {};
    }

    // C5: what others have put there meanwhile.
    result<void> finish() {
        for (unsigned stripe = 0; stripe < tables::stripes_count; ++stripe) {
            const auto done = with_stripe(stripe, [&](shared::patience& until) -> result<void> {
                if (auto first = collect(stripe); !first) return first;
                for (std::uint64_t bucket = stripe; bucket < read(s_->bytes->fixed().buckets);
                     bucket += tables::stripes_count) {
                    if (auto moved = move_bucket(bucket, stripe, until); !moved) return moved;
                }
                return collect(stripe);
            });
            if (!done) return done;
        }
        return {};
    }

    template <class Use>
    result<void> with_stripe(unsigned stripe, Use&& use) const {
        shared::patience until(timeout_);
        auto done = [&]() -> result<void> {
            const auto mine = s_->own(stripe, until, compacting);
            if (!mine) return mine.error();
            return use(until);
        }();
        s_->wake(stripe);  // it may have finished what a dead one had begun, or swept
        return done;
    }

    result<void> collect(unsigned stripe) {
        s_->change->begin_collecting(stripe);
        for (unsigned c = 0; c < tables::record_classes; ++c) {
            if (has_leaving_[c] && !collect_cells(stripe, c, false)) return tables::damaged(compacting);
        }
        return {};
    }

    bool collect_cells(unsigned stripe, unsigned cell_class, bool first_only) {
        return pages().collect(
            stripe, cell_class, [&](std::uint64_t at) { return leaves(at); },
            [&](std::uint64_t at) { slab_of(at)->collect(at); }, first_only);
    }

    result<void> move_bucket(std::uint64_t bucket, unsigned stripe, shared::patience& until) {
        tables::group* in = s_->find->bucket(bucket);
        for (unsigned groups = 0; in != nullptr && groups < tables::chain_max; ++groups) {
            for (unsigned index = 0; index < tables::group_slots; ++index) {
                const std::uint64_t slot = read(in->slots[index]);
                if (slot == 0 || !leaves(tables::slot_offset(slot))) continue;
                tables::writer::place at;
                at.slot = &in->slots[index];
                if (s_->find->examine_any(*in, index, slot, at.record) != tables::finder::look::same_key)
                    return tables::damaged(compacting);
                const unsigned cell_class = tables::class_of(tables::record_bytes(at.record.lengths));
                s_->change->begin_collecting(stripe);
                if (!may_leave(cell_class) || !collect_cells(stripe, cell_class, true))
                    return tables::damaged(compacting);
                if (auto done = s_->change->move(stripe, at, until, compacting); !done) return done;
                ++moved_;
            }
            const std::uint64_t next = read(in->next);
            if (next == 0) return {};
            in = s_->find->group_at(next);
        }
        return tables::damaged(compacting);
    }

    // C6.
    result<void> free_slabs() {
        shared::patience until(timeout_);
        const auto space = s_->change->own_space(until, compacting);
        if (!space) return space.error();
        pages().free_slabs(offsets_where([](const slab& s) { return s.collected_count == s.cells(); }));
        return {};
    }

    const tables::space& pages() const noexcept { return s_->change->pages(); }
    slab* slab_of(std::uint64_t offset) {
        const auto behind = std::upper_bound(slabs_.begin(), slabs_.end(), offset,
                                             [](std::uint64_t at, const slab& s) { return at < s.offset; });
        return behind == slabs_.begin() || offset >= std::prev(behind)->next ? nullptr : &*std::prev(behind);
    }
    bool leaves(std::uint64_t offset) {
        const slab* const in = slab_of(offset);
        return in != nullptr && in->leaves;
    }

    const state* s_;
    duration timeout_;
    std::vector<slab> slabs_;  // by offset
    std::vector<std::size_t> leaving_;
    std::array<bool, tables::record_classes> has_leaving_{};
    std::uint64_t moved_ = 0;
};

// Whoever copies a file may leave holes in it anywhere. Those of free runs may stay.
result<void> table_bytes::state::fill_holes() const {
    const os::held_object& object = opened.object();
    if (!is_file() || !opened.may_write() || object.stored_bytes() >= object.size_bytes()) return {};
    const auto now = os::boot();
    if (!now) return now.error();
    tables::run_map map(*bytes, *self);
    tables::complaints wrong;
    if (is_in_doubt(*now) || map.make(os::deadline::after(writer_patience), wrong) != tables::run_map::outcome::whole)
        return object.reserve(0, object.size_bytes());
    std::uint64_t from = 0;
    for (const tables::run_map::known_run& r : map.runs()) {
        if (r.kind != tables::free_run || read(bytes->at<tables::run>(r.offset).holes) == 0) continue;
        if (auto done = object.reserve(from, r.offset + tables::page - from); !done) return done;
        from = r.offset + r.pages * tables::page;
    }
    if (from >= object.size_bytes()) return {};
    return object.reserve(from, object.size_bytes() - from);
}

result<table_compaction> table_bytes::compact(duration timeout) const {
    if (!state_) return tables::closed(compacting);
    const state& s = *state_;
    if (auto good = s.may_write(timeout, compacting); !good) return good.error();
    shared::patience until(timeout);
    const auto mine = s.own(tables::checkpoint_owner, until, compacting);
    if (!mine) return mine.error();
    table_compaction told;
    {
        state::compactor work(s, timeout);
        if (auto done = work.run(); !done) return done.error();
        told.records_moved = work.moved();
    }
    const os::held_object& object = s.opened.object();
    const std::uint64_t before = object.stored_bytes();
    const auto given = object.when_alone([&]() -> result<void> {  // C7
        const auto space = s.change->own_space(until, compacting);
        if (!space) return space.error();
        for (unsigned tries = 0; tries < give_back_tries; ++tries) {
            const auto bytes = s.change->pages().give_back(compacting);
            if (!bytes) return bytes.error();
            if (object.stored_bytes() <= object.size_bytes() - *bytes) break;
        }
        return {};
    });
    if (!given && given.error().code() != errc::not_supported) return given.error();
    told.size_bytes = object.stored_bytes();
    told.given_bytes = before - std::min(before, told.size_bytes);
    shared::patience last(timeout);
    const auto space = s.change->own_space(last, compacting);
    if (!space) return space.error();
    told.pending_bytes = s.change->pages().bytes_to_give();
    return told;
}

}  // namespace samepage
