# A table that went back is called clean before the checkpoint's pages are on the disk.
# SPDX-License-Identifier: MIT
set(TEST while_it_goes_back)
set(COMPLAINT "that nobody had acknowledged so|is only half on the disk")
set(SOURCE src/table/mark.cpp)
set(FROM [[    if (auto done = opened.object().flush(); !done) return done;
    return set_mark(tables::clean);]])
set(TO [[    return set_mark(tables::clean);]])
