// Takes cells and slabs out of use, and gives free pages back to the system. The protocol: compact.hpp.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "table/space.hpp"

namespace samepage::tables {

namespace {

// A head stays: that of a run of fewer pages has nothing to give.
constexpr std::uint64_t pages_to_give(std::uint64_t head) noexcept {
    return kind_of(head) == free_run && pages_of(head) > 1 ? pages_of(head) - 1 : 0;
}

}  // namespace

template <class Use>
bool space::for_each_run(Use&& use) const {
    const std::uint64_t end = read(body_->end);
    for (std::uint64_t at = arena_offset; at < end;) {
        run* const r = run_at(at);
        if (r == nullptr) return false;
        std::uint64_t head = read(r->head);
        if (pages_of(head) == 0 || pages_of(head) > (end - at) / page || !use(at, *r, head)) return false;
        at += pages_of(head) * page;
    }
    return true;
}

// G1 to G4.
bool space::collect(unsigned stripe, unsigned cell_class, const is_leaving& leaves, const is_gone& gone,
                    bool first_only) const {
    tables::stripe& s = body_->stripes[stripe];
    cell_list& list = body_->lists[stripe][cell_class];
    const std::uint64_t most = read(body_->end) / class_bytes(0);
    record* before = nullptr;
    std::uint64_t before_at = 0, at = read(list.first);
    for (std::uint64_t seen = 0; at != 0; ++seen) {
        record* const cell = cell_at(at, cell_class);
        if (cell == nullptr || seen > most) return false;
        const std::uint64_t next = read(link_of(*cell, cell_class));
        if (!leaves(at)) {
            if (first_only) return true;
            before = cell;
            before_at = at;
        } else {
            write(s.cell, at);
            write(s.cell_class, cell_class);
            write(s.doing, collecting);  // G1
            if (next == 0 && before != nullptr) write(list.last, before_at);
            write(before == nullptr ? list.first : link_of(*before, cell_class), next);  // G2
            write(link_of(*cell, cell_class), collected);                                // G3
            write(s.doing, no_step);                                                     // G4
            gone(at);
        }
        at = next;
    }
    return true;
}

// The dead one's cell is still in the list, or the rest of G3 is to be done; and the list ends where it ends.
bool space::finish_collecting(unsigned stripe) const {
    tables::stripe& s = body_->stripes[stripe];
    const std::uint64_t cell_class = read(s.cell_class), wanted = read(s.cell);
    record* const cell = cell_at(wanted, cell_class);
    if (cell == nullptr) return false;
    cell_list& list = body_->lists[stripe][cell_class];
    const std::uint64_t most = read(body_->end) / class_bytes(0);
    bool is_there = false;
    for (std::uint64_t at = read(list.first), seen = 0; at != 0; ++seen) {
        record* const here = cell_at(at, cell_class);
        if (here == nullptr || seen > most) return false;
        is_there |= at == wanted;
        const std::uint64_t next = read(link_of(*here, cell_class));
        if (next == 0) write(list.last, at);
        at = next;
    }
    if (!is_there) write(link_of(*cell, cell_class), collected);
    write(s.doing, no_step);
    return true;
}

bool space::list_slabs(std::vector<known_slab>& slabs) const {
    return for_each_run([&](std::uint64_t at, const run& r, std::uint64_t head) {
        const bool leaves = kind_of(head) == leaving_run;
        if (kind_of(head) != slab_run && !leaves) return true;
        const std::uint64_t cell_class = read(r.detail), next = read(r.next);
        if (cell_class >= classes_count || next < at + sizeof(run) || next > at + pages_of(head) * page) return false;
        if (read(body_->slabs[cell_class]) != at && read(body_->pending) != at)
            slabs.push_back({at, pages_of(head), next, static_cast<unsigned>(cell_class), leaves});
        return true;
    });
}

// C2.
void space::make_leave(const std::vector<std::uint64_t>& slabs) const {
    write(body_->layout, read(body_->layout) + one_move);
    for (const std::uint64_t offset : slabs) {
        run& r = arena_->at<run>(offset);
        write(r.head, run_head(pages_of(read(r.head)), leaving_run));
    }
}

// C6.
void space::free_slabs(const std::vector<std::uint64_t>& slabs) const {
    write(body_->slabs_freed, read(body_->slabs_freed) + 1);
    for (const std::uint64_t offset : slabs) {
        run& r = arena_->at<run>(offset);
        write(r.head, run_head(pages_of(read(r.head)), free_run));
    }
}

result<std::uint64_t> space::give_back(const char* operation) const {
    arena_->leave_loose();
    const std::uint64_t end = read(body_->end);
    std::uint64_t bytes = 0;
    result<void> done;
    const bool whole = for_each_run([&](std::uint64_t at, run& r, std::uint64_t& head) {
        if (!join(at, end, head)) return false;
        const std::uint64_t pages = pages_to_give(head);
        if (pages == 0 || !done) return true;
        write(r.holes, 1);
        done = arena_->discard(at + page, pages * page);
        bytes += pages * page;
        return true;
    });
    if (!whole) return damaged(operation);
    if (!done) return done.error();
    return bytes;
}

std::uint64_t space::bytes_to_give() const {
    std::uint64_t bytes = 0;
    for_each_run([&](std::uint64_t, const run& r, std::uint64_t head) {
        if (read(r.holes) == 0) bytes += pages_to_give(head) * page;
        return true;
    });
    return bytes;
}

}  // namespace samepage::tables
