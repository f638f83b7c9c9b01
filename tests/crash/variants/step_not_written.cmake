# A table's writer doesn't write down what it is about to publish.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    write(s.doing, what.how);
]])
set(TO "")
set(SUBJECT table.replace)
set(MODE kept)
set(COMPLAINT "are lost")
