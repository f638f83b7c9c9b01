# A table is closed before the disk says that it is clean.
# SPDX-License-Identifier: MIT
set(TEST before_the_first_checkpoint_it_is_refused_or_as_it_was_closed)
set(COMPLAINT "it was closed, but")
set(SOURCE src/table/mark.cpp)
set(FROM [[    static_cast<void>(set_mark(tables::clean));]])
set(TO [[    write(bytes->fixed().mark, tables::clean);]])
