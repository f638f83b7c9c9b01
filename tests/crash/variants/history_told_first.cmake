# A table's change is in the history before it is committed.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    write(s.doing, what.how);
]])
set(TO [[    write(s.doing, what.how);
    if (history != 0) finish_history(stripe, history);
]])
set(SUBJECT table.history_put)
set(MODE kept)
set(COMPLAINT "history is not one of its")
