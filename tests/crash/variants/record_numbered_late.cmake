# A table's slot leads to a record before that has its number.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    write(fresh.number, *number);
    const std::uint64_t before = read(*slot);]])
set(TO [[    const struct later {
        word& to;
        std::uint64_t value;
        ~later() { write(to, value); }
    } at_the_end{fresh.number, *number};
    const std::uint64_t before = read(*slot);]])
set(SUBJECT table.put)
set(MODE kept)
set(COMPLAINT "a number that was not given")
