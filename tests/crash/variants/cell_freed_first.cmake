# A table's old cell is free before the slot leads to the new one.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/put_plainly.cpp)
set(FROM [[    commit(s, publishing, *slot, after);
    count(s);
    if (before != 0) {
        auto& freed = at<tables::record>(view, slot_offset(before));
        put_back(list, cell_class, slot_offset(before), freed, at<tables::record>(view, last));
    }
]])
set(TO [[    if (before != 0) {
        auto& freed = at<tables::record>(view, slot_offset(before));
        put_back(list, cell_class, slot_offset(before), freed, at<tables::record>(view, last));
    }
    commit(s, publishing, *slot, after);
    count(s);
]])
set(SUBJECT table.replace)
set(MODE kept)
set(COMPLAINT "a number that was not given: 0")
