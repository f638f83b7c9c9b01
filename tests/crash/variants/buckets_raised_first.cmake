# A table has one more bucket before the slots that belong there are in it.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    group* to = first;
    unsigned used = 0;
]])
set(TO [[    group* to = first;
    unsigned used = 0;
    write(body_->buckets, other + 1);
]])
set(SUBJECT table.split)
set(MODE kept)
set(COMPLAINT "belongs to bucket")
