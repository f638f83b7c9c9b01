# Who takes a cell out of its list for ever doesn't say so before.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/collect.cpp)
set(FROM [[            write(s.doing, collecting);  // G1
]])
set(TO "")
set(SUBJECT table.compact)
set(MODE kept)
set(COMPLAINT "a slab is never empty")
