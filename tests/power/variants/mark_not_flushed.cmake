# A table is changed before the disk says that it may be.
# SPDX-License-Identifier: MIT
set(TEST before_the_first_checkpoint_it_is_refused_or_as_it_was_closed)
set(COMPLAINT "that nobody had acknowledged so|is only half on the disk")
set(SOURCE src/table/mark.cpp)
set(FROM [[            if (auto done = set_mark(*now); !done) {]])
set(TO [[            if (result<void> done = (write(bytes->fixed().mark, *now), result<void>()); !done) {]])
