# A new table is closed before its name is on the disk.
# SPDX-License-Identifier: MIT
set(TEST before_the_first_checkpoint_it_is_refused_or_as_it_was_closed)
set(COMPLAINT "it was closed, but")
set(SOURCE src/table/mark.cpp)
set(FROM [[                if (auto done = opened.object().flush_name(); !done) return done;]])
set(TO [[]])
