# A job is ready before it is written.
# SPDX-License-Identifier: MIT
set(SOURCE src/queue/ring.cpp)
set(FROM [[    // P3. release: pairs]])
set(TO [[    r.state.store(ready | in_state(b->tail));
    // P3. release: pairs]])
set(SUBJECT queue.push)
set(MODE kept)
set(COMPLAINT "torn, lost or invented")
