# A checkpoint gets its name before it is on the disk.
# SPDX-License-Identifier: MIT
set(TEST after_a_checkpoint_it_is_as_of_that_or_the_next_or_as_it_was_closed)
set(COMPLAINT "there is a checkpoint, but")
set(SOURCE src/os/linux/durable.cpp)
set(FROM [[    if (::fsync(state_->file.get()) != 0) return from_system(flushing, errno, name);]])
set(TO [[]])
