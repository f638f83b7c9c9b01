# Who locks a whole table isn't told of those who died with a locked key.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/locks.cpp)
set(FROM [[        replace(n.owner, seen, owner_word::died);
        owner_died = true;
]])
set(TO [[        replace(n.owner, seen, 0);
]])
set(SUBJECT table.lock)
set(MODE kept)
set(COMPLAINT "is not told")
