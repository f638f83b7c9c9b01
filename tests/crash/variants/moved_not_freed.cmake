# The cell from which a record was moved stays nobody's.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/writer.cpp)
set(FROM [[    return publish(stripe, {*at.slot, after, before, class_of(bytes), 0, 0}, until, operation);
]])
set(TO [[    return publish(stripe, {*at.slot, after, 0, 0, 0, 0}, until, operation);
]])
set(SUBJECT table.compact)
set(MODE kept)
set(COMPLAINT "a slab is never empty")
