# Who takes a queue's owner word from the dead doesn't finish what the dead one had committed.
# SPDX-License-Identifier: MIT
set(SOURCE src/queue/queue.cpp)
set(FROM [[    if (!taken->owner_died || jobs->repair())]])
set(TO [[    if (jobs->ring_bytes() != 0)]])
set(SUBJECT queue.push)
set(MODE alone)
set(COMPLAINT "ids have holes")
