# A table's cell keeps its record's number when it is freed.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/space.cpp)
set(FROM [[    write(freed->number, 0);  // X1
]])
set(TO "")
set(SUBJECT table.replace)
set(MODE kept)
set(COMPLAINT "isn't empty")
