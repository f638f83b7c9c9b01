# A table's old cell is free before the slot leads to the new one.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    write(what.at, what.after);
]])
set(TO [[    if (what.before != 0) {
        static_cast<void>(
            space_.give(stripe, what.before_class, slot_offset(what.before), s.before, until, operation));
    }
    write(what.at, what.after);
]])
set(SUBJECT table.replace)
set(MODE kept)
set(COMPLAINT "a number that was not given: 0")
