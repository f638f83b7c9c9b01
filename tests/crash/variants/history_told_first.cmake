# A table's change is in the history before it is committed.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    commit(s, what.how, what.at, what.after);
]])
set(TO [[    write(s.doing, what.how);
    if (history != 0) finish_history(stripe, history);
    write(what.at, what.after);
]])
set(SUBJECT table.history_put)
set(MODE kept)
set(COMPLAINT "history is not one of its")
