// Hands out pages and cells, and takes them back. The protocol is in the header.
// SPDX-License-Identifier: MIT
#include "table/space.hpp"

#include <algorithm>

namespace samepage::tables {

namespace {

constexpr std::uint64_t cells_refilled_max = 16;
constexpr std::uint64_t bytes_refilled = 1024;
constexpr unsigned runs_looked_at = 64;  // before the object grows
constexpr std::uint64_t growth_min = std::uint64_t{64} << 10;
constexpr std::uint64_t growth_max = std::uint64_t{16} << 20;
constexpr std::uint64_t slab_max = std::uint64_t{256} << 10;

constexpr std::uint64_t pages_for(std::uint64_t bytes) noexcept {
    return (sizeof(run) + bytes + spare_bytes + page - 1) / page;
}

}  // namespace

result<shared::turn> space::own(shared::patience& until, const char* operation) {
    if (const std::uint64_t identity = owner_->try_fast(); identity != 0) {
        write(body_->space_turns, read(body_->space_turns) + 1);
        return shared::turn(*owner_, identity);
    }
    const auto taken = owner_->acquire(until.end().left(), wait_strategy::spin_then_sleep, operation);
    if (!taken) return taken.error();
    shared::turn mine(*owner_, taken->identity);
    write(body_->space_turns, read(body_->space_turns) + 1);
    if (!taken->owner_died || repair()) return mine;
    mine.is_not_repaired();
    return damaged(operation);
}

// ---- After the death of who had the space ------------------------------------------------------------------------

bool space::is_led_to(std::uint64_t offset, const run& r) const {
    const std::uint64_t inside = offset + sizeof(run);
    const std::uint64_t detail = read(r.detail);
    switch (kind_of(read(r.head))) {
        case slab_run: return detail < classes_count && read(body_->slabs[detail]) == offset;
        case groups_run:
            return std::any_of(std::begin(body_->pieces), std::end(body_->pieces),
                               [&](const word& p) { return read(p) == inside; });
        case large_run:
            return detail < stripes_count && read(body_->stripes[detail].doing) == taking &&
                   read(body_->stripes[detail].cell) == inside;
        case history_run: return read(body_->history) == inside;
        default: return true;
    }
}

bool space::repair() const {
    if (const std::uint64_t offset = read(body_->pending); offset != 0) {
        run* const r = run_at(offset);
        if (r == nullptr) return false;
        // A survivor finds it free, and nothing pending.
        if (!is_led_to(offset, *r)) write(r->head, run_head(pages_of(read(r->head)), free_run));
        write(body_->pending, 0);
    }
    if (!finish_freeing()) return false;
    for (stripe& s : body_->stripes) {
        const std::uint64_t cell_class = read(s.cell_class);
        if (read(s.doing) != refilling || cell_class >= classes_count) continue;
        run* const slab = run_at(read(body_->slabs[cell_class]));
        if (slab == nullptr) return false;
        const std::uint64_t first = read(s.cell);
        // F2, which it had not come to: nobody took cells from there since.
        if (read(slab->next) == first)
            write(slab->next, first + read(s.count) * class_bytes(static_cast<unsigned>(cell_class)));
    }
    return true;
}

// B2 to B4. The stripe's owner, who was the same, is dead, or waits for the space.
bool space::finish_freeing() const {
    const std::uint64_t offset = read(body_->freeing), inside = offset + sizeof(run);
    if (offset == 0) return true;
    run* const r = run_at(offset);
    if (r == nullptr || read(r->detail) >= stripes_count) return false;
    write(r->head, run_head(pages_of(read(r->head)), free_run));
    stripe& s = body_->stripes[read(r->detail)];
    if (read(s.before_class) == large_class && slot_offset(read(s.before)) == inside) write(s.before, 0);
    if (read(s.cell_class) == large_class && read(s.cell) == inside) write(s.cell, 0);
    write(body_->freeing, 0);
    return true;
}

// ---- Runs ----------------------------------------------------------------------------------------------------------

// Joins a free run at `at` with those behind it. False: damage.
bool space::join(std::uint64_t at, std::uint64_t end, std::uint64_t& head) const {
    run& here = arena_->at<run>(at);
    while (kind_of(head) == free_run) {
        const std::uint64_t behind = at + pages_of(head) * page;
        if (behind == end) return true;
        run* const next = run_at(behind);
        if (next == nullptr) return false;
        const std::uint64_t other = read(next->head);
        if (kind_of(other) != free_run) return true;
        if (pages_of(other) == 0 || pages_of(other) > (end - behind) / page) return false;
        // Neither may ever stand inside a run.
        for (word* const hint : {&body_->rover, &body_->fresh}) {
            if (read(*hint) == behind) write(*hint, at);
        }
        if (read(next->holes) != 0) write(here.holes, 1);
        head = run_head(pages_of(head) + pages_of(other), free_run);
        write(here.head, head);
    }
    return true;
}

// A free run of at least so many pages, not marked yet, that may be written.
result<std::uint64_t> space::find_pages(std::uint64_t pages, const char* operation) {
    const auto found = find_run(pages, operation);
    if (!found) return found;
    const run& r = arena_->at<run>(*found);
    if (read(r.holes) == 0) [[likely]]
        return found;
    const std::uint64_t wanted = std::min(pages_of(read(r.head)), pages + 1);
    if (auto room = arena_->reserve(*found, wanted * page); !room) return room.error();
    return found;
}

// The next one that fits from `rover` on, or the one at the end.
result<std::uint64_t> space::find_run(std::uint64_t pages, const char* operation) {
    const std::uint64_t end = read(body_->end);
    std::uint64_t at = read(body_->rover);
    const auto look = [&](std::uint64_t offset, std::uint64_t& head) {
        run* const here = offset < end ? run_at(offset) : nullptr;
        if (here == nullptr) return false;
        head = read(here->head);
        return pages_of(head) != 0 && pages_of(head) <= (end - offset) / page && join(offset, end, head) &&
               arena_->reaches(offset, pages_of(head) * page);
    };
    std::uint64_t head = 0;
    for (unsigned looked = 0; looked < runs_looked_at; ++looked) {
        if (at >= end) at = arena_offset;
        if (!look(at, head)) return damaged(operation);
        write(body_->rover, at);
        if (kind_of(head) == free_run && pages_of(head) >= pages) return at;
        at += pages_of(head) * page;
    }
    at = read(body_->fresh);
    if (!look(at, head)) return damaged(operation);
    if (kind_of(head) == free_run && pages_of(head) >= pages) return at;
    const bool at_end = kind_of(head) == free_run && at + pages_of(head) * page == end;
    if (auto added = add_pages(at_end ? pages - pages_of(head) : pages, operation); !added) return added.error();
    if (!at_end) {
        write(body_->fresh, end);
        return end;
    }
    // Joined to what was left at the old end.
    head = read(arena_->at<run>(at).head);
    if (!join(at, read(body_->end), head) || pages_of(head) < pages) return damaged(operation);
    return at;
}

// E1 to E3. A free run at the old end. Killed before E3, what was added is there and unknown: the next who adds begins
// at the same end.
result<void> space::add_pages(std::uint64_t pages, const char* operation) {
    const std::uint64_t end = read(body_->end);
    if (end < arena_offset || end % page != 0 || !arena_->reaches(0, end)) return damaged(operation);
    const std::uint64_t least = pages * page;
    std::uint64_t more = std::max(least, round_up(std::clamp(end / 64, growth_min, growth_max), page));
    // Views before stay, so they must be few: together they are three times as long as the last.
    if (!arena_->is_reserved(end + more)) more = std::max(more, round_up(end / 2, page));
    auto grown = arena_->grow(end + more);
    if (!grown && more > least) {
        more = least;
        grown = arena_->grow(end + more);
    }
    if (!grown) return grown.error();
    if (!arena_->reaches(end, more))
        return error(errc::no_space, operation, "this process has no addresses left for a larger table");
    run& fresh = arena_->at<run>(end);
    write(fresh.head, run_head(more / page, free_run));
    write(body_->end, end + more);
    return {};
}

// A1 to A3.
void space::hand_out(std::uint64_t offset, std::uint64_t pages, run_kind kind, std::uint64_t detail) {
    run& r = arena_->at<run>(offset);
    const std::uint64_t had = pages_of(read(r.head));
    write(body_->pending, offset);
    write(body_->layout, read(body_->layout) + 1);
    if (had > pages) {
        run& rest = arena_->at<run>(offset + pages * page);
        write(rest.holes, read(r.holes));
        write(rest.head, run_head(had - pages, free_run));
    }
    write(r.detail, detail);
    write(r.next, offset + sizeof(run));
    write(r.head, run_head(pages, kind));
    write(r.holes, 0);
    if (read(body_->fresh) == offset && had > pages) write(body_->fresh, offset + pages * page);
}

result<void> space::add_piece(const piece& wanted, shared::patience& until, const char* operation) {
    auto mine = own(until, operation);
    if (!mine) return mine.error();
    if (read(body_->pieces[wanted.index]) != 0) return {};  // its maker was killed in the middle of a split
    const std::uint64_t bytes = wanted.groups * sizeof(group);
    const auto offset = find_pages(pages_for(bytes), operation);
    if (!offset) return offset.error();
    hand_out(*offset, pages_for(bytes), groups_run, 0);
    const std::uint64_t inside = *offset + sizeof(run);
    for (std::uint64_t at = 0; at < bytes; at += 8) {
        word& w = arena_->at<word>(inside + at);
        if (read(w) != 0) write(w, 0);  // pages that were never used stay untouched
    }
    write(body_->pieces[wanted.index], inside);  // A4
    write(body_->pending, 0);
    return {};
}

// ---- Cells ---------------------------------------------------------------------------------------------------------

result<std::uint64_t> space::take(unsigned stripe, std::uint64_t bytes, shared::patience& until,
                                  const char* operation) {
    const unsigned cell_class = class_of(bytes);
    return cell_class == large_class ? take_large(stripe, bytes, until, operation)
                                     : take_cell(stripe, cell_class, until, operation);
}

result<std::uint64_t> space::take_group(unsigned stripe, shared::patience& until, const char* operation) {
    const auto cell = take_cell(stripe, group_class, until, operation);
    if (!cell) return cell.error();
    write(arena_->at<group>(*cell).next, 0);
    return *cell;
}

result<std::uint64_t> space::take_cell(unsigned stripe, unsigned cell_class, shared::patience& until,
                                       const char* operation) {
    cell_list& list = body_->lists[stripe][cell_class];
    if (read(list.first) == 0) {
        if (auto filled = refill(stripe, cell_class, until, operation); !filled) return filled.error();
    }
    const std::uint64_t offset = read(list.first);
    record* const cell = cell_at(offset, cell_class);
    if (cell == nullptr) return damaged(operation);
    take_out(body_->stripes[stripe], list, cell_class, offset, *cell);
    return offset;
}

result<void> space::refill(unsigned stripe, unsigned cell_class, shared::patience& until, const char* operation) {
    const std::uint64_t size = class_bytes(cell_class);
    tables::stripe& s = body_->stripes[stripe];
    {
        auto mine = own(until, operation);
        if (!mine) return mine.error();
        std::uint64_t offset = read(body_->slabs[cell_class]);
        run* slab = offset == 0 ? nullptr : run_at(offset);
        if (offset != 0 && slab == nullptr) return damaged(operation);
        const auto left = [&]() -> std::uint64_t {
            const std::uint64_t end = offset + pages_of(read(slab->head)) * page - spare_bytes;
            const std::uint64_t next = read(slab->next);
            return next % 8 == 0 && next > offset && next < end ? (end - next) / size : 0;
        };
        if (slab == nullptr || left() == 0) {
            const std::uint64_t bytes = std::clamp(round_up(read(body_->end) / 64, page), 4 * page, slab_max);
            const std::uint64_t pages = pages_for(std::max(bytes - 2 * sizeof(run), 4 * size));
            const auto found = find_pages(pages, operation);
            if (!found) return found.error();
            hand_out(*found, pages, slab_run, cell_class);
            write(body_->slabs[cell_class], *found);  // A4
            write(body_->pending, 0);
            offset = *found;
            slab = run_at(offset);
        }
        const std::uint64_t first = read(slab->next);
        const std::uint64_t count =
            std::min({left(), cells_refilled_max, std::max<std::uint64_t>(1, bytes_refilled / size)});
        if (!arena_->reaches(first, count * size)) return damaged(operation);
        write(s.cell, first);
        write(s.cell_class, cell_class);
        write(s.count, count);
        write(s.doing, refilling);                // F1
        write(slab->next, first + count * size);  // F2
    }
    if (!chain(stripe)) return damaged(operation);
    return {};
}

// F3, F4.
bool space::chain(unsigned stripe) const {
    tables::stripe& s = body_->stripes[stripe];
    const std::uint64_t cell_class = read(s.cell_class), count = read(s.count), first = read(s.cell);
    if (cell_class >= classes_count || count == 0 || count > cells_refilled_max) return false;
    const std::uint64_t size = class_bytes(static_cast<unsigned>(cell_class));
    if (first % 8 != 0 || !arena_->reaches(first, count * size)) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
        record& cell = arena_->at<record>(first + i * size);
        write(cell.number, 0);
        if (cell_class == group_class) {
            for (word& slot : reinterpret_cast<group&>(cell).slots) write(slot, 0);
        }
        write(link_of(cell, cell_class), i + 1 < count ? first + (i + 1) * size : 0);
    }
    cell_list& list = body_->lists[stripe][cell_class];
    write(list.last, first + (count - 1) * size);
    write(list.first, first);
    write(s.doing, no_step);
    return true;
}

result<std::uint64_t> space::take_large(unsigned stripe, std::uint64_t bytes, shared::patience& until,
                                        const char* operation) {
    auto mine = own(until, operation);
    if (!mine) return mine.error();
    const auto offset = find_pages(pages_for(bytes), operation);
    if (!offset) return offset.error();
    hand_out(*offset, pages_for(bytes), large_run, stripe);
    tables::stripe& s = body_->stripes[stripe];
    write(arena_->at<record>(*offset + sizeof(run)).number, 0);
    write(s.cell, *offset + sizeof(run));
    write(s.cell_class, large_class);
    write(s.doing, taking);  // A4
    write(body_->pending, 0);
    return *offset + sizeof(run);
}

// B1 to B4.
result<void> space::give_run(unsigned stripe, std::uint64_t inside, word& named, shared::patience& until,
                             const char* operation) {
    auto mine = own(until, operation);
    if (!mine) return mine.error();
    if (read(named) == 0) return {};  // it was freed when the space was taken from the dead
    run* const r = run_at(inside - sizeof(run));
    if (r == nullptr) return damaged(operation);
    const std::uint64_t head = read(r->head);
    if (kind_of(head) != large_run || read(r->detail) != stripe) return damaged(operation);
    write(body_->freeing, inside - sizeof(run));
    write(r->head, run_head(pages_of(head), free_run));
    write(named, 0);
    write(body_->freeing, 0);
    return {};
}

// A cell is freed twice, by a dead one and by who finishes for it: the second time it is the list's last already.
result<void> space::give(unsigned stripe, unsigned cell_class, std::uint64_t cell, word& named, shared::patience& until,
                         const char* operation) {
    if (cell_class == large_class) return give_run(stripe, cell, named, until, operation);
    record* const freed = cell_at(cell, cell_class);
    if (freed == nullptr) return damaged(operation);
    cell_list& list = body_->lists[stripe][cell_class];
    const std::uint64_t first = read(list.first), last = read(list.last);
    if (first != 0 && last == cell) return {};
    record* const before = cell_at(first == 0 ? cell : last, cell_class);
    if (before == nullptr) return damaged(operation);
    put_back(list, cell_class, cell, *freed, *before);
    return {};
}

result<void> space::recover(unsigned stripe, shared::patience& until, const char* operation) {
    tables::stripe& s = body_->stripes[stripe];
    const std::uint64_t doing = read(s.doing), cell_class = read(s.cell_class), offset = read(s.cell);
    if (doing == refilling) {
        // F2 may be missing: who takes the space from the dead does it.
        auto mine = own(until, operation);
        if (!mine) return mine.error();
        if (!chain(stripe)) return damaged(operation);
        return {};
    }
    if (doing == collecting && !finish_collecting(stripe)) return damaged(operation);
    if (doing != taking) return {};
    if (cell_class == large_class) {
        if (auto given = give_run(stripe, offset, s.cell, until, operation); !given) return given.error();
    } else {
        record* const cell = cell_at(offset, cell_class);
        if (cell == nullptr) return damaged(operation);
        cell_list& list = body_->lists[stripe][cell_class];
        if (const std::uint64_t first = read(list.first); first != offset) {
            write(cell->number, 0);
            write(link_of(*cell, cell_class), first);
            if (first == 0) write(list.last, offset);
            write(list.first, offset);  // back where it was
        }
    }
    write(s.doing, no_step);
    return {};
}

}  // namespace samepage::tables
