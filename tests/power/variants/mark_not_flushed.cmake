# A table is changed before the disk says that it may be.
# SPDX-License-Identifier: MIT
set(SOURCE src/table/mark.cpp)
set(FROM [[            if (auto done = set_mark(*now); !done) {]])
set(TO [[            if (result<void> done = (write(bytes->fixed().mark, *now), result<void>()); !done) {]])
