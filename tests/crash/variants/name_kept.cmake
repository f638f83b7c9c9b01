# The last holder doesn't unlink the name's file.
# SPDX-License-Identifier: MIT
set(SOURCE src/os/linux/held_object.cpp)
set(FROM [[found.st_nlink != 0) ::unlink(path.c_str());]])
set(TO [[found.st_nlink != 0) static_cast<void>(path);]])
set(SUBJECT region.open)
set(MODE kept)
set(COMPLAINT "left behind")
