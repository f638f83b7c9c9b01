# A table is overwritten by its checkpoint before the disk says that what was there is put aside.
# SPDX-License-Identifier: MIT
set(TEST while_it_goes_back)
set(COMPLAINT "what was put aside is another table")
set(SOURCE src/table/mark.cpp)
set(FROM [[        if (auto done = set_mark(tables::returning); !done) return done;]])
set(TO [[        write(bytes->fixed().mark, tables::returning);]])
