# Who takes a lock from the dead isn't told, and nor is anybody later.
# SPDX-License-Identifier: MIT
set(SOURCE src/shared/owner_word.cpp)
set(FROM [[compare_exchange_strong(seen, me | died | contended,]])
set(TO [[compare_exchange_strong(seen, me | contended,]])
set(SUBJECT lock.steal)
set(MODE alone)
set(COMPLAINT "a death is forgotten")
