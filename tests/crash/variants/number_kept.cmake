# A table's cell keeps its record's number when it is freed.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/steps.hpp)
set(USERS src/table/put_plainly.cpp src/table/space.cpp src/table/writer.cpp)
set(FROM [[    write(freed.number, 0);                // X1
]])
set(TO "")
set(SUBJECT table.replace)
set(MODE kept)
set(COMPLAINT "isn't empty")
