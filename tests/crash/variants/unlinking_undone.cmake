# A table's survivor undoes an unlinking as if it had been a put.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    if (after != 0 && read(s.doing) == publishing) {]])
set(TO [[    if (after != 0) {]])
set(SUBJECT table.lock_two)
set(MODE kept)
set(COMPLAINT "are lost")
