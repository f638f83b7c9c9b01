# Whoever takes from a queue takes turns with those who push.
# SPDX-License-Identifier: MIT
set(SOURCE src/queue/queue.cpp)
set(FROM [[    if (is_sweep_due() && !sweep())]])
set(TO [[    patience a_moment(no_wait);
    const auto mine = own(a_moment, taking);
    if (!mine) return mine.error();
    if (is_sweep_due() && !sweep())]])
set(SUBJECT queue.push_beside)
set(MODE pair)
set(COMPLAINT "a stopped pusher hinders")
