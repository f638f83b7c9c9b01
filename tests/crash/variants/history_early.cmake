# A table's history is there before its rings are as they must be.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/feed.cpp)
set(FROM [[    for (unsigned i = 0; i < stripes_count; ++i)
        ring_of(*arena_, inside]])
set(TO [[    write(body_->history, inside);
    for (unsigned i = 0; i < stripes_count; ++i)
        ring_of(*arena_, inside]])
set(SUBJECT table.keep_history)
set(MODE kept)
set(COMPLAINT "history is not one of its")
