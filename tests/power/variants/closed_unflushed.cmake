# A table is called clean before all of it is on the disk.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/mark.cpp)
set(FROM [[    if (!opened.object().flush()) return;
    const auto gate = pass_gate(no_wait, "close a table");
    if (!gate || !is_alone() || !opened.object().flush()) return;]])
set(TO [[    const auto gate = pass_gate(no_wait, "close a table");
    if (!gate || !is_alone()) return;]])
