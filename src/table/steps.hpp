// The stores of which a change of a stripe is made, in their order: all that a survivor may find half done.
// SPDX-License-Identifier: MIT
//
// For the owner of the stripe, who knows that each address may be touched. Why the order is right is said where the
// protocols are: writer.hpp (P), space.hpp (T, X).
#pragma once

#include <cstdint>
#include <span>

#include "table/bytes.hpp"
#include "table/expiry.hpp"
#include "table/layout.hpp"

namespace samepage::tables {

// Where a free cell says which one is next. A group's slots stay 0: who still reads in it finds no record.
inline word& link_of(record& cell, std::uint64_t cell_class) noexcept {
    return cell_class == group_class ? reinterpret_cast<group&>(cell).next : cell.lengths;
}

// T1, T2: the list's first cell.
inline void take_out(stripe& s, cell_list& list, std::uint64_t cell_class, std::uint64_t offset,
                     record& cell) noexcept {
    write(s.cell, offset);
    write(s.cell_class, cell_class);
    write(s.doing, taking);                              // T1
    write(list.first, read(link_of(cell, cell_class)));  // T2
}

// X1 to X4. `last`: the list's; not looked at where that is empty.
inline void put_back(cell_list& list, std::uint64_t cell_class, std::uint64_t offset, record& freed,
                     record& last) noexcept {
    write(freed.number, 0);                // X1
    write(link_of(freed, cell_class), 0);  // X2
    if (read(list.first) == 0) {
        write(list.last, offset);
        write(list.first, offset);
        return;
    }
    write(link_of(last, cell_class), offset);  // X3
    write(list.last, offset);                  // X4
}

// P3, but for the step itself: what is to change, and how many there are then.
struct word_change {
    std::uint64_t at, after, before;  // the word's offset, what it will be and what it is
    std::uint64_t before_class;       // of the cell to free, if any
    std::uint64_t more_records;       // mod 2^64
    std::uint64_t more_changes;       // 0: no key's value changes
};
inline void note(stripe& s, const word_change& c) noexcept {
    write(s.at, c.at);
    write(s.before, c.before);
    write(s.after, c.after);
    write(s.before_class, c.before_class);
    write(s.records_after, read(s.records) + c.more_records);
    write(s.changes_after, read(s.changes) + c.more_changes);
}

// The first half of P5.
inline void count(stripe& s) noexcept {
    write(s.records, read(s.records_after));
    write(s.changes, read(s.changes_after));
}

// P2.
struct new_record {
    std::uint64_t hash, number, lengths;
    std::span<const std::byte> key, value;
    std::uint64_t expires_ns;  // where `lengths` says that it does
    bool is_checked;           // carries a check sum
};
[[gnu::always_inline]] inline void write_record(record& fresh, const new_record& n) noexcept {
    auto* const bytes = reinterpret_cast<std::byte*>(&fresh);
    write(fresh.lengths, n.lengths);
    const std::uint32_t check = n.is_checked ? record_check(n.key, n.value, n.number, n.expires_ns) : 0;
    write(fresh.check, check | n.hash << 32);
    store_eights(bytes + sizeof(record), n.key);
    store_eights(bytes + value_offset(n.key.size()), n.value);
    if (does_expire(n.lengths)) [[unlikely]]
        write(*reinterpret_cast<word*>(bytes + record_bytes(n.lengths) - 8), n.expires_ns);
    write(fresh.number, n.number);
}

// P3, P4.
inline void commit(stripe& s, step how, word& at, std::uint64_t after) noexcept {
    write(s.doing, how);
    write(at, after);
}

}  // namespace samepage::tables
