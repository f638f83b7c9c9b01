# A checkpoint is acknowledged before its name is on the disk.
# SPDX-License-Identifier: MIT
set(TEST after_a_checkpoint_it_is_as_of_that_or_the_next_or_as_it_was_closed)
set(COMPLAINT "there is a checkpoint, but|that nobody had acknowledged so")
set(SOURCE src/os/linux/durable.cpp)
set(FROM [[    return flush_directory(state_->path);
}]])
set(TO [[    return {};
}]])
