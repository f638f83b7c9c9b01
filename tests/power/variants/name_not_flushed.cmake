# A checkpoint is acknowledged before its name is on the disk.
# SPDX-License-Identifier: MIT
set(SOURCE src/os/linux/durable.cpp)
set(FROM [[    return flush_directory(state_->path);
}]])
set(TO [[    return {};
}]])
