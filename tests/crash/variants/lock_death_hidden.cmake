# Who locks a key that a dead one had isn't told, and nor is anybody later.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/locks.cpp)
set(FROM [[me | owner_word::died)) return got(at->offset, true);]])
set(TO [[me)) return got(at->offset, false);]])
set(SUBJECT table.lock)
set(MODE kept)
set(COMPLAINT "is not told to who locks a key")
