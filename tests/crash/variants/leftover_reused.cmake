# A leftover's file is taken as it is: bytes of an earlier life show.
# SPDX-License-Identifier: MIT
set(SOURCE src/os/linux/held_object.cpp)
set(FROM [[const bool fresh = found_.st_size == 0 &&]])
set(TO [[const bool fresh =]])
set(SUBJECT region.leftover)
set(MODE alone)
set(COMPLAINT "zeroed")
