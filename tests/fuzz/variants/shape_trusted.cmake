# A cell's header is believed: its capacity and number of buffers aren't checked against its size.
# SPDX-License-Identifier: MIT
set(SOURCE src/cell/cell.cpp)
set(FROM [[if (!cells::shape::fits(opened.header())) {]])
set(TO [[if (false) {]])
