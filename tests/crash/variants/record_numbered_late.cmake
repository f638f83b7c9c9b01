# A table's slot leads to a record before that has its number.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/steps.hpp)
set(USERS src/table/put_plainly.cpp src/table/space.cpp src/table/writer.cpp)
set(FROM [[    write(fresh.number, n.number);
}

// P3, P4.
inline void commit(stripe& s, step how, word& at, std::uint64_t after) noexcept {
    write(s.doing, how);
    write(at, after);
]])
set(TO [[}

// P3, P4.
inline void commit(stripe& s, step how, word& at, std::uint64_t after) noexcept {
    write(s.doing, how);
    write(at, after);
    std::byte* const base = reinterpret_cast<std::byte*>(&at) - read(s.at);
    if (tag_of(after) != 0) write(*reinterpret_cast<word*>(base + slot_offset(after)), read(s.next_number) - 1);
]])
set(SUBJECT table.put)
set(MODE kept)
set(COMPLAINT "a number that was not given")
