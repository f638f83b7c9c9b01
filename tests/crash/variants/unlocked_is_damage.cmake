# Who locks a key takes for damage that its owner unlocked it, and ended, just when it asked whether that one lives.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/locks.cpp)
set(FROM [[        seen = owner_of(*at->node);  // it unlocked, and then it ended]])
set(TO "")
set(SUBJECT table.lock_from_who_leaves)
set(MODE pair)
set(COMPLAINT "something else has written in it")
