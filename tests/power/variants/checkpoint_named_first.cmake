# A checkpoint gets its name before it is on the disk.
# SPDX-License-Identifier: MIT
set(SOURCE src/os/linux/durable.cpp)
set(FROM [[    if (::fsync(state_->file.get()) != 0) return from_system(flushing, errno, name);]])
set(TO [[]])
