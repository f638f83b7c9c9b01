# A table is called clean before all of it is on the disk.
# SPDX-License-Identifier: MIT
set(TEST before_the_first_checkpoint_it_is_refused_or_as_it_was_closed)
set(COMPLAINT "that nobody had acknowledged so|is only half on the disk")
set(SOURCE src/table/mark.cpp)
set(FROM [[    if (!opened.object().flush()) return;
    const auto gate = pass_gate(no_wait, "close a table");
    if (!gate || !is_alone() || !opened.object().flush()) return;]])
set(TO [[    const auto gate = pass_gate(no_wait, "close a table");
    if (!gate || !is_alone()) return;]])
